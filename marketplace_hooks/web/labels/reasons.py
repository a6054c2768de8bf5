"""Reason labels: why something changed, where nobody has written why."""

from __future__ import annotations

from collections.abc import Mapping

from ...domain.standard_reasons import StandardReason
from ..i18n.language import LazyText, lazy

STANDARD_REASONS: Mapping[StandardReason, LazyText] = {
    StandardReason.TIME_OVER: lazy("the time limit has passed"),
    StandardReason.DEADLINE_NEAR: lazy("the deadline is approaching"),
    StandardReason.SITE_INSPECTED: lazy("the shop has been checked"),
    StandardReason.PERIOD_ENDED: lazy("the Business Care period has ended"),
    StandardReason.RENEWAL_NEAR: lazy("a renewal is approaching"),
    StandardReason.PRICE_CHANGED: lazy("the product’s price has changed"),
    StandardReason.ENDPOINT_GONE: lazy("the endpoint answered 410 Gone"),
    StandardReason.ENDPOINT_ASKED: lazy("the endpoint asked to be disabled"),
    StandardReason.FAILING_FOR_A_DAY: lazy("no delivery has succeeded for 24 hours"),
    StandardReason.FAILING_FOR_FIVE_DAYS: lazy("no delivery has succeeded for 120 hours"),
    StandardReason.BY_OPERATOR: lazy("disabled by an operator"),
    StandardReason.IMPORTED: lazy("data import"),
}


def standard_reason_label(reason: str) -> str | None:
    """A reason of our own in the reader's language; None for one that somebody wrote."""
    return str(STANDARD_REASONS[StandardReason(reason)]) if reason in list(StandardReason) else None
