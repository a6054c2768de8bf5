"""Replay: events of unknown types, and those that a mistake of ours broke, are applied later."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from marshmallow import fields
from sqlalchemy import select

from marketplace_hooks.errors import Conflict, NotFound
from marketplace_hooks.events.fields import EventDataSchema
from marketplace_hooks.events.registry import EVENTS, PRODUCT, Applied, EventType, InboundEvent, Result
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.models.products import SubjectKind
from marketplace_hooks.services.catalog.locked_subjects import LockedSubjects
from marketplace_hooks.services.core.unit_of_work import Cause, UnitOfWork
from marketplace_hooks.services.inbox import leasing

from ..support.marketplace import OFFLINE, ONLINE, SECRET, Marketplace, sample

Opens = Callable[..., Marketplace]
NOTED = "product.reinstated"


class NoteSchema(EventDataSchema):
    product_id = fields.String(required=True)


def note(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """What a type of the tests' own does: it publishes `product.reinstated`, a trace that nothing else leaves here."""
    locked = locked_subjects.get(SubjectKind.PRODUCT, event.data["product_id"])
    assert locked is not None
    uow.publish(NOTED, SubjectKind.PRODUCT, locked.row, {}, Cause(actor="test", reason=""))
    return Result(applied=Applied.CHANGED)


def note_and_fail(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    note(uow, locked_subjects, event)
    raise RuntimeError("a mistake of ours")


def learn(monkeypatch: pytest.MonkeyPatch, name: str, handler: Any = note) -> None:
    monkeypatch.setitem(
        EVENTS, name, EventType(name=name, schema=NoteSchema(), subject=PRODUCT, handle=handler, touches=lambda _: ())
    )


# --- ignored: a type that we do not know


def test_an_event_of_an_unknown_type_is_stored_and_replayed_once_the_type_is_known(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketplace.publish_products("mod-1")
    event = marketplace.publish("product.praised", product_id="mod-1")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("ignored", None)
    learn(monkeypatch, "product.praised")
    leasing.replay(marketplace.runtime, event)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert marketplace.published_types("mod-1") == [NOTED]


def test_an_ignored_event_stays_ignored_when_it_is_replayed_too_early(marketplace: Marketplace) -> None:
    event = marketplace.publish("product.praised", product_id="mod-1")
    marketplace.run_all_now()
    leasing.replay(marketplace.runtime, event)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("ignored", None)


def test_a_type_of_any_plain_name_is_taken(marketplace: Marketplace) -> None:
    types = ["ping", "order.v2_created", "Order.Created", "a.b.c.d", "stock-level.changed"]
    events = [marketplace.publish(type_) for type_ in types]
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(event) for event in events] == [("ignored", None)] * len(types)


# --- replay


def test_a_rejected_event_is_rejected_again_when_replayed(marketplace: Marketplace) -> None:
    event = marketplace.publish("product.status_changed", status="gone")
    marketplace.run_all_now()
    leasing.replay(marketplace.runtime, event)
    assert marketplace.state_and_outcome(event) == ("received", None)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)


