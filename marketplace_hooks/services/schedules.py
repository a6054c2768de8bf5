"""Which scheduled changes have come to their instant?"""

from __future__ import annotations

import logging

from ..store.products import SubjectKind
from .installation import Installation
from .sellers import apply_scheduled_account
from .standings import Standings, due_slots
from .statuses import apply_scheduled
from .work import Work, carry_out

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Subjects whose scheduled changes are carried out in one transaction."""


def apply_due(installation: Installation) -> int:
    """Carry out every scheduled change whose instant has come, however late; return how many subjects had one."""
    total = 0
    while True:
        done = carry_out(installation, _apply_some)
        total += done
        if done < AT_ONCE:
            return total


def _apply_some(work: Work) -> int:
    subjects = due_slots(work.session, work.now, AT_ONCE)
    standings = Standings(work.session)
    standings.load(subjects)
    for kind, id_ in subjects:
        standing = standings.get(kind, id_)
        if standing is None:
            continue
        if kind is SubjectKind.SELLER:
            apply_scheduled_account(work, standings, standing)
        else:
            apply_scheduled(work, standing)
    return len(subjects)
