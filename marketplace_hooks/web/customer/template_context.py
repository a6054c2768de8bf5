"""Template context of the customer's pages: labels, and what can be done about a renewal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.business_care.renewals import RenewalStop, StopCause
from ...domain.catalog.statuses import Status
from ...services.business_care.subscription_view import SubscriptionView
from ..labels import business_care
from ..labels.catalog import versions
from ..labels.support import time_limits
from ..labels.urgency import last_day_of
from ..state import current_runtime
from .blueprint import blueprint
from .new_request_form import KEYS
from .purchases import purchase_url


@blueprint.context_processor
def template_context() -> dict[str, Any]:
    """What every template of the customer's pages can use."""
    return {
        **business_care.banner_context(),
        "downloads_why": business_care.DOWNLOADS,
        "key_errors": key_errors,
        "last_day_of": last_day_of,
        "notice_timeliness": business_care.NOTICE_TIMELINESS,
        "can_undo_cancellation": can_undo_cancellation,
        "purchase_url": purchase_url,
        "active_stops": active_stops,
        "within": time_limits,
        "versions": versions,
        "why_asked_back": business_care.WHY_ASKED_BACK,
        "why_it_stops": business_care.WHY_IT_STOPS,
        "why_not_entitled": business_care.why_not_entitled,
    }


def active_stops(care: SubscriptionView) -> list[RenewalStop]:
    """The causes that stop the renewal now."""
    now = current_runtime().now()
    return [one for one in care.renewal_stops if one.stands_at(now)]


def can_undo_cancellation(care: SubscriptionView) -> bool:
    """Whether the customer can let it renew again: only a product that is still withdrawn stands in the way."""
    causes = {one.cause for one in active_stops(care)}
    is_withdrawn = StopCause.WITHDRAWAL in causes and care.product_status is Status.OFFLINE_PERMANENT
    return bool(causes) and care.entitlement.active and not (is_withdrawn and causes == {StopCause.WITHDRAWAL})


def key_errors(errors: Mapping[str, str]) -> bool:
    """Whether one of the keys must be corrected."""
    return any(name in errors for name in KEYS)
