"""What becomes of an event that we do not know or that our own mistake broke, and when may it be applied after all?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import fields
from sqlalchemy import select

from marketplace_hooks.errors import Conflict, NotFound
from marketplace_hooks.events.fields import EventSchema
from marketplace_hooks.events.registry import EVENTS, Applied, EventType, Result, Told
from marketplace_hooks.services import inbox
from marketplace_hooks.services.standings import Standings
from marketplace_hooks.services.work import Cause, Work
from marketplace_hooks.store.inbox import InboxEvent
from marketplace_hooks.store.products import SubjectKind

from ..marketplace import OFFLINE, ONLINE, SECRET, Marketplace, sample

Opens = Callable[..., Marketplace]
NOTED = "product.reinstated"


class NoteSchema(EventSchema):
    product_id = fields.String(required=True)


def note(work: Work, standings: Standings, told: Told) -> Result:
    """What a type of the tests' own does: it tells `product.reinstated`, a trace that nothing else leaves here."""
    standing = standings.get(SubjectKind.PRODUCT, told.data["product_id"])
    assert standing is not None
    work.tell(NOTED, SubjectKind.PRODUCT, standing.row, {}, Cause(actor="test", reason=""))
    return Result(applied=Applied.CHANGED)


def note_and_fail(work: Work, standings: Standings, told: Told) -> Result:
    note(work, standings, told)
    raise RuntimeError("a mistake of ours")


def learn(monkeypatch: pytest.MonkeyPatch, name: str, handler: Any = note) -> None:
    monkeypatch.setitem(EVENTS, name, EventType(name=name, schema=NoteSchema(), handle=handler, touches=lambda _: ()))


# --- ignored: a type that we do not know


