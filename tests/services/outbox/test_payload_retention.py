"""The payload of an outgoing event is purged when it is old and delivered; what is still needed stays."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

import pytest
from sqlalchemy import insert, select

from marketplace_hooks.domain.notifications import Reader
from marketplace_hooks.errors import Conflict
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.models.mails import Mail, MailState
from marketplace_hooks.models.outbox import Delivery, DeliveryState, OutgoingEvent
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.redeliver import redeliver
from marketplace_hooks.services.outbox.replay_several import ReplaySelection, replay_several
from marketplace_hooks.services.privacy import retention
from marketplace_hooks.services.privacy.retention import purge

from ...support.business_care import publish_renewal_cancelled
from ...support.concurrency import run_at_once
from ...support.customers import set_up_purchase
from ...support.marketplace import OFFLINE, Marketplace
from ...support.retention import change, days_ago, purged
from ...support.support_desk import in_transaction
from ...web.operator.conftest import has_endpoint


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows at a time, so that a few rows are many batches."""
    monkeypatch.setattr(retention, "BATCH", 3)


PERSONAL = OutgoingEvent.subject_kind == "purchase"


@pytest.fixture
def heard(marketplace: Marketplace) -> list[Delivery]:
    """Five purchases were told of, of which each has reached its endpoint, a hundred days ago."""
    has_endpoint(marketplace)
    marketplace.publish_products("mod-1")
    for number in range(5):
        set_up_purchase(marketplace, f"purchase-{number}")
    dispatch(marketplace.runtime)
    change(marketplace, InboxEvent, received_at=days_ago(marketplace, 1))
    change(marketplace, OutgoingEvent, created_at=days_ago(marketplace, 100))
    change(marketplace, OutgoingEvent, OutgoingEvent.subject_kind == "endpoint", data={})  # long gone.
    change(marketplace, Delivery, state=DeliveryState.DELIVERED, attempts=1)
    personal = select(OutgoingEvent.id).where(PERSONAL).scalar_subquery()
    return marketplace.all(select(Delivery).where(Delivery.outbox_id.in_(personal)).order_by(Delivery.id))


def kept_data(marketplace: Marketplace, kind: str = "purchase") -> set[str]:
    """Of which subjects of a kind we still have what we told."""
    events = marketplace.all(select(OutgoingEvent).where(OutgoingEvent.subject_kind == kind))
    return {event.subject_id for event in events if event.data}


def test_what_was_told_of_purchases_goes_after_ninety_days_and_ids_and_times_stay(
    marketplace: Marketplace, heard: list[Delivery]
) -> None:
    marketplace.change_status("mod-1", OFFLINE, reason="an audit")
    marketplace.run_all_now()
    publish_renewal_cancelled(marketplace, datetime.now(UTC), "purchase-4")
    marketplace.run_all_now()
    change(marketplace, Delivery, state=DeliveryState.DELIVERED)
    before = {one.id: one for one in marketplace.all(select(OutgoingEvent).order_by(OutgoingEvent.id))}
    [*old, young] = [one for one in before.values() if one.subject_kind == "purchase"]
    change(marketplace, OutgoingEvent, created_at=days_ago(marketplace, 90.1))
    change(marketplace, OutgoingEvent, OutgoingEvent.id == young.id, created_at=days_ago(marketplace, 89.9))
    assert purged(marketplace) == {"payloads told": len(old)}
    after = {one.id: one for one in marketplace.all(select(OutgoingEvent))}
    for one in old:
        bare = after[one.id]
        assert (bare.event_id, bare.type, bare.subject_id) == (one.event_id, one.type, one.subject_id)
        assert (bare.sequence, bare.dispatched_at) == (one.sequence, one.dispatched_at)
        assert (bare.data, bare.cause) == ({}, {**one.cause, "reason": ""})
    unchanged = [one for one in before.values() if one.subject_kind == "product" or one.id == young.id]
    assert len(unchanged) > 1
    assert [(after[one.id].data, after[one.id].cause) for one in unchanged] == [
        (one.data, one.cause) for one in unchanged
    ]
    assert purged(marketplace) == {}


def test_a_name_and_words_of_who_caused_it_go_too(marketplace: Marketplace, heard: list[Delivery]) -> None:
    [first, second, *_] = [one.outbox_id for one in heard]
    named = {"event_id": "evt_1", "actor": "Odile Berthonneau", "reason": "call me at home"}
    change(marketplace, OutgoingEvent, OutgoingEvent.id == first, cause=named)
    of_all = {"event_id": "evt_2", "actor": "seller", "reason": "the sale has ended"}
    change(marketplace, OutgoingEvent, OutgoingEvent.id == second, cause=of_all, cascade_id="cas_1")
    assert purged(marketplace) == {"payloads told": 5}
    causes = {one.id: one.cause for one in marketplace.all(select(OutgoingEvent))}
    assert causes[first] == {"event_id": "evt_1", "actor": "", "reason": ""}
    assert causes[second] == of_all