def test_a_rejected_event_is_applied_when_it_is_replayed_once_we_understand_it(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict(NoteSchema):
        colour = fields.String(required=True)

    marketplace.publish_products("mod-1")
    strict = EventType(name="product.praised", schema=Strict(), subject=PRODUCT, handle=note, touches=lambda _: ())
    monkeypatch.setitem(EVENTS, "product.praised", strict)
    event = marketplace.publish("product.praised", product_id="mod-1")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    learn(monkeypatch, "product.praised")
    leasing.replay(marketplace.runtime, event)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert (marketplace.event(event).errors, marketplace.published_types("mod-1")) == (None, [NOTED])


def test_a_parked_event_is_tried_at_once_when_replayed(marketplace: Marketplace) -> None:
    event = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    replayed = leasing.replay(marketplace.runtime, event)
    assert (replayed.state, replayed.attempts, replayed.parked_on, replayed.due_at) == ("received", 0, None, None)


def test_what_was_applied_cannot_be_replayed(marketplace: Marketplace) -> None:
    event = marketplace.publish("seller.upserted")
    marketplace.run_all_now()
    with pytest.raises(Conflict) as refusal:
        leasing.replay(marketplace.runtime, event)
    assert refusal.value.code == "not_replayable"
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_what_still_waits_cannot_be_replayed(marketplace: Marketplace) -> None:
    event = marketplace.publish("seller.upserted")
    with pytest.raises(Conflict):
        leasing.replay(marketplace.runtime, event)


def test_an_unknown_event_cannot_be_replayed(marketplace: Marketplace) -> None:
    with pytest.raises(NotFound):
        leasing.replay(marketplace.runtime, "evt_nowhere")


def test_an_id_that_two_sources_used_is_replayed_only_by_its_source(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(WEBHOOK_SECRETS=f"marketplace={SECRET} partner={SECRET}")
    body = json.dumps({**sample("seller.upserted"), "type": "seller.praised"}).encode()
    for source in ("marketplace", "partner"):
        marketplace.post(body, event_id="evt_same", source=source)
    marketplace.run_all_now()
    with pytest.raises(Conflict):
        leasing.replay(marketplace.runtime, "evt_same")
    leasing.replay(marketplace.runtime, "evt_same", source="partner")
    states = {event.source: event.state for event in marketplace.all(select(InboxEvent))}
    assert states == {"marketplace": "ignored", "partner": "received"}


# --- failed: a mistake of ours


def test_a_poisonous_event_harms_none_of_its_neighbours(
    clock: time_machine.Traveller, make_marketplace: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketplace = make_marketplace(APPLY_ATTEMPTS=3)
    marketplace.publish_products("mod-1", "mod-2")
    learn(monkeypatch, "product.poisoned", note_and_fail)
    before = marketplace.change_status("mod-1", OFFLINE)
    poison = marketplace.publish("product.poisoned", product_id="mod-1")
    after = marketplace.change_status("mod-1", ONLINE)
    other = marketplace.change_status("mod-2", OFFLINE)
    for rest_s in (0, 1, 10):
        clock.shift(rest_s)
        assert marketplace.event(poison).state == marketplace.event(after).state == "received"
        marketplace.run_all_now()
        assert marketplace.state_and_outcome(other) == ("applied", "changed")
    assert [marketplace.state_and_outcome(event) for event in (before, after, other)] == [("applied", "changed")] * 3
    failed = marketplace.event(poison)
    assert (failed.state, failed.attempts, failed.applied_at) == ("failed", 3, None)
    assert failed.errors == [{"path": "", "message": "RuntimeError: a mistake of ours"}]
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.shown"]


def test_a_failed_event_is_applied_when_it_is_replayed_after_the_repair(
    make_marketplace: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketplace = make_marketplace(APPLY_ATTEMPTS=1)
    marketplace.publish_products("mod-1")
    learn(monkeypatch, "product.poisoned", note_and_fail)
    poison = marketplace.publish("product.poisoned", product_id="mod-1")
    marketplace.run_all_now()
    learn(monkeypatch, "product.poisoned")
    leasing.replay(marketplace.runtime, poison)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(poison) == ("applied", "changed")
    assert marketplace.published_types("mod-1") == [NOTED]


def test_a_mistake_that_passes_leaves_no_trace(
    clock: time_machine.Traveller, make_marketplace: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketplace = make_marketplace(APPLY_ATTEMPTS=3)
    marketplace.publish_products("mod-1")
    calls: list[str] = []

    def fail_at_first(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
        calls.append(event.event_id)
        return (note if len(calls) > 2 else note_and_fail)(uow, locked_subjects, event)

    learn(monkeypatch, "product.poisoned", fail_at_first)
    event = marketplace.publish("product.poisoned", product_id="mod-1")
    marketplace.run_all_now()
    assert (marketplace.event(event).state, marketplace.event(event).attempts) == ("received", 1)
    clock.shift(1)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert (marketplace.event(event).errors, marketplace.event(event).due_at) == (None, None)
    assert marketplace.published_types("mod-1") == [NOTED]
