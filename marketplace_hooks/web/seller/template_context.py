"""In which words is a seller told of statuses, who holds what, what has happened, and what still goes on?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from ...domain.catalog.statuses import Side
from ...models.cascades import CascadeState
from ...services.catalog.status_history import CANCELLED, SCHEDULED, StatusHistoryEntry
from ...services.support.owed_refunds import RefundFilter
from ...services.support.requests import RequestFilter
from ..form_idempotency import once_token
from ..i18n.language import LazyText, gettext, lazy
from ..labels.business_care import care_extent, care_title, why_inactive
from ..labels.refusal_grounds import GROUND_LABELS, GROUNDS
from ..labels.statuses import SCHEDULED_TO, STEPS
from ..labels.support import CLOCKS, KINDS, MISSING, REMEDIES, REPLY_REASONS
from ..status_change_page import BUTTONS
from .blueprint import blueprint

HELD_BY = {
    Side.SELLER: lazy("Held offline by you"),
    Side.MARKETPLACE: lazy("Held offline by the marketplace"),
    Side.ACCOUNT: lazy("Your seller account is suspended"),
}
WITHDRAWN_BY = {
    Side.SELLER: lazy("Withdrawn for good by you"),
    Side.MARKETPLACE: lazy("Withdrawn for good by the marketplace"),
    Side.ACCOUNT: lazy("Withdrawn for good with your account"),
}
SIDES = {
    Side.SELLER: lazy("you"),
    Side.MARKETPLACE: lazy("the marketplace"),
    Side.ACCOUNT: lazy("your account’s suspension"),
}
CHANGES: dict[str, LazyText] = {
    "held": lazy("Taken offline"),
    "lifted": lazy("Put back online, or one hold less"),
    "withdrawn": lazy("Withdrawn for good"),
    "reinstated": lazy("Reinstated by the marketplace"),
}

WHICH: dict[str, LazyText] = {
    RequestFilter.OPEN: lazy("Open"),
    RequestFilter.TO_ACKNOWLEDGE: lazy("To be taken charge of"),
    RequestFilter.LATE: lazy("Late"),
    RequestFilter.ALL: lazy("All"),
    RefundFilter.OUTSTANDING: lazy("To be given back"),
}


@blueprint.context_processor
def template_context() -> dict[str, Any]:
    """What the templates of this room may say beside what all pages may."""
    return {
        "buttons": BUTTONS,
        "care_extent": care_extent,
        "care_title": care_title,
        "changes": CHANGES,
        "clock_names": CLOCKS,
        "form": request.form,
        "ground_words": GROUNDS,
        "ground_labels": GROUND_LABELS,
        "held_by": HELD_BY,
        "kind_words": KINDS,
        "missing_words": MISSING,
        "once_token": once_token,
        "remedy_words": REMEDIES,
        "reply_reasons": REPLY_REASONS,
        "scheduled_to": SCHEDULED_TO,
        "sides": SIDES,
        "steps": STEPS,
        "which_words": WHICH,
        "why_inactive": why_inactive,
        "withdrawn_by": WITHDRAWN_BY,
    }


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a product's past."""

    title: str
    at: datetime
    by: str
    reason: str
    effective_at: datetime | None
    cascade_id: str | None
    state: CascadeState | None


def history_entry(one: StatusHistoryEntry) -> Entry:
    """An entry of the history in words."""
    known = CHANGES.get(one.change)
    title = one.change if known is None else str(known)
    if one.status is not None and one.change == SCHEDULED:
        title = gettext("Scheduled: %(what)s", what=BUTTONS[one.status])
    elif one.status is not None and one.change == CANCELLED:
        title = gettext("Schedule cancelled: %(what)s", what=BUTTONS[one.status])
    return Entry(
        title=title,
        at=one.at,
        by=actor_label(one.cause.actor),
        reason=one.cause.reason,
        effective_at=one.effective_at,
        cascade_id=one.cascade_id,
        state=one.state,
    )


def actor_label(actor: str) -> str:
    """Who asked for it, as its seller is told."""
    return str(SIDES[Side(actor)]) if actor in list(Side) else actor
