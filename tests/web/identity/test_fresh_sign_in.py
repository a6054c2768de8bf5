"""What cannot be undone asks for a fresh sign-in, and the form comes back afterwards as it was filled in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.access import Role
from marketplace_hooks.models.outbox import Endpoint
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.api_callers import Caller, problem_of
from ...support.marketplace import SECRET_KEY, WITHDRAWN, Marketplace, open_marketplace
from ...support.page_client import Browser, browser_of, post_without_form

CHANGE = "/seller/products/mod-1/change"


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path, clock: time_machine.Traveller) -> Iterator[Marketplace]:
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY, DEMO="true") as marketplace:
        marketplace.publish_products("mod-1", "mod-2")
        marketplace.publish("seller.upserted", seller_id="seller-1", locale="en")
        marketplace.run_all_now()
        yield marketplace


def chooses(browser: Browser, subject: str = "seller-1", **fields: str) -> None:
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role="seller", subject=subject, **fields)


def withdraws(browser: Browser, product_id: str = "mod-1") -> Any:
    path = f"/seller/products/{product_id}/change/{WITHDRAWN}"
    page = browser.get(path)
    title = next(iter(browser_title(browser, product_id)))
    assert page.status == 200
    return browser.post(path, follow=False, reason="we stop <selling> it", name=title)


def browser_title(browser: Browser, product_id: str) -> list[str]:
    return [str(text) for text in Caller(browser.app).get(f"/products/{product_id}").get_json()["title"].values()]


def test_who_signed_in_a_moment_ago_is_not_asked_again(demo: Marketplace) -> None:
    browser = Browser(demo.app)
    chooses(browser)
    assert withdraws(browser).status == 303
    assert demo.status("mod-1") == WITHDRAWN


def test_the_form_comes_back_after_the_sign_in_and_is_carried_out_once(
    demo: Marketplace, clock: time_machine.Traveller
) -> None:
    browser = Browser(demo.app)
    chooses(browser)
    clock.shift(901)
    page = withdraws(browser)
    assert (page.status, demo.status("mod-1")) == (401, "online")
    assert "Sign in again to confirm" in page.visible_text
    [link] = [link for link in page.links if "again=1" in link]
    assert "next=/sign-in/resume" in link
    browser.get(link)
    page = browser.post("/sign-in/demo", role="seller", subject="seller-1")
    assert page.path == "/sign-in/resume"
    assert "we stop <selling> it" in page.visible_text
    assert demo.status("mod-1") == "online"
    page = browser.post(f"{CHANGE}/{WITHDRAWN}", follow=False)
    assert (page.status, demo.status("mod-1")) == (303, WITHDRAWN)


def test_the_form_of_one_person_does_not_come_back_to_another(demo: Marketplace, clock: time_machine.Traveller) -> None:
    demo.publish_products("mod-3", seller_id="seller-2")
    browser = Browser(demo.app)
    chooses(browser)
    clock.shift(901)
    assert withdraws(browser).status == 401
    chooses(browser, "seller-2", next="/sign-in/resume")
    assert browser.page.path == "/seller"
    assert "selling" not in browser.get("/sign-in/resume", follow=True).visible_text


def test_to_go_offline_for_a_while_needs_no_fresh_sign_in(demo: Marketplace, clock: time_machine.Traveller) -> None:
    browser = Browser(demo.app)
    chooses(browser)
    clock.shift(901)
    path = f"{CHANGE}/offline_temporary"
    browser.get(path)
    assert browser.post(path, follow=False, reason="a fault").status == 303


def test_a_call_by_a_session_is_refused_by_a_code_and_one_by_a_token_is_not(
    demo: Marketplace, clock: time_machine.Traveller
) -> None:
    browser = Browser(demo.app)
    chooses(browser)
    clock.shift(901)
    body = {"status": WITHDRAWN, "reason": "we stop"}
    with browser.client.post("/api/v1/products/mod-1/status", json=body) as answer:
        assert problem_of(answer) == (401, "fresh_sign_in_needed")
        assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
    with browser.client.post("/api/v1/products/mod-1/status", json={**body, "status": "offline_temporary"}) as answer:
        assert answer.status_code == 202
    _, text = tokens.create(demo.runtime, Role.SELLER, subject="seller-1")
    robot = Caller(demo.app, {"Authorization": f"Bearer {text}"})
    assert robot.request_status("mod-2", WITHDRAWN).status_code == 202


@pytest.mark.parametrize(("age_s", "status"), [(None, 303), (899, 303), (901, 401)])
def test_a_host_that_says_when_its_people_signed_in_is_asked(demo: Marketplace, age_s: int | None, status: int) -> None:
    browser = browser_of(demo, "seller", "seller-1")
    at = None if age_s is None else datetime.now(UTC) - timedelta(seconds=age_s)
    browser.identity = lambda: {"role": "seller", "subject": "seller-1", "signed_in_at": at}
    page = withdraws(browser)
    assert page.status == status
    if status == 401:
        assert [link for link in page.links if "/sign-in?again=1" in link]
        assert page.form(f"{CHANGE}/{WITHDRAWN}").fields["reason"] == "we stop <selling> it"


@pytest.mark.parametrize(("move", "status"), [("refund", 401), ("settled", 401), ("note", 404)])
def test_a_refund_by_hand_needs_a_fresh_sign_in(
    demo: Marketplace, clock: time_machine.Traveller, move: str, status: int
) -> None:
    browser = Browser(demo.app)
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role="operator", subject="")
    clock.shift(901)
    page = post_without_form(browser, f"/operator/requests/none/{move}", token_page="/times", text="why")
    assert page.status == status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tokens", {"name": "a robot", "role": "operator"}),
        ("/endpoints", {"url": "https://93.184.215.14/hooks"}),
    ],
)
def test_a_token_or_an_endpoint_needs_a_fresh_sign_in(
    demo: Marketplace, clock: time_machine.Traveller, path: str, body: dict[str, Any]
) -> None:
    browser = Browser(demo.app)
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role="operator", subject="")
    with browser.client.post(f"/api/v1{path}", json=body) as fresh:
        assert fresh.status_code == 201, fresh.text
    clock.shift(901)
    with browser.client.post(f"/api/v1{path}", json=body) as late:
        assert problem_of(late) == (401, "fresh_sign_in_needed")


def test_another_url_or_secret_of_an_endpoint_needs_a_fresh_sign_in_and_other_changes_none(
    demo: Marketplace, clock: time_machine.Traveller
) -> None:
    endpoint, _ = add_endpoint(demo.runtime, "https://93.184.215.14/hooks")
    browser = Browser(demo.app)
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role="operator", subject="")
    clock.shift(901)
    path = f"/api/v1/endpoints/{endpoint.id}"
    same = {"url": endpoint.url, "types": ["product.hidden"], "description": "The desk"}
    with browser.client.patch(path, json=same) as changed:
        assert changed.status_code == 200, changed.text
    with browser.client.patch(path, json={"url": "https://93.184.215.14/mine"}) as moved:
        assert problem_of(moved) == (401, "fresh_sign_in_needed")
    with browser.client.post(f"{path}/rotate", json={}) as rotated:
        assert problem_of(rotated) == (401, "fresh_sign_in_needed")
    page = f"/operator/endpoints/{endpoint.id}"
    browser.get(page)
    assert browser.post(f"{page}/settings", description="Another").status == 200
    assert browser.post(f"{page}/settings", url="https://93.184.215.14/mine").status == 401
    assert demo.all(select(Endpoint.url)) == [endpoint.url]
