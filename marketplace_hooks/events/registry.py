"""Registry of inbound event types: the schema of each, its handler, the subject it is about, the rows it touches.

A new type is one schema and one decorated handler, side by side, and a sample in `tests/payloads/`. Nothing else in
the product knows types by name: what order events are applied in follows from the subjects named here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema

from ..domain.catalog.statuses import Effect
from ..errors import Unavailable
from ..models.inbox import LONGEST_CHARGE_ID
from ..models.products import SubjectKind
from ..services.catalog.locked_subjects import LockedSubjects, SubjectKey
from ..services.core.unit_of_work import Cause, UnitOfWork

LONGEST_ID = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSubject:
    """What events of a type are about: a kind of thing, and the field of `data` that holds its id.

    Events about one thing are applied in the order of their receipt, whatever their types.
    """

    kind: str
    id_field: str

    def of(self, data: Mapping[str, Any]) -> str | None:
        """The subject of one event, such as `product:12`; None when the data holds no possible id."""
        id_ = data.get(self.id_field)
        return f"{self.kind}:{id_}" if isinstance(id_, str) and 0 < len(id_) <= LONGEST_ID else None


SELLER = EventSubject(kind="seller", id_field="seller_id")
PRODUCT = EventSubject(kind="product", id_field="product_id")
PACK = EventSubject(kind="pack", id_field="pack_id")
CUSTOMER = EventSubject(kind="customer", id_field="customer_id")
PURCHASE = EventSubject(kind="purchase", id_field="purchase_id")
REQUEST = EventSubject(kind="request", id_field="request_id")


class Applied(enum.StrEnum):
    """What applying an event did, as recorded in the inbox."""

    CHANGED = "changed"
    SCHEDULED = "scheduled"
    NO_EFFECT = "no_effect"
    SUPERSEDED = "superseded"
    MAPPED = "mapped"


@dataclass(frozen=True, kw_only=True)
class InboundEvent:
    """One inbound event as its handler sees it. `sent_at` is the envelope's timestamp, `received_at` our receipt.

    `number` is that of its row in the inbox: it grows in the order of receipt.
    """

    number: int
    event_id: str
    type: str
    sent_at: datetime
    received_at: datetime
    data: Mapping[str, Any]

    def cause(self, *, actor: str) -> Cause:
        """Why what this event changes is changed."""
        return Cause(event_id=self.event_id, actor=actor, reason=self.data.get("reason", ""))


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of an event; `note` says why nothing changed, and `created` names what others may be parked on."""

    applied: Applied
    note: str | None = None
    created: str | None = None


class ParentUnknown(Unavailable):
    """The event is about something that is not known yet. `parent` names it: `seller:12`."""

    def __init__(self, kind: str, id_: str) -> None:
        super().__init__(f"{kind} {id_} is not known yet")
        self.parent = f"{kind}:{id_}"


class EarlierEventWaits(Unavailable):
    """The event must not be applied before another one, which was received before it and still waits."""


Handler = Callable[[UnitOfWork, LockedSubjects, InboundEvent], Result]


@dataclass(frozen=True, kw_only=True)
class EventType:
    """One inbound type. `touches` gives the subjects that are locked and loaded for a whole batch beforehand.

    An `urgent` one is applied before all others that wait (`services/inbox/order.py`). `version` grows with a change of
    the schema that would refuse what was accepted before.
    """

    name: str
    schema: Schema
    subject: EventSubject
    handle: Handler
    touches: Callable[[Mapping[str, Any]], Iterable[SubjectKey]]
    urgent: bool = False
    version: int = 1

    @property
    def noun(self) -> str:
        """The first part of the name: `product`."""
        return noun_of(self.name)


EVENTS: dict[str, EventType] = {}


def handles(
    name: str,
    schema: type[Schema],
    *,
    subject: EventSubject,
    touches: Callable[[Mapping[str, Any]], Iterable[SubjectKey]] = lambda data: (),
    urgent: bool = False,
) -> Callable[[Handler], Handler]:
    """Register the handler of one inbound type."""

    def register(handler: Handler) -> Handler:
        EVENTS[name] = EventType(
            name=name, schema=schema(), subject=subject, handle=handler, touches=touches, urgent=urgent
        )
        return handler

    return register


def noun_of(name: str) -> str:
    """The first part of a type's name: `product`."""
    return name.partition(".")[0]


def subject_of(name: str, data: Mapping[str, Any]) -> str | None:
    """What an event is about, such as `product:12`; None when nothing says so, and the event stands for itself.

    A type that is not known yet is taken to be about what a known type of its noun is about, so that it keeps its order
    when a later version of the product replays it.
    """
    known = EVENTS.get(name)
    if known is None:
        known = next((one for one in EVENTS.values() if one.noun == noun_of(name)), None)
    return None if known is None else known.subject.of(data)


def charge_of(data: Mapping[str, Any]) -> str | None:
    """The charge that an event reports; None when it reports none, or the data holds no possible id."""
    id_ = data.get("charge_id")
    return id_ if isinstance(id_, str) and 0 < len(id_) <= LONGEST_CHARGE_ID else None


def is_urgent(name: str) -> bool:
    """Whether events of this type go before all others."""
    known = EVENTS.get(name)
    return known is not None and known.urgent


def result_of(effect: Effect, note: str | None = None) -> Result:
    """How an effect judged by the domain is recorded; an impossible change is recorded, no more."""
    recorded = {
        Effect.SCHEDULE: Applied.SCHEDULED,
        Effect.NO_EFFECT: Applied.NO_EFFECT,
        Effect.SUPERSEDED: Applied.SUPERSEDED,
        Effect.REFUSED_WITHDRAWN: Applied.NO_EFFECT,
        Effect.REFUSED_HELD_BY_OTHERS: Applied.NO_EFFECT,
    }
    return Result(applied=recorded.get(effect, Applied.CHANGED), note=note)


def product(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    """The product that an event touches."""
    yield SubjectKind.PRODUCT, data["product_id"]


def pack(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    """The pack that an event touches."""
    yield SubjectKind.PACK, data["pack_id"]


def seller(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    """The seller that an event touches."""
    yield SubjectKind.SELLER, data["seller_id"]
