"""Inspection worker: claims checks by a lease, one of a host at a time, and writes their findings.

A check is claimed by a lease, made with no transaction open, and its findings are written as they come, by whoever
still holds the lease. However many shops drip, die or lie at once, the others go on being inspected.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from ...config.settings import Settings
from ...database.types import constant
from ...domain.inspections.declarations import Declaration
from ...domain.inspections.evidence import Finding
from ...domain.merchant_sites import Site, parse
from ...errors import LeaseLost
from ...models.inspections import Evidence, Inspection, InspectionState, SiteCredential, evidence_row
from ...remote.probes.exchanges import SiteExchange
from ...remote.probes.protocol import Credentials
from ...remote.probes.run import gone_wrong, inspect
from ...telemetry.log_context import bound, get_logger, with_this_context
from ...telemetry.tracing import span
from ..core.leases import is_over
from ..core.runtime import JobKind, Runtime
from .platform_releases import record_version, versions_known
from .requests import host_of, outcome_of, read_inspection

log = get_logger(__name__)

POLL_S = 0.1
SLOW_AFTER_S = 2.0
"""A shop that takes longer stays in its lane and no longer counts as one: another inspection begins in its place."""
SLOW_LANES = 8
"""For each lane that counts, so many inspections in all may be under way at once."""
WRITE_EVERY_S = 0.25
"""What was found since the last time is written so often, and at the end."""
LEASE_MARGIN_S = 15.0
"""A lease is longer than an inspection may take by this, for writing what it found."""
ATTEMPTS = 3
"""Workers that may die over one check before it is left as it stands."""


@dataclass(frozen=True, kw_only=True)
class ClaimedInspection:
    """One check to be carried out, as its row has it, and who may write about it."""

    number: int
    id: str
    owner: str
    attempts: int
    url: str
    module: str | None
    nonce: str
    declared: dict[str, Any] | None


def has_pending(session: Session, now: datetime, settings: Settings) -> bool:
    """Whether some check waits for a worker, and its host is free."""
    return session.scalar(select(Inspection.number).where(_is_free(now, settings)).limit(1)) is not None


def _lease_s(settings: Settings) -> float:
    return max(settings.lease_s, settings.inspection_deadline_s + LEASE_MARGIN_S)


def run_inspections(runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Carry out checks until none is left; return how many were. Others go on while a slow shop keeps its lane busy."""
    done = 0
    lanes: dict[Future[int], float] = {}
    counting = runtime.settings.inspection_concurrency
    with ThreadPoolExecutor(max_workers=counting * SLOW_LANES, thread_name_prefix="inspection") as pool:
        while True:
            while _has_room(lanes, counting) and not stop():
                claimed = _claim(runtime, owner)
                if claimed is None:
                    break
                lanes[pool.submit(with_this_context(run_inspection), runtime, claimed)] = time.monotonic()
            if not lanes:
                return done
            finished, _ = wait(lanes, timeout=POLL_S, return_when=FIRST_COMPLETED)
            done += sum(one.result() for one in finished)
            for one in finished:
                del lanes[one]


def _has_room(lanes: Mapping[Future[int], float], counting: int) -> bool:
    """Whether another inspection may begin, beside those that began at these instants of `time.monotonic`."""
    slow_since = time.monotonic() - SLOW_AFTER_S
    quick = sum(1 for began in lanes.values() if began > slow_since)
    return quick < counting and len(lanes) < counting * SLOW_LANES


def inspect_now(
    runtime: Runtime,
    check_id: str,
    owner: str,
    *,
    on_findings: Callable[[Sequence[Finding]], None] = lambda findings: None,
) -> bool:
    """Carry out this very check in this process, if nobody has and its host is free; say whether it was."""
    claimed = _claim(runtime, owner, check_id=check_id)
    return claimed is not None and bool(run_inspection(runtime, claimed, on_findings=on_findings))


