"""Unit of work: one write transaction, the rows it adds in bulk, and the workers to wake once it is committed.

It knows no table but the transactional outbox's and the audit log's. What somebody changes (`actor.py`) is not
committed without an entry in the audit log. Whoever adds many rows gathers them with `insert_later`; whoever needs
another statement than an INSERT gathers in a `DeferredWrite` of its own. Both are written just before the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.engine import insert_new
from ...domain.audit_actions import AuditAction
from ...domain.civil_days import day_of
from ...domain.outbox.event_types import OUTGOING
from ...models.audit import AuditEntry, AuditOutcome
from ...models.outbox import OutgoingEvent, new_event_id
from ...telemetry.log_context import bound, get_logger
from ...telemetry.tracing import note
from .actor import Actor, current_actor
from .runtime import JobKind, Runtime

log = get_logger(__name__)

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why something changes: the actor, the reason given, and the inbound event (None: a request made here).

    `operator_id` names the person of the marketplace who decided it, where one did.
    """

    actor: str
    reason: str
    event_id: str | None = None
    on_behalf_of: str | None = None
    operator_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What is stored, and sent as `caused_by`."""
        cause = {"event_id": self.event_id, "actor": self.actor, "reason": self.reason}
        named = {"on_behalf_of": self.on_behalf_of, "operator_id": self.operator_id}
        return {**cause, **{name: value for name, value in named.items() if value is not None}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Cause:
        """The cause that `as_json` stored."""
        return cls(**{"actor": "", "reason": "", **stored})


class Counter(Protocol):
    """A row whose `sequence` numbers outgoing events."""

    sequence: Any


class Sequenced(Counter, Protocol):
    """A row that numbers its own outgoing events."""

    id: Any


class DeferredWrite(Protocol):
    """Changes that are gathered during a transaction and written by a few statements before its commit."""

    def write(self, session: Session) -> None:
        """Write what has been gathered, and forget it."""


_Deferred = TypeVar("_Deferred", bound=DeferredWrite)


@dataclass(kw_only=True)
class UnitOfWork:
    """One write transaction at the instant `now`, under the settings of its installation.

    `wakeups` are the kinds of jobs to wake a worker for once the transaction is committed. `actor` is whom it acts for.
    `published` are the types and ids of the outgoing events so far.
    """

    publishes: ClassVar[bool] = True

    session: Session
    now: datetime
    settings: Settings
    wakeups: set[JobKind] = field(default_factory=set)
    actor: Actor | None = field(default_factory=current_actor)
    published: list[tuple[str, str]] = field(default_factory=list)
    _is_audited: bool = False
    _deferred: dict[type[DeferredWrite], DeferredWrite] = field(default_factory=dict)
    _rows: dict[type[Any], list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The reference zone, in whose civil days every rule counts."""
        return self.settings.reference_zone

    @property
    def today(self) -> date:
        """The civil day that it is there now."""
        return day_of(self.now, self.zone)

    def audit(
        self, action: AuditAction, object_id: str | None, *, outcome: AuditOutcome = AuditOutcome.DONE, **details: Any
    ) -> None:
        """Enter in the audit log what the actor does; nothing for a background job or an inbound event.

        `details` are codes and ids: nothing that a person wrote, and no secret.
        """
        if self.actor is not None:
            self._is_audited = True
            self.insert_later(AuditEntry, audit_row(self.actor, self.now, action, object_id, outcome, details))

    def insert_later(self, table: type[Any], row: dict[str, Any]) -> None:
        """Insert this row before the commit, with the table's others in one statement; a row that exists stays.

        The row may still be changed until then. Tables are written in the order of their first row.
        """
        self._rows.setdefault(table, []).append(row)

    def rows_to_insert(self, table: type[Any]) -> Sequence[Mapping[str, Any]]:
        """The rows of this table that are still to be inserted."""
        return self._rows.get(table, ())

    def deferred(self, kind: type[_Deferred]) -> _Deferred:
        """This transaction's gatherer of that kind, made on first use and written before the commit."""
        gatherer = self._deferred.get(kind)
        if not isinstance(gatherer, kind):
            self._deferred[kind] = gatherer = kind()
        return gatherer

    def publish(
        self,
        type_: str,
        subject_kind: str,
        subject: Sequenced,
        data: Mapping[str, Any],
        cause: Cause,
        *,
        cascade_id: str | None = None,
    ) -> str:
        """Write an outgoing event about `subject`, with the subject's next sequence number; return the event's id."""
        return self.publish_counted_in(type_, subject_kind, subject.id, subject, data, cause, cascade_id=cascade_id)

    def publish_counted_in(
        self,
        type_: str,
        subject_kind: str,
        subject_id: str,
        counter: Counter,
        data: Mapping[str, Any],
        cause: Cause,
        *,
        cascade_id: str | None = None,
    ) -> str:
        """Like `publish`, for a subject whose events are numbered in another row than its own.

        Where nothing is published, nothing is counted, and there is no id.
        """
        if type_ not in OUTGOING:
            raise ValueError(f"{type_} is not in the catalogue of outgoing events (domain/outbox/event_types.py)")
        if not self.publishes:
            return ""
        counter.sequence += 1
        event_id = new_event_id(self.now)
        row = {
            "event_id": event_id,
            "type": type_,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "sequence": counter.sequence,
            "data": dict(data),
            "cause": cause.as_json(),
            "cascade_id": cascade_id,
            "created_at": self.now,
        }
        self.insert_later(OutgoingEvent, row)
        self.published.append((type_, event_id))
        self.wakeups.add(JobKind.DELIVERIES)
        return event_id

    def write(self) -> None:
        """Send everything gathered to the database, still inside the transaction.

        Raises `ValueError` for a person's or a token's change that no service has entered in the audit log.
        """
        if self.actor is not None and not self._is_audited:
            raise ValueError("a change by a person or token needs an entry in the audit log: call UnitOfWork.audit")
        self.session.flush()
        for gatherer in self._deferred.values():
            gatherer.write(self.session)
        for table in list(self._rows):
            self._insert(table)

    def write_rows(self, table: type[Any]) -> None:
        """Insert the gathered rows of one table now, for a reader inside the same transaction."""
        self.session.flush()
        self._insert(table)

    def _insert(self, table: type[Any]) -> None:
        if rows := self._rows.pop(table, None):
            self.session.execute(insert_new(self.session, table), rows)


