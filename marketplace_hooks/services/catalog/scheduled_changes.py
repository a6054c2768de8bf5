"""Scheduled changes of status: applies those whose instant has come."""

from __future__ import annotations

from ...models.products import SubjectKind
from ...telemetry.log_context import get_logger
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction
from .locked_subjects import LockedSubjects, due_slots
from .sellers import apply_scheduled_account
from .status_changes import apply_scheduled

log = get_logger(__name__)

BATCH = 100
"""Subjects whose scheduled changes are carried out in one transaction."""


def apply_due(runtime: Runtime) -> int:
    """Apply every scheduled change whose instant has come, however late; return how many subjects had one."""
    total = 0
    while True:
        done = run_in_transaction(runtime, _apply_batch)
        total += done
        if done < BATCH:
            return total


def _apply_batch(uow: UnitOfWork) -> int:
    subjects = due_slots(uow.session, uow.now, BATCH)
    locked_subjects = LockedSubjects(uow.session)
    locked_subjects.load(subjects)
    for kind, id_ in subjects:
        locked = locked_subjects.get(kind, id_)
        if locked is None:
            continue
        if kind is SubjectKind.SELLER:
            apply_scheduled_account(uow, locked_subjects, locked)
        else:
            apply_scheduled(uow, locked)
    return len(subjects)
