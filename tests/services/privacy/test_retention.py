"""What is old goes, in batches; what is still needed, and what tells a repetition from news, stays."""

from __future__ import annotations

from itertools import chain, repeat

import pytest
from sqlalchemy import select

from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, Strength
from marketplace_hooks.domain.privacy import FORGOTTEN
from marketplace_hooks.domain.support.state_machine import OPEN, Handling
from marketplace_hooks.models.inbox import InboxConflict, InboxEvent, InboxState
from marketplace_hooks.models.inspections import Evidence, Inspection, InspectionState, SiteCredential, evidence_row
from marketplace_hooks.models.retention import PurgeMark
from marketplace_hooks.models.support import SupportRequest
from marketplace_hooks.services.inspections.requests import hold_credentials, start_inspection
from marketplace_hooks.services.privacy import retention
from marketplace_hooks.services.privacy.retention import purge

from ...support.marketplace import Marketplace
from ...support.retention import change, count, days_ago, purged
from ...support.support_desk import in_transaction, publish_request, set_up_support

SITE = "https://shop.example/"


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows at a time, so that a few rows are many batches."""
    monkeypatch.setattr(retention, "BATCH", 3)


# --- payloads


def test_payloads_go_after_ninety_days_and_ids_and_hashes_stay(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3", "mod-4", "mod-5")
    total = count(marketplace, InboxEvent)
    old = InboxEvent.id < total  # all but the last one
    change(marketplace, InboxEvent, received_at=days_ago(marketplace, 89.9))
    assert purged(marketplace) == {}
    change(marketplace, InboxEvent, old, received_at=days_ago(marketplace, 90.1))
    assert purged(marketplace) == {"payloads": total - 1}
    events = marketplace.all(select(InboxEvent).order_by(InboxEvent.id))
    assert [event.body is None for event in events] == [True] * (total - 1) + [False]
    assert all(len(event.body_sha256) == 64 for event in events)
    assert purged(marketplace) == {}


def test_a_repetition_of_what_was_purged_is_still_a_repetition(marketplace: Marketplace) -> None:
    body = b'{"type": "nobody.knows", "timestamp": "2026-01-01T00:00:00Z", "data": {}}'
    assert marketplace.post(body, event_id="old").status_code == 202
    marketplace.run_all_now()
    change(marketplace, InboxEvent, received_at=days_ago(marketplace, 91))
    assert purged(marketplace) == {"payloads": 1}
    assert marketplace.post(body, event_id="old").get_json()["duplicate"] is True
    other = marketplace.post(body.replace(b"nobody", b"somebody"), event_id="old")
    assert other.get_json()["conflict"] is True
    change(marketplace, InboxConflict, received_at=days_ago(marketplace, 91))
    assert purged(marketplace) == {"bodies kept aside": 1}


def test_what_waits_keeps_its_payload_however_old_and_loses_it_once_settled(marketplace: Marketplace) -> None:
    marketplace.publish("product.upserted", product_id="early", seller_id="unknown-yet")
    marketplace.run_all_now()
    marketplace.publish_products("mod-1", "mod-2", "mod-3", "mod-4")
    change(marketplace, InboxEvent, received_at=days_ago(marketplace, 91))
    total = count(marketplace, InboxEvent)
    assert purged(marketplace) == {"payloads": total - 1}
    [unsettled] = marketplace.all(select(InboxEvent).where(InboxEvent.body.is_not(None)))
    assert unsettled.state is InboxState.PARKED
    change(marketplace, InboxEvent, InboxEvent.id == unsettled.id, state=InboxState.FAILED)
    assert purged(marketplace) == {"payloads": 1}


def test_what_was_said_of_faults_goes_with_the_payload(marketplace: Marketplace) -> None:
    marketplace.publish("customer.upserted", customer_id="", locale=7)
    marketplace.run_all_now()
    [event] = marketplace.all(select(InboxEvent))
    assert [fault["path"] for fault in event.errors] == ["data.customer_id", "data.locale"]
    change(marketplace, InboxEvent, received_at=days_ago(marketplace, 91))
    assert purged(marketplace) == {"payloads": 1}
    [event] = marketplace.all(select(InboxEvent))
    assert event.errors == [
        {"path": "data.customer_id", "message": FORGOTTEN},
        {"path": "data.locale", "message": FORGOTTEN},
    ]


def test_what_was_said_of_faults_goes_where_an_earlier_version_purged_the_payload_alone(
    marketplace: Marketplace,
) -> None:
    marketplace.publish("customer.upserted", customer_id="")
    marketplace.run_all_now()
    change(marketplace, InboxEvent, received_at=days_ago(marketplace, 91), body=None)
    with marketplace.runtime.database.session() as session:
        session.add(PurgeMark(kind="payloads", upto=100))
    assert purged(marketplace) == {}
    assert marketplace.all(select(InboxEvent.errors)) == [[{"path": "data.customer_id", "message": FORGOTTEN}]]


# --- inspections


def inspected(marketplace: Marketplace, *, age_days: float, state: InspectionState = InspectionState.DONE) -> str:
    """A check that found something so long ago."""
    runtime = marketplace.runtime
    check_id = start_inspection(runtime, SITE, fresh=True).check_id
    found = Finding(
        what=FindingKind.PLATFORM_VERSION,
        value="9.1.4",
        probe="cookie",
        rank=4,
        strength=Strength.OBSERVED,
        observed_at=runtime.now(),
    )
    [number] = marketplace.all(select(Inspection.number).where(Inspection.id == check_id))
    with runtime.database.session() as session:
        session.add(Evidence(**evidence_row(number, found)))
    change(marketplace, Inspection, Inspection.id == check_id, created_at=days_ago(marketplace, age_days), state=state)
    return check_id


def remaining_inspections(marketplace: Marketplace) -> set[str]:
    return set(marketplace.all(select(Inspection.id)))


def test_inspections_go_with_all_they_found_and_held(marketplace: Marketplace) -> None:
    for _ in range(7):
        inspected(marketplace, age_days=180.1)
    young = inspected(marketplace, age_days=179.9)
    assert purged(marketplace) == {"inspections": 7}
    assert remaining_inspections(marketplace) == {young}
    assert (count(marketplace, Evidence), count(marketplace, SiteCredential)) == (1, 1)


def test_what_has_not_been_carried_out_yet_stays(marketplace: Marketplace) -> None:
    unsettled = inspected(marketplace, age_days=400, state=InspectionState.QUEUED)
    inspected(marketplace, age_days=400)
    assert purged(marketplace) == {"inspections": 1}
    assert remaining_inspections(marketplace) == {unsettled}


@pytest.mark.parametrize("handling", Handling)
def test_what_an_open_request_stands_on_stays_until_it_is_closed(marketplace: Marketplace, handling: Handling) -> None:
    set_up_support(marketplace)
    publish_request(marketplace)  # which is checked by itself, once.
    change(marketplace, Inspection, created_at=days_ago(marketplace, 400))
    needed = [inspected(marketplace, age_days=400) for _ in range(5)][1]
    change(marketplace, SupportRequest, check_id=needed, handling=handling)
    if handling in OPEN:
        assert purged(marketplace)["inspections"] == 5
        assert remaining_inspections(marketplace) == {needed}
        change(marketplace, SupportRequest, handling=Handling.CLOSED)
        assert purged(marketplace)["inspections"] == 1
    assert "inspections" in purge(marketplace.runtime)
    assert remaining_inspections(marketplace) == set()


def test_a_purge_that_is_stopped_goes_on_where_it_ended(marketplace: Marketplace) -> None:
    for _ in range(8):
        inspected(marketplace, age_days=400)
    turns = chain([False] * 4, repeat(True))
    assert purge(marketplace.runtime, stop=lambda: next(turns))["inspections"] == 3
    [mark] = marketplace.all(select(PurgeMark.upto).where(PurgeMark.kind == "inspections"))
    assert mark == 3
    assert purged(marketplace) == {"inspections": 5}


def test_credentials_that_nobody_needs_are_purged_too(marketplace: Marketplace) -> None:
    expired, held = (start_inspection(marketplace.runtime, SITE, fresh=True).check_id for _ in range(2))
    in_transaction(marketplace, lambda uow: hold_credentials(uow, held))
    past = days_ago(marketplace, 0.001)
    change(marketplace, SiteCredential, SiteCredential.expires_at.is_not(None), expires_at=past)
    assert purged(marketplace) == {"credentials of sites": 1}
    assert remaining_inspections(marketplace) == {expired, held}
