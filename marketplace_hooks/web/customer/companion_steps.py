"""Steps by which a merchant lets their shop report on a check: the module, its hash, and the code to paste there.

The code is one line (`docs/companion-report.md`). It holds the key of this one check, so it is shown to the customer
whose check it is, and to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import url_for
from sqlalchemy.orm import Session

from ...services.core.runtime import Runtime
from ...services.inspections.companion_submissions import ReportInvitation, report_invitation
from ..companion_archive import companion_archive
from ..urls import outside_url


@dataclass(frozen=True, kw_only=True)
class CompanionSteps:
    """What the steps name."""

    report_code: str = field(repr=False)
    sha256: str


def companion_steps(runtime: Runtime, session: Session, check_id: str) -> CompanionSteps | None:
    """The steps for a check; None when no report on it can be sent any more."""
    invitation = report_invitation(runtime, session, check_id)
    if invitation is None:
        return None
    return CompanionSteps(report_code=report_code(runtime, invitation), sha256=companion_archive().sha256)


def report_code(runtime: Runtime, invitation: ReportInvitation) -> str:
    """Where a report goes, and its nonce, key and module, in one line."""
    path = url_for("mh_api.post_companion_report", check_id=invitation.check_id)
    return f"{outside_url(path)}#{invitation.nonce}.{invitation.key}.{invitation.module or ''}"
