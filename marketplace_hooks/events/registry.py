"""Which events do we understand: the schema of each, its handler, and what it touches?

A new type is one schema and one decorated handler, side by side, and a sample in `tests/payloads/`.
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
from ..models.products import SubjectKind
from ..services.catalog.locked_subjects import LockedSubjects, SubjectKey
from ..services.core.unit_of_work import Cause, UnitOfWork


class Applied(enum.StrEnum):
    """What applying an event did, as kept in the inbox."""

    CHANGED = "changed"
    SCHEDULED = "scheduled"
    NO_EFFECT = "no_effect"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, kw_only=True)
class InboundEvent:
    """One inbound event as its handler sees it. `sent_at` is the envelope's timestamp, `received_at` our receipt."""

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
    """What became of an event; `note` says why nothing did, and `created` names what others may be parked on."""

    applied: Applied
    note: str | None = None
    created: str | None = None


class ParentUnknown(Unavailable):
    """The event is about something that has not been told yet. `parent` names it: `seller:12`."""

    def __init__(self, kind: str, id_: str) -> None:
        super().__init__(f"{kind} {id_} is not known yet")
        self.parent = f"{kind}:{id_}"


Handler = Callable[[UnitOfWork, LockedSubjects, InboundEvent], Result]


@dataclass(frozen=True, kw_only=True)
class EventType:
    """One inbound type: its schema, its handler, and the subjects that a batch should load for it beforehand."""

    name: str
    schema: Schema
    handle: Handler
    touches: Callable[[Mapping[str, Any]], Iterable[SubjectKey]]


EVENTS: dict[str, EventType] = {}


def handles(
    name: str, schema: type[Schema], *, touches: Callable[[Mapping[str, Any]], Iterable[SubjectKey]] = lambda data: ()
) -> Callable[[Handler], Handler]:
    """Register the handler of one inbound type."""

    def register(handler: Handler) -> Handler:
        EVENTS[name] = EventType(name=name, schema=schema(), handle=handler, touches=touches)
        return handler

    return register


def result_of(effect: Effect, note: str | None = None) -> Result:
    """How an effect judged by the domain is kept; an event that asked for the impossible is recorded, no more."""
    kept = {
        Effect.SCHEDULE: Applied.SCHEDULED,
        Effect.NO_EFFECT: Applied.NO_EFFECT,
        Effect.SUPERSEDED: Applied.SUPERSEDED,
        Effect.REFUSED_WITHDRAWN: Applied.NO_EFFECT,
        Effect.REFUSED_HELD_BY_OTHERS: Applied.NO_EFFECT,
    }
    return Result(applied=kept.get(effect, Applied.CHANGED), note=note)


def product(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    """The product that an event is about."""
    yield SubjectKind.PRODUCT, data["product_id"]


def pack(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    """The pack that an event is about."""
    yield SubjectKind.PACK, data["pack_id"]


def seller(data: Mapping[str, Any]) -> Iterable[SubjectKey]:
    """The seller that an event is about."""
    yield SubjectKind.SELLER, data["seller_id"]