def test_what_an_endpoint_answered_in_its_own_words_goes_with_the_payload_that_it_may_repeat(
    marketplace: Marketplace, heard: list[Delivery]
) -> None:
    met: list[dict[str, Any]] = [
        {"at": "2026-01-05T09:00:00.000000Z", "status": 500, "error": None, "took_ms": 7, "answer": "who is Odile?"},
        {"at": "2026-01-05T09:00:05.000000Z", "status": 200, "error": None, "took_ms": 8},
    ]
    change(marketplace, Delivery, Delivery.id == heard[0].id, attempts=2, attempt_log=met)
    assert purged(marketplace) == {"payloads told": 5}
    [left] = marketplace.all(select(Delivery).where(Delivery.id == heard[0].id))
    assert left.attempt_log == [{"at": met[0]["at"], "status": 500, "error": None, "took_ms": 7}, met[1]]


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        (DeliveryState.PENDING, False),
        (DeliveryState.PARKED, False),
        (DeliveryState.EXHAUSTED, True),
        (DeliveryState.DELIVERED, True),
    ],
)
def test_what_somebody_has_yet_to_be_told_keeps_its_payload(
    marketplace: Marketplace, heard: list[Delivery], state: DeliveryState, goes: bool
) -> None:
    change(marketplace, Delivery, Delivery.id == heard[1].id, state=state)
    assert purged(marketplace) == {"payloads told": 4 + goes}
    assert kept_data(marketplace) == (set() if goes else {"purchase-1"})
    change(marketplace, Delivery, Delivery.id == heard[1].id, state=DeliveryState.DELIVERED)
    assert purged(marketplace) == ({} if goes else {"payloads told": 1})
    assert kept_data(marketplace) == set()


def test_what_is_not_dispatched_or_mailed_yet_keeps_its_payload(
    marketplace: Marketplace, heard: list[Delivery]
) -> None:
    change(marketplace, OutgoingEvent, OutgoingEvent.id == heard[0].outbox_id, dispatched_at=None)
    facts = {"event_id": "evt", "reader": Reader.CUSTOMER, "reader_id": "customer-1"}
    facts |= {"due_at": days_ago(marketplace, 0), "created_at": days_ago(marketplace, 1)}
    with marketplace.runtime.database.session() as session:
        for delivery, state in ((heard[1], MailState.PENDING), (heard[2], MailState.SENT)):
            session.execute(insert(Mail), [{**facts, "outbox_id": delivery.outbox_id, "state": state}])
    assert purged(marketplace) == {"payloads told": 3}
    assert kept_data(marketplace) == {"purchase-0", "purchase-1"}


def test_what_is_no_longer_kept_is_not_sent_again(marketplace: Marketplace, heard: list[Delivery]) -> None:
    purge(marketplace.runtime)
    with pytest.raises(Conflict) as refused:
        in_transaction(marketplace, lambda uow: redeliver(uow, heard[0].id))
    assert refused.value.code == "payload_purged"
    assert {one.state for one in marketplace.all(select(Delivery))} == {DeliveryState.DELIVERED}


def test_what_is_sent_again_while_a_purge_runs_is_sent_whole_or_not_at_all(
    marketplace: Marketplace, heard: list[Delivery]
) -> None:
    def send_all_again() -> None:
        for one in reversed(heard):
            with contextlib.suppress(Conflict):
                in_transaction(marketplace, lambda uow, id_=one.id: redeliver(uow, id_))

    run_at_once(send_all_again, lambda: purge(marketplace.runtime))
    states = {one.outbox_id: one.state for one in marketplace.all(select(Delivery))}
    events = marketplace.all(select(OutgoingEvent).where(PERSONAL))
    expected = {True: DeliveryState.PARKED, False: DeliveryState.DELIVERED}  # its endpoint is disabled.
    assert {one.id: states[one.id] for one in events} == {one.id: expected[bool(one.data)] for one in events}


def test_a_range_that_is_sent_again_while_a_purge_runs_is_sent_whole_or_not_at_all(
    marketplace: Marketplace, heard: list[Delivery]
) -> None:
    range_ = ReplaySelection(since=days_ago(marketplace, 1), before=days_ago(marketplace, -1))

    def send_all_again() -> None:
        in_transaction(marketplace, lambda uow: replay_several(uow, range_))

    run_at_once(send_all_again, lambda: purge(marketplace.runtime))
    states = {one.outbox_id: one.state for one in marketplace.all(select(Delivery))}
    events = marketplace.all(select(OutgoingEvent).where(PERSONAL))
    expected = {True: DeliveryState.PARKED, False: DeliveryState.DELIVERED}  # its endpoint is disabled.
    assert {one.id: states[one.id] for one in events} == {one.id: expected[bool(one.data)] for one in events}


def test_a_purge_that_is_stopped_again_and_again_comes_past_what_must_stay(
    marketplace: Marketplace, heard: list[Delivery]
) -> None:
    change(marketplace, Delivery, Delivery.id == heard[0].id, state=DeliveryState.PARKED)
    batches = 0
    while kept_data(marketplace) != {"purchase-0"}:
        turns = chain([True, False], repeat(True))  # one batch of what was told, and no more.
        purge(marketplace.runtime, stop=lambda turns=turns: next(turns))
        batches += 1
        assert batches < 10
    change(marketplace, Delivery, state=DeliveryState.DELIVERED)
    purge(marketplace.runtime)  # ends the round that is under way; the next begins with what was left over.
    assert purged(marketplace) == {"payloads told": 1}
