"""Declarations that a customer adds to a finished check, because the site did not answer by itself."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from ...domain.audit_actions import AuditAction
from ...domain.inspections.declarations import Declaration
from ...errors import NotFound
from ...models.inspections import Evidence, Inspection, evidence_row
from ...remote.probes.declaration import PROBE, declared_findings
from ..core.unit_of_work import UnitOfWork


def declare(uow: UnitOfWork, check_id: str, declared: Declaration) -> None:
    """Put what the customer says beside what was found; a version or a list replaces the one said before.

    Nothing is asked of the site again. A check that still runs keeps both, which say the same. Whose check it is, is
    the caller's to ask. Raises `NotFound`, also for a check whose request is closed.
    """
    query = select(Inspection).where(Inspection.id == check_id, Inspection.closed_at.is_(None)).with_for_update()
    inspection = uow.session.scalar(query)
    if inspection is None:
        raise NotFound(f"no open inspection {check_id}")
    uow.audit(AuditAction.SITE_DECLARED, check_id)
    if inspection.declared is not None:
        declared = _with(Declaration.from_json(inspection.declared), declared)
    inspection.declared = declared.as_json()
    previous = delete(Evidence).where(
        Evidence.inspection_number == inspection.number, Evidence.probe == PROBE.name, Evidence.request.is_(None)
    )
    uow.session.execute(previous.execution_options(synchronize_session=False))
    rows = [evidence_row(inspection.number, one) for one in declared_findings(declared, at=uow.now)]
    if rows:
        uow.session.execute(insert(Evidence), rows)


def _with(before: Declaration, now: Declaration) -> Declaration:
    lists = now if now.modules or now.whole_list else before
    return Declaration(
        platform_version=now.platform_version or before.platform_version,
        modules=lists.modules,
        whole_list=lists.whole_list,
    )
