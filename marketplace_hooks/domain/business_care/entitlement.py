"""Entitlement: whether a customer may ask for support of a product, on a merchant site, at an instant.

One code answers, the first that applies in the order of `Code` (`rules.md` 8–12 and 20). It is judged at the instant
asked about: what happened later changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from ...config.policies import TEST_PREFIXES
from .. import merchant_sites
from ..civil_days import Zone, day_of
from ..merchant_sites import Relation
from .renewals import RenewalStop


class Code(StrEnum):
    """The published codes, in their precedence: for one purchase the first that applies is the answer."""

    NOT_FOUND = "NOT_FOUND"
    PRODUCT_SCOPE_MISMATCH = "PRODUCT_SCOPE_MISMATCH"
    REFUNDED = "REFUNDED"
    TERMINATED = "TERMINATED"
    PAYMENT_DISPUTED = "PAYMENT_DISPUTED"
    NOT_STARTED = "NOT_STARTED"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    EXPIRED = "EXPIRED"
    SHOP_NOT_BOUND = "SHOP_NOT_BOUND"
    SHOP_SCOPE_REQUIRED = "SHOP_SCOPE_REQUIRED"
    SHOP_URL_INVALID = "SHOP_URL_INVALID"
    SHOP_SCOPE_MISMATCH = "SHOP_SCOPE_MISMATCH"
    VALID_STAGING_SHOP = "VALID_STAGING_SHOP"
    VALID_RENEWAL_CANCELLED = "VALID_RENEWAL_CANCELLED"
    VALID = "VALID"


PRECEDENCE = tuple(Code)

DETAILS = {
    Code.NOT_FOUND: "no purchase of this product by this customer",
    Code.PRODUCT_SCOPE_MISMATCH: "the purchase is for another product",
    Code.REFUNDED: "the purchase was refunded, support ended with it",
    Code.TERMINATED: "support was ended before term",
    Code.PAYMENT_DISPUTED: "payment reversed by the bank",
    Code.NOT_STARTED: "support has not started yet",
    Code.PAYMENT_PENDING: "the renewal payment has not succeeded",
    Code.EXPIRED: "support period is over; can be reactivated",
    Code.SHOP_NOT_BOUND: "the purchase is not yet attached to a shop",
    Code.SHOP_SCOPE_REQUIRED: "the request does not say which shop it is about",
    Code.SHOP_URL_INVALID: "the shop address cannot be read",
    Code.SHOP_SCOPE_MISMATCH: "the shop is not the one attached to the purchase",
    Code.VALID_STAGING_SHOP: "test copy of the licensed shop",
    Code.VALID_RENEWAL_CANCELLED: "active until the end of the paid period; will not renew",
    Code.VALID: "subscription active for this product and shop",
}


class Remedy(StrEnum):
    """What the customer can do about a code that is not valid."""

    BUY = "buy"
    REACTIVATE = "reactivate"
    WAIT_FOR_PAYMENT = "wait_for_payment"
    BIND_SHOP = "bind_shop"
    NAME_SHOP = "name_shop"
    CORRECT_SHOP_URL = "correct_shop_url"
    CHANGE_SHOP = "change_shop"


_REMEDIES = {
    Code.NOT_FOUND: Remedy.BUY,
    Code.PAYMENT_PENDING: Remedy.WAIT_FOR_PAYMENT,
    Code.EXPIRED: Remedy.REACTIVATE,
    Code.SHOP_NOT_BOUND: Remedy.BIND_SHOP,
    Code.SHOP_SCOPE_REQUIRED: Remedy.NAME_SHOP,
    Code.SHOP_URL_INVALID: Remedy.CORRECT_SHOP_URL,
    Code.SHOP_SCOPE_MISMATCH: Remedy.CHANGE_SHOP,
}


class EntitlementOutcome(StrEnum):
    """What a code means for a request that is being submitted (`rules.md` 20)."""

    ACCEPTED = "accepted"
    REFUSABLE = "refusable"
    NEEDS_INFORMATION = "needs_information"
    NOT_ENTITLED = "not_entitled"


_OUTCOMES = {
    Code.SHOP_SCOPE_MISMATCH: EntitlementOutcome.REFUSABLE,
    Code.SHOP_NOT_BOUND: EntitlementOutcome.NEEDS_INFORMATION,
    Code.SHOP_SCOPE_REQUIRED: EntitlementOutcome.NEEDS_INFORMATION,
    Code.SHOP_URL_INVALID: EntitlementOutcome.NEEDS_INFORMATION,
    Code.PAYMENT_PENDING: EntitlementOutcome.NEEDS_INFORMATION,
}


class Payment(StrEnum):
    """How a period's payment stands. A period whose payment failed for good was never in force."""

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class CoveredPeriod:
    """One period of Business Care, both days included in the reference zone, and how its payment stands.

    `settled_at` is since when it stands so: before, it was pending. None: from the beginning.
    """

    first_day: date
    last_day: date
    payment: Payment = Payment.PAID
    settled_at: datetime | None = None

    def payment_at(self, at: datetime) -> Payment:
        return Payment.PENDING if self.settled_at is not None and at < self.settled_at else self.payment


