"""The checks of a (fake) shop as its customer reads them: what was found, how sure, what to do, and the outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import FakeShop, Fault, Module, Shop
from marketplace_hooks.models.drafts import RequestDraft
from marketplace_hooks.models.support import SupportRequest

from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import PURCHASE

FORM = f"/support/new?purchase={PURCHASE}"
WORDS = {"subject": "The gallery is empty", "body": "Since the update."}
Asks = Callable[..., Browser]


@pytest.fixture
def asks(make_marketplace: Any, clock: time_machine.Traveller) -> Iterator[Asks]:
    """A customer whose shop is like this fills in the form, and the worker has looked at the shop."""
    service: Marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", INSPECTION_DEADLINE_S=5)
    service.publish_products("mod-1")
    clock.move_to("2026-03-02T10:00:00Z", tick=True)  # a visit to a real server takes real time.
    with ExitStack() as opened:

        def ask(*, fields: dict[str, str] | None = None, **facts: Any) -> Browser:
            shop = FakeShop(Shop(**{"version": "8.1.7", "modules": [Module(name="lumengallery")], **facts})).start()
            opened.callback(shop.stop)
            set_up_purchase(service, PURCHASE, shop_url=shop.url)
            browser = browser_of(service, "customer", "customer-1")
            browser.get(FORM)
            browser.post("/support/new", **WORDS, **(fields or {}))
            path = browser.page.path
            service.run_all_now()
            browser.get(path)
            return browser

        yield ask


def sends(browser: Browser, marketplace: Marketplace) -> SupportRequest:
    [draft] = marketplace.all(select(RequestDraft.id))
    browser.post(f"/support/new/sending/{draft}")
    [sent] = marketplace.all(select(SupportRequest))
    found: SupportRequest = sent
    return found


def shop_of(browser: Browser) -> Marketplace:
    return Marketplace(browser.app)


def test_what_everybody_can_see_is_enough_to_be_accepted(asks: Asks) -> None:
    customer = asks()
    words = customer.page.visible_text
    assert "Your shop is reachable Passed It responded." in words
    assert "PrestaShop 8.1.7, one of the advertised versions" in words
    assert "Seen on your shop, as any visitor can see it." in words
    assert "Your request is ready to send" in words
    assert 'hx-trigger="every' not in customer.page.text
    sent = sends(customer, shop_of(customer))
    assert (sent.handling, sent.grounds, sent.missing) == ("accepted", [], [])
    assert "PrestaShop 8.1.7, one of the advertised versions" in customer.page.visible_text


def test_a_version_that_was_not_announced_is_told_with_its_ground(asks: Asks) -> None:
    words = asks(version="1.6.1.24").page.visible_text
    assert "You can send it; the seller may refuse it" in words
    assert "PrestaShop 1.6.1.24; the advertised versions were" in words
    assert "You can contest a refusal within 30 days" in words


def test_a_key_makes_it_certain_and_one_that_does_not_fit_is_explained(asks: Asks) -> None:
    customer = asks(fields={"webservice_key": "A" * 32})
    assert "The shop does not recognize this webservice key" in customer.page.visible_text
    path = customer.page.path
    assert "A" * 32 not in customer.page.text
    customer.post(f"{path}/again", webservice_key="too short\nkey")
    assert customer.page.status == 422
    customer.get(path)
    customer.post(f"{path}/again", webservice_key=DEMO_KEY)
    latest = customer.page.path
    shop_of(customer).run_all_now()
    assert "Verified: PrestaShop itself responded, using the key you provided." in customer.get(latest).visible_text
    assert customer.get(path).answer.headers["Location"].endswith(latest)


def test_what_a_shop_hides_is_declared_and_marked_as_such(asks: Asks) -> None:
    customer = asks(fault=Fault.RESET)
    assert "The shop could not be reached, or closed the connection." in customer.page.visible_text
    assert "Some information is missing" in customer.page.visible_text
    assert "Send it as it is" in customer.page.visible_text
    path = customer.page.path
    page = customer.post(f"{path}/declaration", platform_version="8,1", modules="")
    assert (page.status, "Enter a version" in page.visible_text) == (422, True)
    assert page.form(f"{path}/declaration").fields["platform_version"] == "8,1"
    page = customer.post(f"{path}/declaration", platform_version="8.1.7", modules="name;version\nlumengallery;2.1.0")
    assert "You declared this. We could not verify it." in page.visible_text
    assert "Your request is ready to send" in page.visible_text


def test_what_stays_unknown_is_sent_as_it_is_and_starts_the_clocks(asks: Asks) -> None:
    customer = asks(fault=Fault.RESET)
    sent = sends(customer, shop_of(customer))
    assert (sent.handling, sent.missing, sent.clocks_from is not None) == ("accepted", ["platform_version"], True)


def test_probes_that_contradict_each_other_are_both_named_to_the_seller(asks: Asks) -> None:
    customer = asks()
    path = customer.page.path
    customer.post(f"{path}/declaration", platform_version="1.7.8.11", modules="")
    customer.get(path)
    sent = sends(customer, shop_of(customer))
    words = browser_of(shop_of(customer), "seller", "seller-1").get(f"/seller/requests/{sent.id}").visible_text
    assert "the shop’s session cookie (observed)" in words
    assert "the customer’s own statement: 1.7.8.11" in words
