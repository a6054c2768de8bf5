"""What work lies about that nobody was woken for, and what has become due?

Everything a bell could have rung for stands in rows; a sweep looks there. It is how lost rings, killed workers and a
Redis that was away are made good, at the latest one lease and one sweep later (`webhooks.md` 7).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ..errors import Unavailable
from ..remote.queue import sliced
from ..services import cascades, deliveries, inbox, inspecting, inspections, outgoing, renewals, schedules
from ..services.installation import Bell, Installation
from ..services.locks import take_lock
from .apply import drain

log = logging.getLogger(__name__)

SCHEDULER_LOCK = "scheduler"
# A worker that serves several bells looks at the others this often: a long cascade must not keep a page visible.
_SLICES_S = {
    Bell.INBOX: 5.0,
    Bell.CASCADES: 0.5,
    Bell.DELIVERIES: 5.0,
    Bell.RENEWALS: 2.0,
    Bell.INSPECTIONS: 5.0,
}


def tick(installation: Installation, owner: str) -> None:
    """Carry out what is due at its instant: scheduled changes; and wake workers for deliveries whose time has come."""
    schedules.apply_due(installation)
    with installation.database.reading() as session:
        due = outgoing.due(session, installation.now())
    if due:
        _wake_or_work(installation, owner, Bell.DELIVERIES)
    if renewals.look(installation):
        _wake_or_work(installation, owner, Bell.RENEWALS)


def sweep(installation: Installation, owner: str) -> dict[Bell, bool]:
    """Look for all forgotten work once; wake a worker for it, or do it here when nobody can be woken."""
    now = installation.now()
    installation.database.retrying(lambda session: inbox.retry_parked(session, now))
    installation.database.retrying(lambda session: inspections.forget_expired(session, now))
    schedules.apply_due(installation)
    found: dict[Bell, bool] = {}
    for bell in Bell:
        with installation.database.reading() as session:
            found[bell] = _PENDING[bell](session, now)
        if found[bell]:
            _wake_or_work(installation, owner, bell)
    return found


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

    A database that is away is waited for; nothing that goes wrong ends the scheduler.
    """
    settings = installation.settings
    next_sweep_s = 0.0
    while not stopping.is_set():
        try:
            if take_lock(installation, SCHEDULER_LOCK, owner, settings.scheduler_lock_s):
                tick(installation, owner)
                if time.monotonic() >= next_sweep_s:
                    sweep(installation, owner)
                    next_sweep_s = time.monotonic() + settings.sweep_interval_s
        except Exception as error:
            # Away (the database restarts) or a mistake of ours: either way the next tick tries again.
            log.warning("the scheduler goes on after: %s", error, exc_info=not isinstance(error, Unavailable))
        stopping.wait(min(settings.tick_interval_s, settings.scheduler_lock_s / 3))


def work_slice(installation: Installation, owner: str, bell: Bell) -> None:
    """What a worker does when this bell rings: work for a while, and ring again when some is left for another turn."""
    installation.bells.answered(bell)
    stop = sliced(_SLICES_S[bell])
    do_work(installation, owner, bell, stop=stop)
    if stop():
        with installation.database.reading() as session:
            left = _PENDING[bell](session, installation.now())
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
    return deliveries.deliver_due(installation, owner, stop=stop)


def _wake_or_work(installation: Installation, owner: str, bell: Bell) -> None:
    if not installation.bells.ring(bell):
        do_work(installation, owner, bell)


_DONE = {
    Bell.INBOX: "events settled",
    Bell.CASCADES: "cascades finished",
    Bell.DELIVERIES: "deliveries attempted",
    Bell.RENEWALS: "renewals and notices",
    Bell.INSPECTIONS: "inspections made",
}
_PENDING = {
    Bell.INBOX: inbox.pending,
    Bell.CASCADES: cascades.pending,
    Bell.DELIVERIES: outgoing.due,
    Bell.RENEWALS: renewals.due,
    Bell.INSPECTIONS: inspecting.pending,
}