def run_inspection(
    runtime: Runtime,
    claimed: ClaimedInspection,
    *,
    on_findings: Callable[[Sequence[Finding]], None] = lambda findings: None,
) -> int:
    """Inspect, and write what is found as it comes; 1 when it was brought to its end."""
    writer = _FindingsWriter(runtime=runtime, claimed=claimed, on_findings=on_findings)
    with bound(inspection_id=claimed.id), span("inspect site", origin=claimed.id):
        try:
            if claimed.attempts > ATTEMPTS:
                findings: tuple[Finding, ...] = (gone_wrong(),)
                writer.add(findings)
            else:
                findings = _inspect(runtime, claimed, writer)
            _finish(runtime, claimed, findings, writer)
        except LeaseLost:
            return 0
        except Exception as error:
            # Without its message, which may hold what was read or sent: the type and the check are enough to look.
            log.error("inspection %s failed: %s", claimed.id, type(error).__name__)
            _give_up(runtime, claimed)
            return 0
    return 1


def _inspect(runtime: Runtime, claimed: ClaimedInspection, writer: _FindingsWriter) -> tuple[Finding, ...]:
    site = parse(claimed.url)
    if site is None:
        raise ValueError(f"{claimed.id} has an unreadable address")
    return inspect(
        site,
        outbound=runtime.site_client,
        module=claimed.module,
        credentials=_credentials(runtime, claimed, site),
        declared=None if claimed.declared is None else Declaration.from_json(claimed.declared),
        nonce=claimed.nonce,
        releases=_releases(runtime),
        deadline_s=runtime.settings.inspection_deadline_s,
        on_findings=writer.add,
        on_exchanges=writer.note_exchanges,
    )


def _releases(runtime: Runtime) -> tuple[str, ...]:
    with runtime.database.read_session() as session:
        return versions_known(session, runtime.settings)


def _credentials(runtime: Runtime, claimed: ClaimedInspection, site: Site) -> Credentials:
    """Those that were given for this very host, deciphered for as long as the inspection takes."""
    own = and_(SiteCredential.inspection_number == claimed.number, SiteCredential.host == host_of(site))
    with runtime.database.read_session() as session:
        rows = session.execute(select(SiteCredential.kind, SiteCredential.ciphertext).where(own)).all()
    return Credentials.read({row.kind.value: runtime.encryption.decrypt(row.ciphertext) for row in rows})


def _is_free(now: datetime, settings: Settings) -> ColumnElement[bool]:
    """Waiting, or left by a worker that died; and nothing else of its host is running, even if that was left."""
    other = aliased(Inspection)
    running = other.state == constant(InspectionState.RUNNING)
    busy = select(other.number).where(running, other.host == Inspection.host).correlate(Inspection).exists()
    queued = and_(Inspection.state == constant(InspectionState.QUEUED), ~busy)
    is_left = is_over(Inspection.leased_until, now, _lease_s(settings))
    left = and_(Inspection.state == constant(InspectionState.RUNNING), is_left)
    return or_(queued, left)


def _claim(runtime: Runtime, owner: str, *, check_id: str | None = None) -> ClaimedInspection | None:
    """Lease the next check whose host is free, or the one named; None when there is none."""
    while True:
        try:
            return runtime.database.retrying(lambda session: _leased(runtime, session, owner, check_id))
        except IntegrityError:
            # Another worker began an inspection of the same host between our look and our claim; look again.
            continue


def _leased(runtime: Runtime, session: Session, owner: str, check_id: str | None) -> ClaimedInspection | None:
    now = runtime.now()
    wanted = _is_free(now, runtime.settings)
    if check_id is not None:
        wanted = and_(wanted, Inspection.id == check_id)
    free = select(Inspection.number).where(wanted).order_by(Inspection.number).limit(1)
    claim = (
        update(Inspection)
        .where(Inspection.number == free.with_for_update(skip_locked=True).scalar_subquery())
        .values(
            state=InspectionState.RUNNING,
            attempts=Inspection.attempts + 1,
            # Each claim is an owner of its own: two lanes of one worker must not take each other's work for theirs.
            owner=f"{owner}/{secrets.token_hex(6)}",
            leased_until=now + timedelta(seconds=_lease_s(runtime.settings)),
        )
        .returning(*(getattr(Inspection, name.name) for name in fields(ClaimedInspection)))
    )
    row = session.execute(claim.execution_options(synchronize_session=False)).one_or_none()
    return None if row is None else ClaimedInspection(**row._mapping)