def audit_row(
    actor: Actor,
    at: datetime,
    action: AuditAction,
    object_id: str | None,
    outcome: AuditOutcome,
    details: Mapping[str, Any],
) -> dict[str, Any]:
    """One entry of the audit log, as a row."""
    return {
        "at": at,
        "actor_role": actor.role,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "token_id": actor.token_id,
        "channel": actor.channel,
        "action": action.value,
        "object_type": action.object_type,
        "object_id": object_id,
        "outcome": outcome,
        "address": actor.address,
        "request_id": actor.request_id,
        "details": dict(details) or None,
    }


def run_in_transaction(runtime: Runtime, act: Callable[[UnitOfWork], _T]) -> _T:
    """Run `act` in one write transaction, and wake workers for what must follow once it is committed.

    `act` is run again from its start when the database asks for it (a deadlock, a busy file): it must not do anything
    that a rollback does not undo.
    """
    wakeups: set[JobKind] = set()
    published: list[tuple[str, str]] = []

    def attempt(session: Session) -> _T:
        uow = UnitOfWork(session=session, now=runtime.now(), settings=runtime.settings)
        result = act(uow)
        uow.write()
        wakeups.clear()
        wakeups.update(uow.wakeups)
        published[:] = uow.published if uow.actor is not None else []
        return result

    result = runtime.database.retrying(attempt)
    for type_, event_id in published:  # the only place that knows the request and what it led to.
        with bound(event_id=event_id):
            log.info("published %s", type_)
        note("published", event_id=event_id, type=type_)
    for kind in wakeups:
        runtime.wakeups.wake_worker(kind)
    return result
