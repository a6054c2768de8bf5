"""Import of a checked snapshot: chunk by chunk, parents first, each chunk in a transaction of its own.

What is known here is never changed, so the same snapshot again changes nothing. How far an import has come is in a row
that is written with each chunk: killed anywhere, the next run of the same files goes on behind the last one. Events
that had come before their parents are released in the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.orm import Session

from ..database.failures import driver_errors
from ..domain.audit_actions import AuditAction
from ..services.core.deployment import IMPORT, forget_fact, read_fact, store_fact
from ..services.core.runtime import JobKind, Runtime
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..services.inbox.leasing import release_all_parked
from .catalog_writer import write_packs, write_products, write_releases, write_sellers
from .checking import Checked
from .chunked_gc import collect_chunk, collected_between_chunks
from .customer_writer import write_customers, write_purchases, write_requests
from .entities import Entity, EntityKind
from .silent_unit_of_work import SilentUnitOfWork

_ATTEMPTS = 5
_UNIQUE_VIOLATION = "23505"

Write = Callable[[UnitOfWork, Sequence[Entity]], int]
Report = Callable[[EntityKind, int, int], None]
"""Called after each chunk: the kind, how many of it are done, and how many there are."""


def _report_done(report: Report, kind: EntityKind, total: int, done: int) -> None:
    report(kind, done, total)


def _report_nothing(kind: EntityKind, done: int, total: int) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Writer:
    """How the entities of one kind are written, and how many in one transaction."""

    write: Write
    chunk: int


WRITERS: Mapping[EntityKind, Writer] = {
    EntityKind.SELLER: Writer(write=write_sellers, chunk=500),
    EntityKind.CUSTOMER: Writer(write=write_customers, chunk=5_000),
    EntityKind.PRODUCT: Writer(write=write_products, chunk=200),
    EntityKind.PACK: Writer(write=write_packs, chunk=200),
    EntityKind.RELEASE: Writer(write=write_releases, chunk=500),
    EntityKind.PURCHASE: Writer(write=write_purchases, chunk=5_000),
    EntityKind.REQUEST: Writer(write=write_requests, chunk=100),
}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an import has come: everything of the kinds before `kind` is written, and of it up to `position`."""

    digest: str
    kind: EntityKind
    position: int

    def as_text(self) -> str:
        """What is stored."""
        return json.dumps({"digest": self.digest, "kind": self.kind, "position": self.position})


@dataclass(kw_only=True)
class Imported:
    """How many entities of each kind were new, and how many were known already; events that were released."""

    new: dict[EntityKind, int] = field(default_factory=dict)
    known: dict[EntityKind, int] = field(default_factory=dict)
    released_events: int = 0


def import_checked(runtime: Runtime, checked: Checked, report: Report = lambda kind, done, total: None) -> Imported:
    """Write everything that is new, and let the events be applied that waited for it."""
    counts = checked.entities.counts()
    details = {kind.value: count for kind, count in counts.items()}
    run_in_transaction(
        runtime,
        lambda uow: uow.audit(AuditAction.SNAPSHOT_IMPORTED, None, digest=checked.digest, counts=details),
    )
    result = Imported()
    with collected_between_chunks():
        _import_kinds(runtime, checked, counts, result, report)
    result.released_events = runtime.database.retrying(_finish)
    if result.released_events:
        runtime.wakeups.wake_worker(JobKind.INBOX)
    return result


def _import_kinds(
    runtime: Runtime, checked: Checked, counts: Mapping[EntityKind, int], result: Imported, report: Report
) -> None:
    progress = _read_progress(runtime, checked.digest)
    for kind in counts:
        result.new[kind] = 0
        result.known[kind] = 0
        if progress is not None and list(EntityKind).index(kind) < list(EntityKind).index(progress.kind):
            result.known[kind] = counts[kind]
            continue
        after = progress.position if progress is not None and progress.kind is kind else 0
        _import_kind(runtime, checked, kind, after, result, partial(_report_done, report, kind, counts[kind]))


def _import_kind(
    runtime: Runtime,
    checked: Checked,
    kind: EntityKind,
    after: int,
    result: Imported,
    report: Callable[[int], None],
) -> None:
    done = checked.entities.count_up_to(kind, after)
    result.known[kind] += done
    for position, entities in checked.entities.chunks(kind, WRITERS[kind].chunk, after=after):
        reached = Progress(digest=checked.digest, kind=kind, position=position)
        new = _write_chunk(runtime, reached, entities)
        result.new[kind] += new
        result.known[kind] += len(entities) - new
        done += len(entities)
        del entities  # else the collector would traverse all of them.
        collect_chunk()
        report(done)
        runtime.database.yield_to_writers()


def _write_chunk(runtime: Runtime, reached: Progress, entities: Sequence[Entity]) -> int:
    """Write one chunk, and how far this brings the import; again when an event brought one of its rows meanwhile."""

    def attempt(session: Session) -> int:
        uow = SilentUnitOfWork(session=session, now=runtime.now(), settings=runtime.settings, actor=None)
        new = WRITERS[reached.kind].write(uow, entities)
        uow.write()
        store_fact(session, IMPORT, reached.as_text(), uow.now)
        return new

    for _ in range(_ATTEMPTS - 1):
        try:
            return runtime.database.retrying(attempt)
        except driver_errors() as error:
            if getattr(error, "sqlstate", None) != _UNIQUE_VIOLATION:
                raise
    return runtime.database.retrying(attempt)


def _read_progress(runtime: Runtime, digest: str) -> Progress | None:
    """How far an import of the same content has come that did not reach its end."""
    with runtime.database.read_session() as session:
        fact = read_fact(session, IMPORT)
    stored = json.loads(fact.value) if fact is not None else {}
    if stored.get("digest") != digest:
        return None
    return Progress(digest=digest, kind=EntityKind(stored["kind"]), position=stored["position"])


def _finish(session: Session) -> int:
    forget_fact(session, IMPORT)
    return release_all_parked(session)