@dataclass(kw_only=True)
class _FindingsWriter:
    """Findings and exchanges on their way into rows: those of a moment together, which no person notices."""

    runtime: Runtime
    claimed: ClaimedInspection
    on_findings: Callable[[Sequence[Finding]], None]
    unwritten: list[Finding] = field(default_factory=list)
    exchanges: Sequence[SiteExchange] = ()
    written_exchanges: int = 0
    write_at_s: float = field(default_factory=lambda: time.monotonic() + WRITE_EVERY_S)

    def add(self, findings: Sequence[Finding]) -> None:
        """Add these, if there are any, and write all that wait when it is time. Raises `LeaseLost`."""
        self.unwritten += findings
        if findings:
            self.on_findings(findings)
        has_news = self.unwritten or len(self.exchanges) > self.written_exchanges
        if has_news and time.monotonic() >= self.write_at_s:
            self.runtime.database.retrying(self._write)
            self.unwritten.clear()
            self.written_exchanges = len(self.exchanges)
            self.write_at_s = time.monotonic() + WRITE_EVERY_S

    def note_exchanges(self, exchanges: Sequence[SiteExchange]) -> None:
        self.exchanges = exchanges

    def as_json(self) -> list[dict[str, Any]]:
        """The exchanges as they are stored."""
        return [one.as_json() for one in self.exchanges]

    def _write(self, session: Session) -> None:
        _hold(session, self.claimed)
        _add(session, self.claimed, self.unwritten)
        this = update(Inspection).where(Inspection.number == self.claimed.number)
        session.execute(this.values(exchanges=self.as_json()).execution_options(synchronize_session=False))


def _add(session: Session, claimed: ClaimedInspection, findings: Sequence[Finding]) -> None:
    if findings:
        session.execute(insert(Evidence), [evidence_row(claimed.number, one) for one in findings])


def _finish(
    runtime: Runtime, claimed: ClaimedInspection, findings: tuple[Finding, ...], writer: _FindingsWriter
) -> None:
    """Write what is left and end the check, in one transaction. Raises `LeaseLost`."""

    def finish(session: Session) -> None:
        values = {"state": InspectionState.DONE, "finished_at": runtime.now(), "owner": None, "leased_until": None}
        values |= {"results_pending": True, "exchanges": writer.as_json()}
        own = update(Inspection).where(Inspection.number == claimed.number, Inspection.owner == claimed.owner)
        done = own.values(**values, outcome=outcome_of(findings)).returning(Inspection.reported_at)
        row = session.execute(done.execution_options(synchronize_session=False)).one_or_none()
        if row is None:
            raise LeaseLost(f"inspection {claimed.id} is no longer ours")
        _add(session, claimed, writer.unwritten)
        record_version(session, claimed.number, claimed.url, findings, known=versions_known(session, runtime.settings))
        if row.reported_at is not None:
            # A companion has posted meanwhile, and what it reported counts as well.
            outcome = outcome_of(read_inspection(session, claimed.id).findings)
            changed = update(Inspection).where(Inspection.number == claimed.number).values(outcome=outcome)
            session.execute(changed.execution_options(synchronize_session=False))

    runtime.database.retrying(finish)
    runtime.wakeups.wake_worker(JobKind.SUPPORT)


def _give_up(runtime: Runtime, claimed: ClaimedInspection) -> None:
    """Leave a check that failed by our own mistake: another worker may try, at once and not too often."""

    def release(session: Session) -> None:
        own = and_(Inspection.number == claimed.number, Inspection.owner == claimed.owner)
        free = update(Inspection).where(own).values(state=InspectionState.QUEUED, owner=None, leased_until=None)
        session.execute(free.execution_options(synchronize_session=False))

    runtime.database.retrying(release)


def _hold(session: Session, claimed: ClaimedInspection) -> None:
    """Lock the check's row, if we still hold its lease. Raises `LeaseLost`."""
    own = select(Inspection.number).where(Inspection.number == claimed.number, Inspection.owner == claimed.owner)
    if session.scalar(own.with_for_update()) is None:
        raise LeaseLost(f"inspection {claimed.id} is no longer ours")
