"""What a customer reads of an inspection that met an obstacle, a key that failed, or a page that proves little."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import FakeShop, Fault, Module, Server, Shop
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.web.i18n.formatting import typeset

from ...remote.probes.conftest import CLIENT
from ...remote.probes.test_failures import ADMIN_ROWS, PUBLIC_ROWS, WEBSERVICE_ROWS
from ...support.api_callers import caller_of
from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace, open_marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import PURCHASE
from .test_check_results import FORM, WORDS, sends

ChecksShop = Callable[..., Browser]


@pytest.fixture
def deadline_s() -> float:
    return 5


@pytest.fixture
def checks_shop(
    sqlite_url: str, tmp_path: Path, clock: time_machine.Traveller, deadline_s: float
) -> Iterator[ChecksShop]:
    """Show the customer the check of their shop, which is like this now; what is given is used from then on."""
    settings = {"ALLOWED_NETWORKS": "127.0.0.0/8", "INSPECTION_DEADLINE_S": deadline_s, "CHECK_RATE_PER_MINUTE": 500}
    shown_at: list[str] = []
    with open_marketplace(sqlite_url, tmp_path / "instance", **settings) as service, FakeShop(Shop()).start() as site:
        service.publish_products("mod-1")
        clock.move_to("2026-03-02T10:00:00Z", tick=True)  # a visit to a real server takes real time.
        customer = browser_of(service, "customer", "customer-1")
        set_up_purchase(service, PURCHASE, shop_url=site.url)

        def shown(*, fields: dict[str, str] | None = None, **facts: Any) -> Browser:
            site.shop = Shop(**{"version": "8.1.7", "modules": [Module(name="lumengallery")], **facts})
            if shown_at:
                customer.post(f"{shown_at[-1]}/again", **(fields or {}))
            else:
                customer.get(FORM)
                customer.post("/support/new", **WORDS, **(fields or {}))
            path = customer.page.path
            shown_at.append(path)
            service.run_all_now()
            customer.get(path)
            return customer

        yield shown


KEY = {"webservice_key": DEMO_KEY}
COMPANION = {"companion_key": "k"}
NO_ANSWER: list[tuple[dict[str, Any], str]] = [
    ({"maintenance": True}, "in maintenance mode or overloaded"),
    ({"fault": Fault.ERROR}, "answered with an error"),
    ({"domain": "elsewhere.example"}, "This is not the shop’s address"),
]
KEYS: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({}, KEY, "Webservice key: It works."),
    ({"firewall": True}, KEY, "Webservice key: A firewall or the shop’s host blocked us"),
    ({"fault": Fault.ERROR, "fault_under": "/api"}, KEY, "Webservice key: The shop answered with an error"),
    ({"maintenance": True}, COMPANION, "Companion module: The companion module did not answer"),
    ({**COMPANION, "companion_status": 503}, COMPANION, "Companion module: The shop is in maintenance"),
    (COMPANION, COMPANION, "Companion module: It works."),
]


def test_a_shop_answers_only_when_its_home_page_does(checks_shop: ChecksShop) -> None:
    for shop, words in NO_ANSWER:
        text = checks_shop(fields=KEY, **shop).page.visible_text
        assert "It responded." not in text, shop
        assert words in text


def test_what_became_of_a_key_is_always_told(checks_shop: ChecksShop) -> None:
    for shop, fields, words in KEYS:
        assert words in checks_shop(fields=fields, **shop).page.visible_text


def test_every_failure_of_a_credential_is_told_by_the_page_and_the_api(checks_shop: ChecksShop) -> None:
    for name, row in {**WEBSERVICE_ROWS, **ADMIN_ROWS}.items():
        if row.note in (Note.TOO_SLOW, Note.TOO_LARGE, Note.KEY_EMPTY):  # an empty field is no key.
            continue
        given = (CLIENT if name in ADMIN_ROWS and not row.credentials.client_id else row.credentials).given()
        customer = checks_shop(fields=given, **{"version": row.versions[-1], **row.shop})
        assert row.english in customer.page.visible_text, name
        shown = explained_by_the_api(customer, row.note)
        assert row.english in shown, name
        assert typeset(row.french, "fr") in shown, name


@pytest.mark.parametrize("deadline_s", [3])
def test_a_shop_that_is_slow_or_never_ends_is_told_by_the_page_and_the_api(checks_shop: ChecksShop) -> None:
    for name, row in WEBSERVICE_ROWS.items():
        if row.note in (Note.TOO_SLOW, Note.TOO_LARGE):
            customer = checks_shop(fields=KEY, **{"version": row.versions[-1], **row.shop})
            assert row.english in customer.page.visible_text, name
            assert row.english in explained_by_the_api(customer, row.note), name


BAD_COMPANIONS = [
    ({"fault": Fault.SLOW, "pause_s": 5.0}, "did not answer in time"),
    ({"fault": Fault.ENDLESS}, "too large"),
    ({"fault": Fault.HTML}, "The companion module did not answer"),
    ({"fault": Fault.RESET}, "closed the connection"),
]


@pytest.mark.parametrize("deadline_s", [3])
def test_whatever_answers_in_place_of_the_companion_the_other_checks_go_on(checks_shop: ChecksShop) -> None:
    for shop, words in BAD_COMPANIONS:
        text = checks_shop(fields=COMPANION, **{**COMPANION, "fault_under": "/index.php", **shop}).page.visible_text
        shown = text[text.rindex("Companion module: ") :][:200]
        assert words in shown, (shop, shown)
        assert "PrestaShop version Passed PrestaShop 8.1.7" in text
        assert "Your request is ready to send" in text


# What is of no use to a customer: other probes may still know the product, and the page says whether they do.
OF_THE_API_ALONE = (Note.NO_MODULE_SEEN, Note.CONFIG_NOT_FOUND, Note.CONFIG_NOT_READABLE)


def test_every_failure_of_what_everybody_may_see_is_told_by_the_page_and_the_api(checks_shop: ChecksShop) -> None:
    for name, (probe, row) in PUBLIC_ROWS.items():
        modules = [Module(name="lumengallery", on_front=False)] if row.shop.get("modules") else []
        fields = COMPANION if probe == "companion" else {}
        customer = checks_shop(fields=fields, **{**row.shop, "modules": modules})
        shown = explained_by_the_api(customer, row.note)
        assert row.english in shown, name
        assert typeset(row.french, "fr") in shown, name
        if row.note not in OF_THE_API_ALONE:
            assert row.english in customer.page.visible_text, name


def explained_by_the_api(customer: Browser, note: Note) -> str:
    """What the API says of a note in the check that is shown, in both languages."""
    api = caller_of(Marketplace(customer.app), "customer", "customer-1")
    check_id = customer.page.path.rpartition("/")[2]
    remarks = api.get(f"/eligibility/{check_id}").get_json()["remarks"]
    return " ".join(text for one in remarks if one["code"] == note for text in one["text"].values())


def test_what_little_was_seen_of_the_product_is_told_for_what_it_is(checks_shop: ChecksShop) -> None:
    text = checks_shop().page.visible_text
    assert "Seen in your home page’s code" in text
    hidden = [Module(name="lumengallery", version="2.1.0", on_front=False)]
    text = checks_shop(modules=hidden, server=Server.NGINX).page.visible_text
    assert "The files of lumengallery, version 2.1.0, are on your shop." in text


def test_what_was_asked_and_answered_is_read_by_both_sides_and_holds_no_secret(checks_shop: ChecksShop) -> None:
    customer = checks_shop(fields=KEY)
    marketplace = Marketplace(customer.app)
    checked = customer.page
    sent = sends(customer, marketplace)
    seller = browser_of(marketplace, "seller", "seller-1").get(f"/seller/requests/{sent.id}")
    operator = browser_of(marketplace, "operator", "operator-1").get(f"/operator/requests/{sent.id}")
    for page in (checked, customer.get(f"/support/{sent.id}"), seller, operator):
        text = page.visible_text
        assert "Requests sent to the shop, and its responses" in text
        assert "/api/shop_urls?display=full" in text
        assert "2 Mar 2026, 11:00 · Response 200 · text/html" in text
        assert "<!doctype html> <html lang=" in text
        assert "<prestashop" not in text
        assert DEMO_KEY not in page.text


def test_a_fork_is_named_as_what_it_is_and_refused_by_nobody(checks_shop: ChecksShop) -> None:
    customer = checks_shop(version="1.6.1.23", cookie_prefix="QloApps-")
    assert "Your shop runs QloApps, a variant of PrestaShop" in customer.page.visible_text
    assert "PrestaShop 1.6.1.23" not in customer.page.visible_text
    sent = sends(customer, Marketplace(customer.app))
    assert (sent.grounds, sent.missing) == ([], ["platform_version"])


def test_a_companion_without_a_list_to_compare_with_is_not_taken_for_a_missing_one(checks_shop: ChecksShop) -> None:
    module = Module(name="lumengallery", version="2.1.0", files={"a.php": b"<?php"})
    text = checks_shop(companion_key="k", modules=[module], fields=COMPANION).page.visible_text
    assert "The files of version 2.1.0 were reported, but we have nothing to compare them with." in text
    assert "the PrestaShop files are unchanged" in text
    assert "normal without the companion module" not in text
