"""Template context of the seller's pages: the labels that their templates use, and entries of a product's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from ...models.access import Role
from ...models.cascades import CascadeState
from ...services.catalog.status_history import CANCELLED, SCHEDULED, StatusHistoryEntry
from ..form_idempotency import once_token
from ..i18n.language import gettext
from ..labels.business_care import REMEDIES, care_extent, care_title, why_inactive
from ..labels.change_results import step_result, summarize_changes
from ..labels.deadlines import CLOCKS
from ..labels.label import labels_for
from ..labels.refusal_evidence import evidence_lines
from ..labels.refusal_grounds import GROUND_FINDINGS, GROUND_LABELS, GROUNDS
from ..labels.statuses import (
    ACTORS,
    CHANGES,
    HELD_BY,
    SCHEDULED_TO,
    STATUS_BUTTONS,
    STEPS,
    WITHDRAWN_BY,
    actor_label,
    change_label,
    status_button,
)
from ..labels.support import GIVEN_BACK, KINDS, MISSING, REFUND_LINES, REPLY_REASONS
from ..labels.urgency import last_day_of
from .blueprint import blueprint


@blueprint.context_processor
def template_context() -> dict[str, Any]:
    """What every template of the seller's pages can use."""
    return {
        "buttons": STATUS_BUTTONS,
        "care_extent": care_extent,
        "care_title": care_title,
        "changes": labels_for(Role.SELLER, CHANGES),
        "clock_names": CLOCKS,
        "form": request.form,
        "ground_names": GROUNDS,
        "ground_findings": GROUND_FINDINGS,
        "ground_labels": GROUND_LABELS,
        "evidence_lines": evidence_lines,
        "held_by": labels_for(Role.SELLER, HELD_BY),
        "kind_labels": KINDS,
        "last_day_of": last_day_of,
        "missing_labels": MISSING,
        "given_back_labels": GIVEN_BACK,
        "once_token": once_token,
        "refund_lines": REFUND_LINES,
        "remedy_labels": REMEDIES,
        "reply_reasons": REPLY_REASONS,
        "scheduled_to": SCHEDULED_TO,
        "sides": labels_for(Role.SELLER, ACTORS),
        "status_button": status_button,
        "step_result": step_result,
        "summarize_changes": summarize_changes,
        "steps": STEPS,
        "why_inactive": why_inactive,
        "withdrawn_by": labels_for(Role.SELLER, WITHDRAWN_BY),
    }


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One entry of the history of a product or a pack, as its page shows it."""

    title: str
    at: datetime
    by: str
    reason: str
    effective_at: datetime | None
    cascade_id: str | None
    state: CascadeState | None


def history_entry(one: StatusHistoryEntry) -> HistoryEntry:
    """An entry of the history, with its labels."""
    title = change_label(one.change, Role.SELLER)
    if one.status is not None and one.change == SCHEDULED:
        title = gettext("Scheduled: %(what)s", what=STATUS_BUTTONS[one.status])
    elif one.status is not None and one.change == CANCELLED:
        title = gettext("Scheduled change cancelled: %(what)s", what=STATUS_BUTTONS[one.status])
    return HistoryEntry(
        title=title,
        at=one.at,
        by=actor_label(one.cause.actor, Role.SELLER),
        reason=one.cause.reason,
        effective_at=one.effective_at,
        cascade_id=one.cascade_id,
        state=one.state,
    )