@dataclass(frozen=True, kw_only=True)
class PaymentDispute:
    """A payment that the bank reversed; `won_at` is when the reversal was undone, None while it stands or was lost."""

    disputed_at: datetime
    won_at: datetime | None = None

    def stands_at(self, at: datetime) -> bool:
        return self.disputed_at <= at and (self.won_at is None or at < self.won_at)


@dataclass(frozen=True, kw_only=True)
class PurchaseFacts:
    """What is known of one purchase. Instants are aware.

    `periods` are empty for a free product, which has no Business Care. `bound_site` is the merchant site's address as
    bound at the instant asked about, None while unbound. `refunded_at` is a refund of the whole price: a partial one
    ends nothing (`rules.md` 17). `stops` are the causes that cancel the renewal. `renewal_is_awaited` says that
    nothing stopped the renewal at the end of the last period, although it has not been claimed yet. `reactivable` is
    False once the product is withdrawn (`rules.md` 9).
    """

    purchase_id: str = ""
    product: str
    periods: Sequence[CoveredPeriod] = ()
    bound_site: str | None = None
    refunded_at: datetime | None = None
    terminated_at: datetime | None = None
    disputes: Sequence[PaymentDispute] = ()
    renewal_stops: Sequence[RenewalStop] = ()
    renewal_is_awaited: bool = False
    reactivable: bool = True


@dataclass(frozen=True, kw_only=True)
class EntitlementQuestion:
    """What is asked: at which instant (aware), for which product (None: the purchase's), on which site.

    `zone` is the reference zone in which periods begin and end. A missing site and a blank one are the same.
    `payments_known_at`: by what was known then of payments, which may be later (None: at the instant asked about).
    """

    at: datetime
    zone: Zone
    product: str | None = None
    site: str | None = None
    test_prefixes: Sequence[str] = TEST_PREFIXES
    payments_known_at: datetime | None = None

    def payment_of(self, period: CoveredPeriod) -> Payment:
        """How a period's payment stands, by what is known of it."""
        return period.payment_at(self.payments_known_at or self.at)


@dataclass(frozen=True, kw_only=True)
class Entitlement:
    """The answer. `active` and `last_day` are the Business Care's own, whatever site was asked about.

    `last_day` (included, reference zone) is the running period's, or the last one's that was in force, and never after
    a termination; None if there was none by then. `purchase_id` is the purchase that the answer stands on, None if
    there is none.
    """

    code: Code
    purchase_id: str | None
    active: bool
    last_day: date | None
    remedy: Remedy | None

    @property
    def valid(self) -> bool:
        return PRECEDENCE.index(self.code) >= PRECEDENCE.index(Code.VALID_STAGING_SHOP)

    @property
    def detail(self) -> str:
        """The code's meaning in English, for logs and developers; pages translate by code."""
        return DETAILS[self.code]

    @property
    def outcome(self) -> EntitlementOutcome:
        """What the code means for a request being submitted (`rules.md` 20)."""
        return EntitlementOutcome.ACCEPTED if self.valid else _OUTCOMES.get(self.code, EntitlementOutcome.NOT_ENTITLED)