def test_a_type_we_do_not_know_is_kept_and_replayed_the_day_we_learn_it(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketplace.sells("mod-1")
    event = marketplace.tell("product.praised", product_id="mod-1")
    marketplace.work_off()
    assert marketplace.fate(event) == ("ignored", None)
    learn(monkeypatch, "product.praised")
    inbox.replay(marketplace.installation, event)
    marketplace.work_off()
    assert marketplace.fate(event) == ("applied", "changed")
    assert marketplace.told("mod-1") == [NOTED]


def test_an_ignored_event_stays_ignored_when_it_is_replayed_too_early(marketplace: Marketplace) -> None:
    event = marketplace.tell("product.praised", product_id="mod-1")
    marketplace.work_off()
    inbox.replay(marketplace.installation, event)
    marketplace.work_off()
    assert marketplace.fate(event) == ("ignored", None)


def test_a_type_of_any_plain_name_is_taken(marketplace: Marketplace) -> None:
    types = ["ping", "order.v2_created", "Order.Created", "a.b.c.d", "stock-level.changed"]
    events = [marketplace.tell(type_) for type_ in types]
    marketplace.work_off()
    assert [marketplace.fate(event) for event in events] == [("ignored", None)] * len(types)


# --- replay


def test_a_rejected_event_is_rejected_again_when_replayed(marketplace: Marketplace) -> None:
    event = marketplace.tell("product.status_changed", status="gone")
    marketplace.work_off()
    inbox.replay(marketplace.installation, event)
    assert marketplace.fate(event) == ("received", None)
    marketplace.work_off()
    assert marketplace.fate(event) == ("rejected", None)


def test_a_rejected_event_is_applied_when_it_is_replayed_once_we_understand_it(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict(NoteSchema):
        colour = fields.String(required=True)

    marketplace.sells("mod-1")
    strict = EventType(name="product.praised", schema=Strict(), handle=note, touches=lambda _: ())
    monkeypatch.setitem(EVENTS, "product.praised", strict)
    event = marketplace.tell("product.praised", product_id="mod-1")
    marketplace.work_off()
    assert marketplace.fate(event) == ("rejected", None)
    learn(monkeypatch, "product.praised")
    inbox.replay(marketplace.installation, event)
    marketplace.work_off()
    assert marketplace.fate(event) == ("applied", "changed")
    assert (marketplace.event(event).errors, marketplace.told("mod-1")) == (None, [NOTED])


def test_a_parked_event_is_tried_at_once_when_replayed(marketplace: Marketplace) -> None:
    event = marketplace.change("mod-1", OFFLINE)
    marketplace.work_off()
    replayed = inbox.replay(marketplace.installation, event)
    assert (replayed.state, replayed.attempts, replayed.parked_on, replayed.due_at) == ("received", 0, None, None)


def test_what_was_applied_cannot_be_replayed(marketplace: Marketplace) -> None:
    event = marketplace.tell("seller.upserted")
    marketplace.work_off()
    with pytest.raises(Conflict) as refusal:
        inbox.replay(marketplace.installation, event)
    assert refusal.value.code == "not_replayable"
    assert marketplace.fate(event) == ("applied", "changed")


def test_what_still_waits_cannot_be_replayed(marketplace: Marketplace) -> None:
    event = marketplace.tell("seller.upserted")
    with pytest.raises(Conflict):
        inbox.replay(marketplace.installation, event)


def test_an_unknown_event_cannot_be_replayed(marketplace: Marketplace) -> None:
    with pytest.raises(NotFound):
        inbox.replay(marketplace.installation, "evt_nowhere")


def test_an_id_that_two_sources_used_is_replayed_only_by_its_source(open_here: Opens) -> None:
    marketplace = open_here(WEBHOOK_SECRETS=f"marketplace={SECRET} partner={SECRET}")
    body = json.dumps({**sample("seller.upserted"), "type": "seller.praised"}).encode()
    for source in ("marketplace", "partner"):
        marketplace.post(body, event_id="evt_same", source=source)
    marketplace.work_off()
    with pytest.raises(Conflict):
        inbox.replay(marketplace.installation, "evt_same")
    inbox.replay(marketplace.installation, "evt_same", source="partner")
    states = {event.source: event.state for event in marketplace.all(select(InboxEvent))}
    assert states == {"marketplace": "ignored", "partner": "received"}


# --- failed: a mistake of ours


def test_a_poisonous_event_harms_none_of_its_neighbours(open_here: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    marketplace = open_here(APPLY_ATTEMPTS=3)
    marketplace.sells("mod-1", "mod-2")
    learn(monkeypatch, "product.poisoned", note_and_fail)
    before = marketplace.change("mod-1", OFFLINE)
    poison = marketplace.tell("product.poisoned", product_id="mod-1")
    after = marketplace.change("mod-1", ONLINE)
    other = marketplace.change("mod-2", OFFLINE)
    marketplace.work_off()
    assert [marketplace.fate(event) for event in (before, after, other)] == [("applied", "changed")] * 3
    failed = marketplace.event(poison)
    assert (failed.state, failed.attempts, failed.applied_at) == ("failed", 3, None)
    assert failed.errors == [{"path": "", "message": "RuntimeError: a mistake of ours"}]
    assert marketplace.told("mod-1") == ["product.hidden", "product.shown"]


def test_a_failed_event_is_applied_when_it_is_replayed_after_the_repair(
    open_here: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    marketplace = open_here(APPLY_ATTEMPTS=1)
    marketplace.sells("mod-1")
    learn(monkeypatch, "product.poisoned", note_and_fail)
    poison = marketplace.tell("product.poisoned", product_id="mod-1")
    marketplace.work_off()
    learn(monkeypatch, "product.poisoned")
    inbox.replay(marketplace.installation, poison)
    marketplace.work_off()
    assert marketplace.fate(poison) == ("applied", "changed")
    assert marketplace.told("mod-1") == [NOTED]


def test_a_mistake_that_passes_leaves_no_trace(open_here: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    marketplace = open_here(APPLY_ATTEMPTS=3)
    marketplace.sells("mod-1")
    calls: list[str] = []

    def fail_at_first(work: Work, standings: Standings, told: Told) -> Result:
        calls.append(told.event_id)
        return (note if len(calls) > 2 else note_and_fail)(work, standings, told)

    learn(monkeypatch, "product.poisoned", fail_at_first)
    event = marketplace.tell("product.poisoned", product_id="mod-1")
    marketplace.work_off()
    assert marketplace.fate(event) == ("applied", "changed")
    assert marketplace.event(event).errors is None
    assert marketplace.told("mod-1") == [NOTED]
