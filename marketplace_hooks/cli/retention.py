"""Retention command: purge what is older than its retention period."""

from __future__ import annotations

from ..domain.audit_actions import AuditAction
from ..services.core.unit_of_work import run_in_transaction
from ..services.privacy.retention import purge as purge_old
from .output import json_option, show_counts
from .root import current_runtime, hooks_group


@hooks_group.command("purge")
@json_option
def purge(as_json: bool) -> None:
    """Delete old payloads, inspections and credentials now; the scheduler does so every hour.

    PAYLOAD_DAYS and INSPECTION_DAYS set how old they must be. IDs and hashes of events stay, and so does whatever an
    open request or a pending delivery still needs.
    """
    runtime = current_runtime()
    counts = purge_old(runtime)
    run_in_transaction(runtime, lambda uow: uow.audit(AuditAction.OLD_DATA_PURGED, None, counts=counts))
    show_counts(counts, as_json=as_json)
