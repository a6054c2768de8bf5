"""Live lists: the newest page of a log keeps itself up to date, unless it is told not to; nobody is signed in by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from ...support.marketplace import OFFLINE, Marketplace, open_marketplace
from ...support.page_client import SECRET_KEY, Browser

LISTS = ("/operator/events", "/operator/deliveries", "/operator/cascades")


@pytest.mark.parametrize("path", LISTS)
def test_the_first_page_is_updated_until_it_is_stopped(marketplace: Marketplace, operator: Browser, path: str) -> None:
    state = "exhausted" if path.endswith("deliveries") else "failed"
    query = f"{path}?state={state}"
    page = operator.get(query)
    assert f'id="log" hx-get="{query}" hx-trigger="every 5s" hx-select="#log"' in page.text
    assert f"{query}&live=no" in page.links
    stopped = operator.get(f"{query}&live=no")
    assert ("hx-get" in stopped.text, query in stopped.links) == (False, True)


def test_an_older_page_stands_still(marketplace: Marketplace, operator: Browser) -> None:
    for number in range(26):
        marketplace.publish("seller.upserted", seller_id=f"seller-{number}")
    page = operator.get("/operator/events")
    [older] = {link for link in page.links if link.startswith("/operator/events?after=")}
    assert "hx-get" in page.text
    assert "hx-get" not in operator.get(older).text


def test_what_comes_meanwhile_is_in_the_part_that_is_asked_for(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish_products("mod-1")
    before = operator.get("/operator/events", HX_Request="true")
    event_id = marketplace.change_status("mod-1", OFFLINE)
    after = operator.get("/operator/events", HX_Request="true")
    assert (event_id in before.text, event_id in after.text.partition('id="log"')[2]) == (False, True)


def test_a_page_that_updates_itself_keeps_nobody_signed_in(
    clock: time_machine.Traveller, sqlite_url: str, tmp_path: Path
) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY * 2, DEMO="true") as demo:
        watching = Browser(demo.app)
        working = Browser(demo.app)
        for browser in (watching, working):
            browser.get("/sign-in")
            browser.post("/sign-in/demo", role="operator", subject="")
        for _ in range(3):
            clock.shift(timedelta(minutes=50))
            poll = watching.get("/operator/events", HX_Request="true")
            assert working.get("/operator/events").status == 200
        assert poll.answer.headers["HX-Redirect"].startswith("/sign-in")
