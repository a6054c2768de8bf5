"""Standard reasons: why something changes when nobody has written why, as published in `caused_by` and stored.

Once published, a reason keeps its text. Pages have a label for each (`web/labels/reasons.py`).
"""

from __future__ import annotations

import enum


class StandardReason(enum.StrEnum):
    """A reason of our own, in contrast to one that a person or the marketplace has given."""

    TIME_OVER = "the time is over"
    DEADLINE_NEAR = "the deadline comes near"
    SITE_INSPECTED = "the site was inspected"
    PERIOD_ENDED = "the period ended"
    RENEWAL_NEAR = "a renewal comes near"
    PRICE_CHANGED = "the price of the product has changed"
    ENDPOINT_GONE = "the endpoint answered 410 Gone"
    ENDPOINT_ASKED = "the endpoint answered webhook-delivery: disable"
    FAILING_FOR_A_DAY = "no attempt has succeeded for 24 hours"
    FAILING_FOR_FIVE_DAYS = "no attempt has succeeded for 120 hours"
    BY_OPERATOR = "by an operator"
    IMPORTED = "imported"
