"""Correction: a rejected event is mended by a new event that is linked to it, once."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from marketplace_hooks.errors import Conflict, MarketplaceHooksError, NotFound, PayloadRejected
from marketplace_hooks.events.correction import send_corrected
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.inbox import leasing

from ..support.marketplace import OFFLINE, Marketplace, sample


def envelope(type_: str = "product.status_changed", **data: Any) -> bytes:
    known = sample(type_)
    return json.dumps({**known, "data": {**known["data"], **data}}).encode()


def correct(marketplace: Marketplace, event_id: str, body: bytes) -> str:
    return str(run_in_transaction(marketplace.runtime, lambda uow: send_corrected(uow, event_id, body)).event_id)


@pytest.fixture
def rejected(marketplace: Marketplace) -> str:
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", "gone")
    marketplace.run_all_now()
    return event_id


def test_a_corrected_copy_is_applied_as_a_new_event_and_each_names_the_other(
    marketplace: Marketplace, rejected: str
) -> None:
    received = marketplace.event(rejected).body
    copy_id = correct(marketplace, rejected, envelope(product_id="mod-1", status=OFFLINE, version=9))
    assert (marketplace.state_and_outcome(copy_id), marketplace.status("mod-1")) == (("received", None), "online")
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(copy_id), marketplace.status("mod-1")) == (("applied", "changed"), OFFLINE)
    original = marketplace.event(rejected)
    copy = marketplace.event(copy_id)
    assert (original.corrected_by, copy.corrects, copy.source) == (copy_id, rejected, original.source)
    assert (original.state, original.body, copy.subject, copy.urgent) == ("rejected", received, "product:mod-1", True)
    assert marketplace.outgoing("mod-1")[0].cause["event_id"] == copy_id


def test_an_event_is_corrected_once_and_not_replayed_any_more(marketplace: Marketplace, rejected: str) -> None:
    body = envelope(product_id="mod-1", status=OFFLINE, version=9)
    correct(marketplace, rejected, body)
    for again in (lambda: correct(marketplace, rejected, body), lambda: leasing.replay(marketplace.runtime, rejected)):
        with pytest.raises(Conflict) as refusal:
            again()
        assert refusal.value.code == "already_corrected"


def test_two_who_correct_at_once_send_one_copy(marketplace: Marketplace, rejected: str) -> None:
    body = envelope(product_id="mod-1", status=OFFLINE, version=9)
    outcomes: list[str] = []

    def act() -> None:
        try:
            correct(marketplace, rejected, body)
            outcomes.append("sent")
        except MarketplaceHooksError as error:
            outcomes.append(getattr(error, "code", ""))

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already_corrected", "sent"]


def test_a_copy_that_is_rejected_when_it_is_applied_is_corrected_itself(marketplace: Marketplace) -> None:
    closure = {"closure_id": "closure-1", "seller_id": "seller-1", "first_day": "2026-08-10"}
    marketplace.publish("seller.upserted")
    event_id = marketplace.publish("seller.closure_declared", **closure, last_day="soon")
    marketplace.run_all_now()
    second = correct(marketplace, event_id, envelope("seller.closure_declared", **closure, last_day="2026-08-01"))
    marketplace.run_all_now()
    assert marketplace.event(second).state == "rejected"
    third = correct(marketplace, second, envelope("seller.closure_declared", **closure, last_day="2026-08-20"))
    marketplace.run_all_now()
    assert (marketplace.event(third).state, marketplace.event(third).corrects) == ("applied", second)


def test_an_event_of_a_mistyped_type_is_corrected_too(marketplace: Marketplace) -> None:
    event_id = marketplace.publish("seller.upsertd")
    marketplace.run_all_now()
    copy_id = correct(marketplace, event_id, envelope("seller.upserted"))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(copy_id) == ("applied", "changed")


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (envelope(status="gone", version=0), {"data.status", "data.version"}),
        (envelope().replace(b"product.status_changed", b"product.praised"), {"type"}),
        (b"{", {""}),
        (b'{"type": "a", "type": "a", "timestamp": "x", "data": {}}', {""}),
        (b"[]", {""}),
        (b"\xff", {""}),
        (b" " * (1 << 20) + envelope(), {""}),
    ],
    ids=["schema", "type", "not JSON", "a name twice", "no object", "not UTF-8", "too long"],
)
def test_a_copy_that_would_be_rejected_again_is_refused_and_nothing_is_stored(
    marketplace: Marketplace, rejected: str, body: bytes, paths: set[str]
) -> None:
    with pytest.raises(PayloadRejected) as refusal:
        correct(marketplace, rejected, body)
    assert {error["path"] for error in refusal.value.errors} == paths
    assert marketplace.event(rejected).corrected_by is None


def test_only_what_was_rejected_or_ignored_is_corrected(marketplace: Marketplace) -> None:
    received = marketplace.publish("seller.upserted")
    parked = marketplace.change_status("mod-9", OFFLINE)
    with pytest.raises(Conflict) as refusal:
        correct(marketplace, received, envelope("seller.upserted"))
    assert (refusal.value.code, refusal.value.facts["state"]) == ("not_correctable", "received")
    marketplace.run_all_now()
    for event_id, state in ((received, "applied"), (parked, "parked")):
        with pytest.raises(Conflict) as refusal:
            correct(marketplace, event_id, envelope("seller.upserted"))
        assert (refusal.value.code, refusal.value.facts["state"]) == ("not_correctable", state)
    with pytest.raises(NotFound):
        correct(marketplace, "evt_nowhere", envelope("seller.upserted"))
