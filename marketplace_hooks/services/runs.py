"""When did the renewals last run, and may they run now?

After a silence of more than 30 days an operator releases the run: nothing is charged unseen (`domain.md` 11).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain.renewals import needs_release
from ..store.database import insert_new
from ..store.subscriptions import Run
from .installation import Installation
from .work import Work, carry_out

log = logging.getLogger(__name__)

RENEWALS = "renewals"
REMEMBERED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class RunState:
    """When the renewals last ran or had nothing to do (None: never), and since when they wait for an operator."""

    last_at: datetime | None
    held_since: datetime | None


def state_of_run(session: Session) -> RunState:
    """How the run of renewals stands."""
    run = session.get(Run, RENEWALS)
    return RunState(last_at=run.last_at if run else None, held_since=run.held_since if run else None)


def is_held(session: Session) -> bool:
    """Whether the run waits for an operator."""
    return session.scalar(select(Run.held_since).where(Run.name == RENEWALS)) is not None


def may_run(work: Work) -> bool:
    """Whether renewals may be decided in this transaction, which nobody else does meanwhile; holds them if need be."""
    query = select(Run).where(Run.name == RENEWALS).with_for_update(skip_locked=True)
    run = work.session.scalar(query.execution_options(populate_existing=True))
    if run is None:
        # There was none yet; or somebody else is at it, and goes on until nothing is left.
        row = {"name": RENEWALS, "last_at": work.now}
        statement = insert_new(work.session, Run).returning(Run.name)
        return work.session.execute(statement, [row]).first() is not None
    if run.held_since is None and needs_release(run.last_at, work.now):
        log.error("renewals have not run since %s: an operator releases them (renewals release)", run.last_at)
        run.held_since = work.now
    if run.held_since is not None:
        return False
    run.last_at = work.now
    return True


def remember(installation: Installation) -> None:
    """Nothing is due: keep, once an hour, that somebody has looked, so that a quiet month is no outage."""
    with installation.database.reading() as session:
        run = state_of_run(session)
    if run.held_since is None and (run.last_at is None or installation.now() - run.last_at > REMEMBERED_EVERY):
        carry_out(installation, may_run)


def release_run(installation: Installation) -> bool:
    """An operator lets held renewals go on; False when nothing was held."""
    with installation.database.session() as session:
        run = session.get(Run, RENEWALS, with_for_update=True)
        if run is None or run.held_since is None:
            return False
        run.held_since, run.last_at = None, installation.now()
        return True
