"""What work lies about that nobody was woken for, and what has become due?

Everything a bell could have rung for stands in rows; a sweep looks there. It is how lost rings, killed workers and a
Redis that was away are made good, at the latest one lease and one sweep later (`webhooks.md` 7).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from ..errors import Unavailable
from ..remote.queue import sliced
from ..services import (
    cascades,
    deliveries,
    desk_sweeps,
    drafts,
    inbox,
    inspecting,
    inspections,
    mails,
    outgoing,
    renewals,
    schedules,
)
from ..services.installation import Bell, Installation
from ..services.locks import take_lock
from ..services.retention import purge
from .apply import drain

_T = TypeVar("_T")

log = logging.getLogger(__name__)

SCHEDULER_LOCK = "scheduler"
PURGE_SLICE_S = 2.0
"""So long at most may a purge keep the scheduler from what is due; the next tick goes on."""
# A worker that serves several bells looks at the others this often: a long cascade must not keep a page visible.
_SLICES_S = {
    Bell.INBOX: 5.0,
    Bell.CASCADES: 0.25,
    Bell.DELIVERIES: 5.0,
    Bell.RENEWALS: 2.0,
    Bell.INSPECTIONS: 5.0,
    Bell.SUPPORT: 2.0,
    Bell.MAIL: 5.0,
}


def tick(installation: Installation, owner: str) -> None:
    """Carry out what is due at its instant: scheduled changes; and wake workers for what has become due for them."""
    schedules.apply_due(installation)
    now = installation.now()
    with installation.database.reading() as session:
        parked = inbox.parked_due(session, now)
        due = outgoing.due(session, now)
        desk_due = desk_sweeps.due(session, now)
        mail_due = mails.due(session, now, installation.settings)
    if parked:
        installation.database.retrying(lambda session: inbox.retry_parked(session, now))
        _wake_or_work(installation, owner, Bell.INBOX)
    if due:
        _wake_or_work(installation, owner, Bell.DELIVERIES)
    if desk_due:
        _wake_or_work(installation, owner, Bell.SUPPORT)
    if mail_due:
        _wake_or_work(installation, owner, Bell.MAIL)
    if renewals.look(installation):
        _wake_or_work(installation, owner, Bell.RENEWALS)


def sweep(installation: Installation, owner: str) -> bool:
    """Look for all forgotten work once; wake a worker for it, or do a slice of it here when nobody can be woken.

    Says whether it had to leave some: look again soon.
    """
    now = installation.now()
    for forget in (inspections.forget_expired, drafts.forget_old_drafts):
        _without_fail(partial(installation.database.retrying, partial(forget, now=now)))
    return any([_without_fail(partial(_see_to, installation, owner, bell)) for bell in Bell])


def _see_to(installation: Installation, owner: str, bell: Bell) -> bool:
    with installation.database.reading() as session:
        found = _is_pending(installation, session, bell)
    return found and _wake_or_work(installation, owner, bell)


def work_off(installation: Installation, owner: str) -> dict[str, int]:
    """Do everything there is to do here and now, until nothing is left; return how much of each there was."""
    now = installation.now()
    installation.database.retrying(lambda session: inbox.retry_parked(session, now))
    return {
        "scheduled changes carried out": schedules.apply_due(installation),
        **{_DONE[bell]: do_work(installation, owner, bell) for bell in Bell},
    }


def keep_time(installation: Installation, owner: str, stopping: threading.Event) -> None:
    """Tick and sweep for as long as we hold the scheduler's lock; wait for it while another process does.

    A database that is away is waited for; nothing that goes wrong ends the scheduler, nor keeps it from the rest.
    """
    settings = installation.settings
    pause_s = min(settings.tick_interval_s, settings.scheduler_lock_s / 3)
    next_sweep_s = next_purge_s = 0.0
    while not stopping.is_set():
        if _without_fail(partial(take_lock, installation, SCHEDULER_LOCK, owner, settings.scheduler_lock_s)):
            _without_fail(partial(tick, installation, owner))
            if time.monotonic() >= next_sweep_s:
                left = _without_fail(partial(sweep, installation, owner))
                next_sweep_s = time.monotonic() + (0.0 if left else settings.sweep_interval_s)
            if time.monotonic() >= next_purge_s:
                left = _without_fail(partial(_purge_slice, installation))
                next_purge_s = time.monotonic() + (0.0 if left else settings.purge_interval_s)
        stopping.wait(pause_s)


def _purge_slice(installation: Installation) -> bool:
    """Purge for a while; says whether some may be left."""
    stop = sliced(PURGE_SLICE_S)
    purge(installation, stop=stop)
    return stop()


def _without_fail(act: Callable[[], _T]) -> _T | None:
    """Away (the database restarts) or a mistake of ours: either way the next tick tries again."""
    try:
        return act()
    except Exception as error:
        log.warning("the scheduler goes on after: %s", error, exc_info=not isinstance(error, Unavailable))
        return None


def work_slice(installation: Installation, owner: str, bell: Bell) -> None:
    """What a worker does when this bell rings: work for a while, and ring again when some is left for another turn."""
    installation.bells.answered(bell)
    stop = sliced(_SLICES_S[bell])
    do_work(installation, owner, bell, stop=stop)
    if stop():
        with installation.database.reading() as session:
            left = _is_pending(installation, session, bell)
        if left:
            installation.bells.ring(bell)


def do_work(installation: Installation, owner: str, bell: Bell, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Do what stands in rows for this bell, until nothing is left or `stop` says so; return how much it was."""
    if bell is Bell.INBOX:
        return drain(installation, owner, stop=stop)
    if bell is Bell.CASCADES:
        return cascades.run_cascades(installation, owner, stop=stop)
    if bell is Bell.RENEWALS:
        return renewals.run_renewals(installation, stop=stop)
    if bell is Bell.INSPECTIONS:
        return inspecting.run_inspections(installation, owner, stop=stop)
    if bell is Bell.SUPPORT:
        return desk_sweeps.run_desk(installation, stop=stop)
    if bell is Bell.MAIL:
        return mails.send_due(installation, owner, stop=stop)
    return deliveries.deliver_due(installation, owner, stop=stop)


def _wake_or_work(installation: Installation, owner: str, bell: Bell) -> bool:
    """Wake a worker, or do a slice of the work here; says whether the slice ended before the work may have.

    A slice, for whoever keeps time: one slow endpoint must not keep everything else from being looked at.
    """
    if installation.bells.ring(bell):
        return False
    stop = sliced(_SLICES_S[bell])
    do_work(installation, owner, bell, stop=stop)
    return stop()


def _is_pending(installation: Installation, session: Session, bell: Bell) -> bool:
    if bell is Bell.MAIL:
        return mails.due(session, installation.now(), installation.settings)
    return _PENDING[bell](session, installation.now())


_DONE = {
    Bell.INBOX: "events settled",
    Bell.CASCADES: "cascades finished",
    Bell.DELIVERIES: "deliveries attempted",
    Bell.RENEWALS: "renewals and notices",
    Bell.INSPECTIONS: "inspections made",
    Bell.SUPPORT: "clocks, refunds and waits seen to",
    Bell.MAIL: "mails sent or tried",
}
_PENDING = {
    Bell.INBOX: inbox.pending,
    Bell.CASCADES: cascades.pending,
    Bell.DELIVERIES: outgoing.due,
    Bell.RENEWALS: renewals.due,
    Bell.INSPECTIONS: inspecting.pending,
    Bell.SUPPORT: desk_sweeps.due,
}
