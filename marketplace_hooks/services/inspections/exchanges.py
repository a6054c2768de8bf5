"""Exchanges with a merchant site: what an inspection asked and was answered, and the reports that the site sent.

The worker stores what it asked with the check; why a report was refused stands among the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ...domain.inspections.notes import Note
from ...models.inspections import Evidence, Inspection
from ...remote.probes.exchanges import SiteExchange

REFUSED_REPORTS = (
    Note.REPORT_MALFORMED,
    Note.REPORT_NOT_FRESH,
    Note.REPORT_OF_ANOTHER_SHOP,
    Note.REPORT_LATE,
    Note.REPORT_TOO_LARGE,
)
"""Why a report that was posted is refused, where the page of its check says so, once for each reason."""


def posted_report(check_id: str) -> str:
    """A companion's post of its report on a check, as the evidence names it."""
    return f"POST /api/v1/inspections/{check_id}/report"


def exchanges_of(session: Session, check_id: str | None) -> Sequence[Mapping[str, Any]]:
    """What a check asked of its site and what was answered, in order, and the reports that the site sent by itself.

    Nothing for no check.
    """
    if check_id is None:
        return ()
    is_refusal = and_(
        Evidence.inspection_number == Inspection.number,
        Evidence.request == posted_report(check_id),
        Evidence.note.in_([note.value for note in REFUSED_REPORTS]),
    )
    asked = select(Inspection.exchanges, Inspection.reported_at, Evidence.observed_at, Evidence.note)
    rows = session.execute(
        asked.outerjoin(Evidence, is_refusal).where(Inspection.id == check_id).order_by(Evidence.id)
    ).all()
    if not rows:
        return ()
    refused = [(row.observed_at, row.note) for row in rows if row.note is not None]
    return with_reports(check_id, rows[0].exchanges, rows[0].reported_at, refused)


def with_reports(
    check_id: str,
    stored: Sequence[Mapping[str, Any]] | None,
    reported_at: datetime | None,
    refused: Iterable[tuple[datetime, str]],
) -> list[Mapping[str, Any]]:
    """The stored exchanges, then the reports that were refused, each with its reason, and the one that was accepted."""
    request = posted_report(check_id)
    reports = [SiteExchange(at=at, request=request, took_ms=None, note=note) for at, note in refused]
    if reported_at is not None:
        reports.append(SiteExchange(at=reported_at, request=request, took_ms=None, status=202))
    return [*(stored or ()), *(one.as_json() for one in reports)]
