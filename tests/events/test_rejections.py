"""Rejection: an event whose payload breaks its schema changes nothing (`webhooks.md` 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

import marketplace_hooks.events  # noqa: F401  # its import registers every inbound type.
from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.events.registry import EVENTS

from ..support.marketplace import OFFLINE, Marketplace, sample


def errors(marketplace: Marketplace, event_id: str) -> dict[str, str]:
    """Path → message of an event's errors."""
    return {error["path"]: error["message"] for error in marketplace.event(event_id).errors or []}


def test_a_rejected_event_names_every_error_at_once_and_is_not_tried_again(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    marketplace.publish("seller.upserted")
    event = marketplace.publish(
        "product.upserted",
        product_id="",
        kind="plugin",
        title={"french": "Galerie"},
        price={"amount_cents": -1, "currency": "euro"},
        version=0,
        listing={"features": [7], "compatible_from": None, "published_at": "2026-03-02 10:00"},
    )
    marketplace.run_all_now()
    found = errors(marketplace, event)
    assert {
        "product_id",
        "kind",
        "price.amount_cents",
        "price.currency",
        "version",
        "listing.features.0",
        "listing.compatible_to",
        "listing.published_at",
    } <= {path.removeprefix("data.") for path in found}
    assert any("title" in path for path in found)
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    before = marketplace.event(event).applied_at
    clock.shift(timedelta(days=30))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert (marketplace.event(event).attempts, marketplace.event(event).applied_at) == (0, before)


@pytest.mark.parametrize(
    "data",
    [
        {"status": "gone"},
        {"actor": "account"},
        {"actor": "customer"},
        {"version": 0},
        {"version": -1},
        {"version": 1.5},
        {"version": "1"},
        {"version": True},
        {"version": None},
        {"version": 2**53 + 1},
        {"effective_at": "tomorrow"},
        {"effective_at": "2026-03-02"},
        {"effective_at": "2026-03-02T10:00:00"},
        {"effective_at": 1_772_443_800},
        {"reason": None},
        {"reason": "x" * 2_001},
        {"product_id": 7},
        {"product_id": None},
        {"product_id": "x" * 101},
    ],
    ids=str,
)
def test_a_status_change_that_breaks_its_schema_names_each_field_that_does(data: dict[str, Any]) -> None:
    found = EVENTS["product.status_changed"].schema.validate({**sample("product.status_changed")["data"], **data})
    assert set(found) == set(data)


def test_fields_that_we_do_not_know_are_left_alone(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    event = marketplace.change_status("mod-1", OFFLINE, colour="blue", version=1)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


FUTURE_MESSAGE = "lies more than 5 minutes in the future"


def test_an_event_of_the_future_is_rejected_and_the_true_ones_after_it_count(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    marketplace.publish_products("mod-1")
    now = marketplace.runtime.now()
    mistaken = marketplace.publish(
        "seller.suspended", seller_id="seller-1", reason="unpaid", sent_at=now + timedelta(days=365)
    )
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(mistaken) == ("rejected", None)
    assert errors(marketplace, mistaken) == {"timestamp": FUTURE_MESSAGE}
    page = marketplace.app.test_client()
    assert page.get("/products/mod-1").status_code == 200
    for type_, status in (("seller.suspended", 404), ("seller.unsuspended", 200)):
        event = marketplace.publish(type_, seller_id="seller-1", reason="told today", effective_at=None)
        marketplace.run_all_now()
        assert marketplace.state_and_outcome(event) == ("applied", "changed")
        assert page.get("/products/mod-1").status_code == status


@pytest.mark.parametrize("type_", sorted(EVENTS))
def test_every_type_rejects_a_timestamp_of_the_future(marketplace: Marketplace, type_: str) -> None:
    event = marketplace.publish(type_, sent_at=marketplace.runtime.now() + timedelta(minutes=6))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert errors(marketplace, event)["timestamp"] == FUTURE_MESSAGE


def test_a_clock_that_runs_four_minutes_fast_is_tolerated(marketplace: Marketplace) -> None:
    event = marketplace.publish("seller.upserted", sent_at=marketplace.runtime.now() + timedelta(minutes=4))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_an_instant_in_the_data_that_orders_others_is_not_of_the_future(marketplace: Marketplace) -> None:
    ahead = format_instant(marketplace.runtime.now() + timedelta(minutes=6))
    event = marketplace.publish("subscription.renewal_cancelled", received_at=ahead)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert errors(marketplace, event) == {"data.received_at": FUTURE_MESSAGE}


@pytest.mark.parametrize("title", [{}, {"fr": "", "en": ""}, {"fr": "   "}, {"fr": "Galerie", "en": "\u200b\u00a0"}])
@pytest.mark.parametrize("type_", ["product.upserted", "pack.upserted"])
def test_a_title_says_something_in_every_language(type_: str, title: dict[str, str]) -> None:
    assert set(EVENTS[type_].schema.validate({**sample(type_)["data"], "title": title})) == {"title"}


def test_a_product_with_a_blank_title_is_rejected_and_has_no_page(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    event = marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1", title={"fr": "  "})
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert "Must not be blank." in str(marketplace.event(event).errors)
    assert marketplace.app.test_client().get("/products/mod-1").status_code == 404
