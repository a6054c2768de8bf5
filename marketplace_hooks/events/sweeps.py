"""What work lies about that nobody was woken for, and what has become due?

Everything a bell could have rung for stands in rows; a sweep looks there. It is how lost rings, killed workers and a
Redis that was away are made good, at the latest one lease and one sweep later (`webhooks.md` 7).
"""

from __future__ import annotations

import logging

from ..services import cascades, deliveries, inbox, outgoing, schedules
from ..services.installation import Bell, Installation
from .apply import drain

log = logging.getLogger(__name__)


def tick(installation: Installation, owner: str) -> None:
    """Carry out what is due at its instant: scheduled changes; and wake workers for deliveries whose time has come."""
    schedules.apply_due(installation)
    with installation.database.reading() as session:
        due = outgoing.due(session, installation.now())
    if due:
        _wake_or_work(installation, owner, Bell.DELIVERIES)


def sweep(installation: Installation, owner: str) -> dict[Bell, bool]:
    """Look for all forgotten work once; wake a worker for it, or do it here when nobody can be woken."""
    now = installation.now()
    installation.database.retrying(lambda session: inbox.retry_parked(session, now))
    schedules.apply_due(installation)
    found: dict[Bell, bool] = {}
    for bell in Bell:
        with installation.database.reading() as session:
            found[bell] = _PENDING[bell](session, now)
        if found[bell]:
            _wake_or_work(installation, owner, bell)
    return found


def work_off(installation: Installation, owner: str) -> None:
    """Do everything there is to do here and now, until nothing is left: `marketplace-hooks sweep`."""
    now = installation.now()
    installation.database.retrying(lambda session: inbox.retry_parked(session, now))
    schedules.apply_due(installation)
    for bell in Bell:
        do_work(installation, owner, bell)


def do_work(installation: Installation, owner: str, bell: Bell) -> None:
    """What a worker does when this bell rings."""
    if bell is Bell.INBOX:
        drain(installation, owner)
    elif bell is Bell.CASCADES:
        cascades.run_cascades(installation, owner)
    else:
        deliveries.deliver_due(installation, owner)


def _wake_or_work(installation: Installation, owner: str, bell: Bell) -> None:
    if not installation.bells.ring(bell):
        do_work(installation, owner, bell)


_PENDING = {
    Bell.INBOX: inbox.pending,
    Bell.CASCADES: cascades.pending,
    Bell.DELIVERIES: outgoing.due,
}
