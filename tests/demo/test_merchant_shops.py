"""Shops of the demo's customers, the downloads beside them, and the receiver: what a visitor of the demo meets."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests
from sqlalchemy import select

from marketplace_hooks.cli.demo_loader import demo_events, moved_at_of
from marketplace_hooks.cli.demo_story import CONTESTED, OVERTURNED, subscribe_receiver
from marketplace_hooks.demo import catalog, history, status_changes, support
from marketplace_hooks.demo.catalog import Event
from marketplace_hooks.demo.fake_shops.receiver import Receiver
from marketplace_hooks.demo.merchant_shops import COMPANION_KEY, SHOPS, addresses
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.outbox import Endpoint
from marketplace_hooks.models.products import Product
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.models.releases import Release
from marketplace_hooks.models.support import Clock, SupportRequest

from ..support.api_callers import caller_of
from ..support.marketplace import open_marketplace
from ..support.page_client import browser_of
from .conftest import Demo
from .test_business_care import load

SOME = {"20114", "20282", "o-50238", "o-50252"}
"""Two products and purchases of them: enough to see where their links lead."""
CUSTOMERS = [
    ("c-1002", "o-50238", {"companion_key": COMPANION_KEY}, "Your request is ready to send"),
    ("c-1008", "o-50357-1", {"companion_key": COMPANION_KEY}, "expresscache"),
    ("c-1011", "o-50413", {}, "PrestaShop 9.0.0; the advertised versions were"),
    ("c-1001", "o-50231-1", {"companion_key": COMPANION_KEY}, "classes/PixblogueSettings.php"),
    ("c-1003", "o-50259", {}, "PrestaShop 1.6.1.24"),
    ("c-1004", "o-50294", {}, "in maintenance"),
    ("c-1005", "o-50308", {}, "prove that they are not robots"),
    ("c-1006", "o-50322", {}, "requires a user name and password"),
    ("c-1007", "o-50336", {}, "PrestaShop 9.0.2, one of the advertised versions"),
    ("c-1009", "o-50385-1", {}, "thirty bees, a variant of PrestaShop"),
    ("c-1010", "o-50399", {}, "PrestaShop 1.7.8.11, one of the advertised versions"),
    ("c-1012", "o-50441", {}, "answered with an error"),
]


def test_every_customer_of_the_demo_sees_what_their_shop_is_worth(demo: Demo) -> None:
    marketplace, served, _ = demo
    assert set(served) == {one["customer_id"] for one in catalog.read("customers")} == {one[0] for one in CUSTOMERS}
    bound = {one.id: one.shop_url for one in marketplace.all(select(Purchase))}
    for customer, purchases in support.served_purchases(datetime.now(UTC)).items():
        assert {bound[one] for one in purchases} == {served[customer]}
    wrong = []
    for customer, purchase, fields, words in CUSTOMERS:
        assert bound[purchase] == served[customer]
        browser = browser_of(marketplace, "customer", customer)
        browser.get(f"/support/new?purchase={purchase}")
        browser.post("/support/new", subject="A question", body="It does not work.", **fields)
        path = browser.page.path
        marketplace.run_all_now()
        text = browser.get(path).visible_text
        if words not in text:
            wrong.append((customer, words, text[text.find("checks are done") :][:1500]))
    assert not wrong


def test_every_check_of_a_healthy_shop_of_the_demo_passes(demo: Demo) -> None:
    marketplace, served, _ = demo
    for customer, purchase, line in (
        ("c-1002", "o-50238", "1.7"),
        ("c-1008", "o-50371", "8"),
        ("c-1011", "o-50434", "9"),
    ):
        assert SHOPS[customer].version.startswith(f"{line}.")
        api = caller_of(marketplace, "customer", customer)
        asked = {"purchase_id": purchase, "shop_url": served[customer], "credentials": {"companion_key": COMPANION_KEY}}
        started = api.post("/eligibility", asked).get_json()
        marketplace.run_all_now()
        found = api.get(f"/eligibility/{started['check_id']}").get_json()
        assert {one["result"] for one in found["checks"]} == {"pass"}, (customer, found["checks"])
        assert found["outcome"] == "accepted"


def test_what_was_made_of_the_demo_shows_every_side_of_it(demo: Demo) -> None:
    marketplace, _, _ = demo
    rejected = [one.type for one in marketplace.all(select(InboxEvent)) if one.state is not InboxState.APPLIED]
    assert rejected == ["product.status_changed"]
    status = {one.id: one.status for one in marketplace.all(select(Product))}
    assert [status[product_id] for product_id, *_ in status_changes.CHANGES] == [
        "offline_temporary",
        "offline_temporary",
        "offline_permanent",
    ]
    assert status[status_changes.SCHEDULED[0]] == "online"
    handlings = {one.id: one.handling for one in marketplace.all(select(SupportRequest))}
    assert (handlings[CONTESTED], handlings[OVERTURNED]) == ("contested", "accepted")
    past = history.request_ids(datetime.now(UTC))
    assert {handlings[one] for one in past} <= {"resolved", "closed"}
    asked_in = {one.due_before.strftime("%Y-%m") for one in marketplace.all(select(Clock)) if one.request_id in past}
    assert len(asked_in) >= 12
    text = browser_of(marketplace, "seller", "moulinoctets").get("/seller/figures").visible_text
    assert "%" in text
    waiting = browser_of(marketplace, "operator").get("/operator/replies").visible_text
    assert waiting.count("Why it needs review") == 1
    assert "Gwénolé Abautret" in browser_of(marketplace, "operator").get("/operator/refunds").visible_text


def test_a_download_of_the_demo_downloads_what_the_release_says(demo: Demo) -> None:
    marketplace, _, _ = demo
    page = "/account/purchases/o-50231-1/downloads/r-20175-1.1.0"
    link = browser_of(marketplace, "customer", "c-1001").get(page).answer.headers["Location"]
    answer = requests.get(link, timeout=5)
    [release] = [one for one in marketplace.all(select(Release)) if one.id == "r-20175-1.1.0"]
    assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, release.sha256)
    assert requests.get(f"{release.download_url}x", timeout=5).status_code == 404


def test_the_receiver_fails_the_first_delivery_of_some_events_and_takes_them_then() -> None:
    receiver = Receiver().start()
    try:
        address = f"http://127.0.0.1:{receiver.port}/hooks"

        def answers() -> list[int]:
            return [
                requests.post(address, data=b"{}", headers={"webhook-id": f"msg-{n}"}, timeout=5).status_code
                for n in range(1, 5)
            ]

        assert answers() == [204, 204, 204, 503]
        assert answers() == [204] * 4
    finally:
        receiver.stop()


def test_addresses_follow_the_port_of_the_demo() -> None:
    found = addresses("http://127.0.0.1", 8001)
    assert found["c-1002"] == "http://127.0.0.1:8001/"
    assert found["c-1003"] == "http://127.0.0.1:8005/boutique/"


def concerns_some(event: Event) -> bool:
    _, type_, _, data = event
    if type_ in ("seller.upserted", "customer.upserted"):
        return True
    return data.get("purchase_id", data.get("product_id")) in SOME


def test_the_files_of_a_demo_are_served_on_loopback_wherever_it_is_opened() -> None:
    phases = demo_events("http://192.168.1.5:8000", datetime.now(UTC), None)
    found = {data.get("download_url") for phase in phases for series in phase for _, _, _, data in series} - {None}
    assert {urlsplit(url).hostname for url in found} == {"127.0.0.1"}


def test_a_demo_that_is_started_on_another_port_has_no_old_links_even_when_it_comes_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance", DEMO=True, ALLOWED_NETWORKS="127.0.0.0/8") as marketplace:
        (tmp_path / "instance").mkdir(exist_ok=True)
        anchor = datetime.now(UTC) - timedelta(hours=1)
        for number, port in enumerate((8000, 9000, 8000, 8000)):
            url = f"http://127.0.0.1:{port}"
            moved_at = moved_at_of(tmp_path / "instance", url, anchor + timedelta(minutes=number))
            events = [event for phase in demo_events(url, anchor, moved_at) for series in phase for event in series]
            load(marketplace, [event for event in events if concerns_some(event)])
            subscribe_receiver(marketplace.runtime.settings, url)
            beside = f"127.0.0.1:{port // 1000}"
            assert {urlsplit(one.download_url).netloc[:11] for one in marketplace.all(select(Release))} == {beside}
            bound = {urlsplit(one.shop_url or "").netloc[:11] for one in marketplace.all(select(Purchase))}
            assert bound == {beside}
            [receiver] = marketplace.all(select(Endpoint))
            assert urlsplit(receiver.url).netloc[:11] == beside
        rejected = [one.errors for one in marketplace.all(select(InboxEvent)) if one.state is InboxState.REJECTED]
        assert rejected == []
