"""When did the renewals last run, and may they run now?

After a silence of more than 30 days an operator releases the run: nothing is charged unseen (`domain.md` 11).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...domain.business_care.renewals import needs_release
from ...models.subscriptions import Run
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction

log = logging.getLogger(__name__)

RENEWALS = "renewals"
REMEMBERED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class RunState:
    """When the renewals last ran or had nothing to do (None: never), and since when they wait for an operator."""

    last_at: datetime | None
    held_since: datetime | None


def read_run_state(session: Session) -> RunState:
    """How the run of renewals stands."""
    run = session.get(Run, RENEWALS)
    return RunState(last_at=run.last_at if run else None, held_since=run.held_since if run else None)


def is_held(session: Session) -> bool:
    """Whether the run waits for an operator."""
    return session.scalar(select(Run.held_since).where(Run.name == RENEWALS)) is not None


def acquire_run(uow: UnitOfWork) -> bool:
    """Whether renewals may be decided in this transaction, which nobody else does meanwhile; holds them if need be."""
    query = select(Run).where(Run.name == RENEWALS).with_for_update(skip_locked=True)
    run = uow.session.scalar(query.execution_options(populate_existing=True))
    if run is None:
        # There was none yet; or somebody else is at it, and goes on until nothing is left.
        row = {"name": RENEWALS, "last_at": uow.now}
        statement = insert_new(uow.session, Run).returning(Run.name)
        return uow.session.execute(statement, [row]).first() is not None
    if run.held_since is None and needs_release(run.last_at, uow.now):
        log.error("renewals have not run since %s: an operator releases them (renewals release)", run.last_at)
        run.held_since = uow.now
    if run.held_since is not None:
        return False
    run.last_at = uow.now
    return True


def record_quiet_run(runtime: Runtime) -> None:
    """Nothing is due: keep, once an hour, that somebody has looked, so that a quiet month is no outage."""
    with runtime.database.reading() as session:
        run = read_run_state(session)
    if run.held_since is None and (run.last_at is None or runtime.now() - run.last_at > REMEMBERED_EVERY):
        run_in_transaction(runtime, acquire_run)


def release_run(runtime: Runtime) -> bool:
    """An operator lets held renewals go on; False when nothing was held."""
    with runtime.database.session() as session:
        run = session.get(Run, RENEWALS, with_for_update=True)
        if run is None or run.held_since is None:
            return False
        run.held_since = None
        run.last_at = runtime.now()
        return True