def judge(purchases: Iterable[PurchaseFacts], question: EntitlementQuestion) -> Entitlement:
    """Answer for one or several purchases: of several, the code latest in precedence, then the latest last day.

    No purchase at all is `NOT_FOUND`. Raises ValueError for a naive instant.
    """
    answers = [_judge_one(purchase, question) for purchase in purchases]
    nothing = Entitlement(code=Code.NOT_FOUND, purchase_id=None, active=False, last_day=None, remedy=Remedy.BUY)
    return max(answers, key=lambda found: (PRECEDENCE.index(found.code), found.last_day or date.min), default=nothing)


def _judge_one(purchase: PurchaseFacts, question: EntitlementQuestion) -> Entitlement:
    ended = _why_inactive(purchase, question)
    code = ended or _why_not_this_site(purchase, question) or _which_valid(purchase, question)
    remedy = _REMEDIES.get(code)
    if code is Code.EXPIRED and not purchase.reactivable:
        remedy = None
    return Entitlement(
        code=code,
        purchase_id=purchase.purchase_id,
        active=ended is None,
        last_day=_last_day(purchase, question),
        remedy=remedy,
    )


def _why_inactive(purchase: PurchaseFacts, question: EntitlementQuestion) -> Code | None:
    at = question.at
    today = day_of(at, question.zone)
    begun = [period for period in purchase.periods if period.first_day <= today]
    payments = {question.payment_of(period) for period in begun if today <= period.last_day}
    # Until it is paid or has failed for good, be its days over or not: nothing is offered for reactivation either.
    is_pending = any(question.payment_of(period) is Payment.PENDING for period in begun)
    reasons = {
        Code.NOT_FOUND: not purchase.periods,
        Code.PRODUCT_SCOPE_MISMATCH: question.product not in (None, purchase.product),
        Code.REFUNDED: purchase.refunded_at is not None and purchase.refunded_at <= at,
        Code.TERMINATED: purchase.terminated_at is not None and purchase.terminated_at <= at,
        Code.PAYMENT_DISPUTED: any(dispute.stands_at(at) for dispute in purchase.disputes),
        Code.NOT_STARTED: all(today < period.first_day for period in purchase.periods),
        Code.PAYMENT_PENDING: Payment.PAID not in payments
        and (is_pending or (not payments and purchase.renewal_is_awaited)),
        Code.EXPIRED: Payment.PAID not in payments,
    }
    return next((code for code, applies in reasons.items() if applies), None)


def _why_not_this_site(purchase: PurchaseFacts, question: EntitlementQuestion) -> Code | None:
    # An address that was bound but cannot be read binds nothing: the customer is asked, not refused.
    if purchase.bound_site is None or merchant_sites.parse(purchase.bound_site) is None:
        return Code.SHOP_NOT_BOUND
    if question.site is None or not question.site.strip():
        return Code.SHOP_SCOPE_REQUIRED
    match _relation(purchase.bound_site, question):
        case Relation.INVALID:
            return Code.SHOP_URL_INVALID
        case Relation.DIFFERENT:
            return Code.SHOP_SCOPE_MISMATCH
        case _:
            return None


def _which_valid(purchase: PurchaseFacts, question: EntitlementQuestion) -> Code:
    if _relation(purchase.bound_site or "", question) is Relation.TEST_COPY:
        return Code.VALID_STAGING_SHOP
    if any(stop.stands_at(question.at) for stop in purchase.renewal_stops):
        return Code.VALID_RENEWAL_CANCELLED
    return Code.VALID


def _relation(bound_site: str, question: EntitlementQuestion) -> Relation:
    return merchant_sites.relation(question.site or "", bound_site, question.test_prefixes)


def _last_day(purchase: PurchaseFacts, question: EntitlementQuestion) -> date | None:
    today = day_of(question.at, question.zone)
    begun = [
        period.last_day
        for period in purchase.periods
        if period.first_day <= today and question.payment_of(period) is Payment.PAID
    ]
    if not begun or purchase.terminated_at is None:
        return max(begun, default=None)
    return min(max(begun), day_of(purchase.terminated_at - timedelta(microseconds=1), question.zone))
