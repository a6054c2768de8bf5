"""Download rules: whether a release may be downloaded under a purchase, and otherwise why not.

With an active Business Care every free release published up to now, whether the product is online or not; without it
those published while it was active, and those that fix a request sent while it was; a paid release only by those who
bought it (`rules.md` 15, 17, 22). A purchase that was refunded, or whose payment the bank has reversed, opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..business_care.entitlement import Code, EntitlementQuestion, Payment, PurchaseFacts, judge
from ..civil_days import day_of


class DownloadVerdict(StrEnum):
    """Whether a release may be downloaded, and otherwise the first reason why not."""

    AVAILABLE = "available"
    NOT_PUBLISHED = "not_published"
    REFUNDED = "refunded"
    PAYMENT_DISPUTED = "payment_disputed"
    NOT_BOUGHT = "not_bought"
    NO_BUSINESS_CARE = "no_business_care"
    NOT_STARTED = "not_started"
    PAYMENT_PENDING = "payment_pending"
    BUSINESS_CARE_OVER = "business_care_over"


@dataclass(frozen=True, kw_only=True)
class ReleaseFacts:
    """One version of the purchase's product.

    `bought_at` is when the holder bought a paid one (None: not). `is_owed_fix`: it fixes a request that was
    accepted, whenever Business Care has expired since.
    """

    is_paid: bool
    published_at: datetime
    bought_at: datetime | None = None
    is_owed_fix: bool = False


_WHILE: Mapping[Code, DownloadVerdict] = {
    Code.NOT_FOUND: DownloadVerdict.NO_BUSINESS_CARE,
    Code.NOT_STARTED: DownloadVerdict.NOT_STARTED,
    Code.PAYMENT_PENDING: DownloadVerdict.PAYMENT_PENDING,
}
"""What keeps a free release back while Business Care is not active, by its code; otherwise it is over."""


def judge_download(release: ReleaseFacts, purchase: PurchaseFacts, question: EntitlementQuestion) -> DownloadVerdict:
    """Say whether a release of the purchase's product may be downloaded at the question's instant.

    The question's product and site play no part: who may download does so from anywhere.
    """
    if release.published_at > question.at:
        return DownloadVerdict.NOT_PUBLISHED
    entitlement = judge([purchase], EntitlementQuestion(at=question.at, zone=question.zone))
    if entitlement.code is Code.REFUNDED:
        return DownloadVerdict.REFUNDED
    if entitlement.code is Code.PAYMENT_DISPUTED or _is_disputed(purchase, question.at):
        return DownloadVerdict.PAYMENT_DISPUTED
    if release.is_paid:
        bought = release.bought_at is not None and release.bought_at <= question.at
        return DownloadVerdict.AVAILABLE if bought else DownloadVerdict.NOT_BOUGHT
    if entitlement.active or release.is_owed_fix or _was_active(purchase, release.published_at, question):
        return DownloadVerdict.AVAILABLE
    return _WHILE.get(entitlement.code, DownloadVerdict.BUSINESS_CARE_OVER)


def _is_disputed(purchase: PurchaseFacts, at: datetime) -> bool:
    """Whether a reversal of the payment stands, even where an end before the term comes first in precedence."""
    return any(dispute.stands_at(at) for dispute in purchase.disputes)


def _was_active(purchase: PurchaseFacts, at: datetime, question: EntitlementQuestion) -> bool:
    """Whether Business Care was active at an instant, by what is known of its payments now.

    A period whose payment came late was active from its first day; a dispute that was won was never one.
    """
    if purchase.terminated_at is not None and purchase.terminated_at <= at:
        return False
    day = day_of(at, question.zone)
    return any(
        period.first_day <= day <= period.last_day and period.payment_at(question.at) is Payment.PAID
        for period in purchase.periods
    )
