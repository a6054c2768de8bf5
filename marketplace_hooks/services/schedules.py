"""Which scheduled changes have come to their instant?"""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from ..store.products import SubjectKind
from .installation import Bell, Installation
from .sellers import apply_scheduled_account
from .standings import Standings, due_slots
from .statuses import apply_scheduled
from .work import Work

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Subjects whose scheduled changes are carried out in one transaction."""


def apply_due(installation: Installation) -> int:
    """Carry out every scheduled change whose instant has come, however late; return how many subjects had one."""
    total = 0
    while True:
        rings: set[Bell] = set()

        def carry_out(session: Session, rings: set[Bell] = rings) -> int:
            work = Work(session=session, now=installation.now())
            subjects = due_slots(session, work.now, AT_ONCE)
            standings = Standings(session)
            standings.load(subjects)
            for kind, id_ in subjects:
                standing = standings.get(kind, id_)
                if standing is None:
                    continue
                if kind is SubjectKind.SELLER:
                    apply_scheduled_account(work, standings, standing)
                else:
                    apply_scheduled(work, standing)
            work.write()
            rings.update(work.rings)
            return len(subjects)

        done = installation.database.retrying(carry_out)
        total += done
        for bell in rings:
            installation.bells.ring(bell)
        if done < AT_ONCE:
            return total
