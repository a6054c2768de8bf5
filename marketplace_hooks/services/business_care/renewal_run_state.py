"""State of the renewal run: when it last ran, and whether it may run now.

After a silence of more than 30 days an operator releases the run: nothing is charged unseen (`rules.md` 11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...domain.audit_actions import AuditAction
from ...domain.business_care.renewals import needs_release
from ...models.audit import AuditOutcome
from ...models.subscriptions import RenewalRun
from ...telemetry.log_context import get_logger
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction

log = get_logger(__name__)

RENEWALS = "renewals"
RECORDED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class RunState:
    """When the run last ran or had nothing to do (None: never), and since when it is held for an operator."""

    last_at: datetime | None
    held_since: datetime | None


def read_run_state(session: Session) -> RunState:
    """The state of the run now."""
    run = session.get(RenewalRun, RENEWALS)
    return RunState(last_at=run.last_at if run else None, held_since=run.held_since if run else None)


def is_held(session: Session) -> bool:
    """Whether the run is held until an operator releases it."""
    return session.scalar(select(RenewalRun.held_since).where(RenewalRun.name == RENEWALS)) is not None


def acquire_run(uow: UnitOfWork) -> bool:
    """Whether this transaction may decide renewals, as the only one meanwhile; after a long silence the run is held."""
    query = select(RenewalRun).where(RenewalRun.name == RENEWALS).with_for_update(skip_locked=True)
    run = uow.session.scalar(query.execution_options(populate_existing=True))
    if run is None:
        # The first run; or another one is under way, and goes on until nothing is left.
        row = {"name": RENEWALS, "last_at": uow.now}
        statement = insert_new(uow.session, RenewalRun).returning(RenewalRun.name)
        return uow.session.execute(statement, [row]).first() is not None
    if run.held_since is None and needs_release(run.last_at, uow.now):
        log.error("renewals have not run since %s: an operator releases them (renewals release)", run.last_at)
        run.held_since = uow.now
    if run.held_since is not None:
        return False
    run.last_at = uow.now
    return True


def record_quiet_run(runtime: Runtime) -> None:
    """Record, at most once an hour, that nothing was due, so that a quiet month does not pass for an outage."""
    with runtime.database.read_session() as session:
        run = read_run_state(session)
    if run.held_since is None and (run.last_at is None or runtime.now() - run.last_at > RECORDED_EVERY):
        run_in_transaction(runtime, acquire_run)


def release_run(runtime: Runtime) -> bool:
    """An operator lets held renewals go on; False when nothing was held."""

    def act(uow: UnitOfWork) -> bool:
        run = uow.session.get(RenewalRun, RENEWALS, with_for_update=True)
        is_held_now = run is not None and run.held_since is not None
        outcome = AuditOutcome.DONE if is_held_now else AuditOutcome.UNCHANGED
        uow.audit(AuditAction.RENEWALS_RELEASED, None, outcome=outcome)
        if run is not None and is_held_now:
            run.held_since = None
            run.last_at = uow.now
        return is_held_now

    return run_in_transaction(runtime, act)
