"""What is one write transaction doing: at which instant, for what cause, and what must follow once it is committed?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.engine import insert_new
from ...domain.outbox.event_types import OUTGOING
from ...models.cascades import Cascade
from ...models.categories import ProductCategory
from ...models.outbox import OutgoingEvent, new_event_id
from ...models.products import Listing, Product
from .runtime import JobKind, Runtime

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why something changes: the inbound event (None: asked here), who asked, and the reason given."""

    actor: str
    reason: str
    event_id: str | None = None
    on_behalf_of: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What is stored, and sent as `caused_by`."""
        told = {"event_id": self.event_id, "actor": self.actor, "reason": self.reason}
        return told if self.on_behalf_of is None else {**told, "on_behalf_of": self.on_behalf_of}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Cause:
        """The cause that `as_json` stored."""
        return cls(**{"actor": "", "reason": "", **stored})


class Counter(Protocol):
    """A row in which outgoing events are counted."""

    sequence: Any


class Sequenced(Counter, Protocol):
    """A row whose own outgoing events are counted in it."""

    id: Any


@dataclass(kw_only=True)
class UnitOfWork:
    """One write transaction, at `now`, under the settings of its installation.

    Rows that are only ever added are gathered here and written in one statement each; so are the categories of the
    products that were described, by the product's id.
    """

    session: Session
    now: datetime
    settings: Settings
    outgoing: list[dict[str, Any]] = field(default_factory=list)
    cascades: list[dict[str, Any]] = field(default_factory=list)
    listings: list[dict[str, Any]] = field(default_factory=list)
    categories: dict[str, list[str]] = field(default_factory=dict)
    wakeups: set[JobKind] = field(default_factory=set)

    @property
    def zone(self) -> ZoneInfo:
        """The reference zone, in whose civil days every rule counts."""
        return self.settings.reference_zone

    def publish(
        self,
        type_: str,
        subject_kind: str,
        subject: Sequenced,
        data: Mapping[str, Any],
        cause: Cause,
        *,
        cascade_id: str | None = None,
    ) -> None:
        """Write an outgoing event about `subject` with this transaction; its sequence is the subject's next."""
        self.publish_counted_in(type_, subject_kind, subject.id, subject, data, cause, cascade_id=cascade_id)

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
    ) -> None:
        """Like `tell`, for a subject whose events are counted in another row than its own."""
        if type_ not in OUTGOING:
            raise ValueError(f"{type_} is not in the catalogue of outgoing events (domain/outbox/event_types.py)")
        counter.sequence += 1
        self.outgoing.append(
            {
                "event_id": new_event_id(self.now),
                "type": type_,
                "subject_kind": subject_kind,
                "subject_id": subject_id,
                "sequence": counter.sequence,
                "data": dict(data),
                "cause": cause.as_json(),
                "cascade_id": cascade_id,
                "created_at": self.now,
            }
        )
        self.wakeups.add(JobKind.DELIVERIES)

    def write(self) -> None:
        """Send everything gathered to the database, still inside the transaction."""
        self.write_listings()
        self._write_categories()
        self._insert(Cascade, self.cascades)
        self._insert(OutgoingEvent, self.outgoing)

    def write_listings(self) -> None:
        """Send the listings alone, for whoever reads what a listing announces in the transaction that tells it."""
        self.session.flush()
        self._insert(Listing, self.listings)

    def _write_categories(self) -> None:
        """Each described product in the categories that it names now, with its status as it stands."""
        if not self.categories:
            return
        self.session.execute(delete(ProductCategory).where(ProductCategory.product_id.in_(list(self.categories))))
        category: BindParameter[str] = bindparam("named")
        named = select(Product.id, category, Product.status).where(Product.id == bindparam("of"))
        rows = [{"of": id_, "named": name} for id_, names in self.categories.items() for name in names]
        if rows:
            add = insert(ProductCategory).from_select(["product_id", "category", "status"], named)
            self.session.connection().execute(add, rows)
        self.categories.clear()

    def _insert(self, table: type[Any], rows: list[dict[str, Any]]) -> None:
        if rows:
            self.session.execute(insert_new(self.session, table), rows)
            rows.clear()


def run_in_transaction(runtime: Runtime, act: Callable[[UnitOfWork], _T]) -> _T:
    """Do `act` in one write transaction, and ring for what must follow once it is committed.

    `act` is run again from its start when the database asks for it (a deadlock, a busy file): it must not do anything
    that a rollback does not undo.
    """
    wakeups: set[JobKind] = set()

    def attempt(session: Session) -> _T:
        uow = UnitOfWork(session=session, now=runtime.now(), settings=runtime.settings)
        done = act(uow)
        uow.write()
        wakeups.clear()
        wakeups.update(uow.wakeups)
        return done

    done = runtime.database.retrying(attempt)
    for kind in wakeups:
        runtime.wakeups.wake_worker(kind)
    return done
