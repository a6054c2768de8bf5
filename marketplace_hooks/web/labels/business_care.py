"""Business Care labels: whether it is active and until when, or why not; what can be done, what may be downloaded.

Both sides read the same at the head of a conversation: the customer's texts (`rules.md` 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ...domain.business_care.entitlement import Code, Remedy
from ...domain.business_care.renewals import NoticeTimeliness, StopCause
from ...domain.releases.downloads import DownloadVerdict
from ...models.access import Role
from ...models.subscriptions import ReversalReason
from ..i18n.language import LazyText, gettext, lazy, wording
from .label import Label

ENTITLED = frozenset({Code.VALID, Code.VALID_STAGING_SHOP, Code.VALID_RENEWAL_CANCELLED})

ENTITLEMENT_CODES: Mapping[Code, Label] = {
    Code.NOT_FOUND: Label(
        lazy("This purchase does not exist."),
        for_customer=lazy("The product was free: it comes without Business Care."),
    ),
    Code.PRODUCT_SCOPE_MISMATCH: Label(
        lazy("The purchase is for another product."), for_customer=lazy("This purchase is for another product.")
    ),
    Code.REFUNDED: Label(
        lazy("The purchase was refunded, which ended support."),
        for_customer=lazy("The purchase was refunded, which ended Business Care."),
    ),
    Code.TERMINATED: Label(
        lazy("The marketplace ended it early."),
        for_customer=lazy("The marketplace ended it early."),
    ),
    Code.PAYMENT_DISPUTED: Label(
        lazy("The bank reversed the payment."), for_customer=lazy("The bank reversed the payment.")
    ),
    Code.NOT_STARTED: Label(lazy("It has not started yet.")),
    Code.PAYMENT_PENDING: Label(
        lazy("The renewal has not been paid yet."),
        for_customer=lazy("The new period has not been paid yet."),
    ),
    Code.EXPIRED: Label(
        lazy("Its period has ended."),
        for_customer=lazy("The last paid period has ended."),
    ),
    Code.SHOP_NOT_BOUND: Label(
        lazy("The purchase is not linked to a merchant site yet."),
        for_customer=lazy("The purchase is not linked to a shop yet."),
    ),
    Code.SHOP_SCOPE_REQUIRED: Label(
        lazy("The request does not name a merchant site."),
        for_customer=lazy("The request does not name a shop."),
    ),
    Code.SHOP_URL_INVALID: Label(
        lazy("The merchant site’s address is not valid."),
        for_customer=lazy("The shop’s address is not valid."),
    ),
    Code.SHOP_SCOPE_MISMATCH: Label(
        lazy("The request is about a different site from the purchase."),
        for_customer=lazy("This is not the shop the product was bought for."),
    ),
    Code.VALID_STAGING_SHOP: Label(lazy("The site is a test copy of the purchase’s site.")),
    Code.VALID_RENEWAL_CANCELLED: Label(lazy("It continues until its last day and will not renew.")),
    Code.VALID: Label(lazy("It is active for this product and this site.")),
}
"""How an entitlement stands. The customer's text says why there is none; who is entitled is not told why."""

REMEDIES: Mapping[Remedy, Label] = {
    Remedy.BUY: Label(
        lazy("The product must be purchased first."),
        for_customer=lazy("Support and updates come with the purchase of a paid product."),
    ),
    Remedy.REACTIVATE: Label(
        lazy("The customer can reactivate it on the purchase page."),
        for_customer=lazy("You can reactivate it at any time: support and updates resume as soon as you pay."),
    ),
    Remedy.WAIT_FOR_PAYMENT: Label(
        lazy("The renewal payment is in progress."),
        for_customer=lazy(
            "If the payment is in progress, you do not need to do anything: Business Care resumes once it is received."
        ),
    ),
    Remedy.BIND_SHOP: Label(
        lazy("The customer can link the purchase to a merchant site."),
        for_customer=lazy("Link the purchase to your shop, in your account on the marketplace."),
    ),
    Remedy.NAME_SHOP: Label(lazy("The customer can specify the site."), for_customer=lazy("Enter the shop’s address.")),
    Remedy.CORRECT_SHOP_URL: Label(
        lazy("The customer can correct the address."),
        for_customer=lazy("Enter the shop’s address as your browser shows it, such as www.shop.example."),
    ),
    Remedy.CHANGE_SHOP: Label(
        lazy("The marketplace can change the merchant site of the purchase."),
        for_customer=lazy(
            "If your shop has moved, ask the marketplace to link the purchase to its new address. Each "
            "purchase covers one shop."
        ),
    ),
}

WHY_IT_STOPS: Mapping[StopCause, LazyText] = {
    StopCause.CUSTOMER: lazy("You cancelled the renewal."),
    StopCause.WITHDRAWAL: lazy("The product was permanently disabled, which cancels all renewals."),
}

WHY_ASKED_BACK: Mapping[ReversalReason, LazyText] = {
    ReversalReason.RENEWAL_STOPPED: lazy("The renewal was cancelled in time."),
    ReversalReason.SECOND_CHARGE: lazy("This period was already paid by another charge."),
    ReversalReason.BUSINESS_CARE_ENDED: lazy("Business Care ended before the renewal was paid."),
    ReversalReason.ABOVE_PRICE: lazy("More was charged than the renewal costs."),
    ReversalReason.WRONG_AMOUNT: lazy("Another amount was due."),
    ReversalReason.NOT_REACTIVABLE: lazy("Business Care could not be reactivated."),
}
"""Why a charge is asked back."""

NOTICE_TIMELINESS: Mapping[NoticeTimeliness, LazyText] = {
    NoticeTimeliness.IN_TIME: lazy("Sent on time."),
    NoticeTimeliness.TOO_EARLY: lazy("Sent earlier than required."),
    NoticeTimeliness.TOO_LATE: lazy("Sent after the notice period; its price is still binding."),
}

DOWNLOADS: Mapping[DownloadVerdict, LazyText] = {
    DownloadVerdict.NOT_PUBLISHED: lazy("It is not published yet."),
    DownloadVerdict.REFUNDED: lazy("The purchase was refunded, so its downloads are no longer available."),
    DownloadVerdict.PAYMENT_DISPUTED: lazy("The bank reversed the payment, so downloads are not available."),
    DownloadVerdict.NOT_BOUGHT: lazy("This update is sold separately and has not been bought."),
    DownloadVerdict.NO_BUSINESS_CARE: lazy("Updates come with Business Care, which this purchase does not include."),
    DownloadVerdict.NOT_STARTED: lazy("Business Care has not started yet."),
    DownloadVerdict.PAYMENT_PENDING: lazy("You can download it once the new period is paid."),
    DownloadVerdict.BUSINESS_CARE_OVER: lazy("It was published after your Business Care ended."),
}
"""Why a release may not be downloaded."""


def entitlement_label(code: str) -> str:
    """How an entitlement stands, to the seller and the marketplace; a code that is not known as it is."""
    return str(ENTITLEMENT_CODES[Code(code)]) if code in list(Code) else code


def why_not_entitled(code: Code) -> str:
    """Why a customer is not entitled now, or not for this shop; empty for one who is."""
    return "" if code in ENTITLED else ENTITLEMENT_CODES[code].for_role(Role.CUSTOMER)


def care_title(care: Mapping[str, Any]) -> str:
    """The title of the banner, such as « Business Care en cours »."""
    return gettext("Business Care active") if care["active"] else gettext("Business Care not active")


def care_extent(care: Mapping[str, Any]) -> str | None:
    """Until when it runs, or since when it does not; None when nobody can say."""
    day = _day(care.get("last_day"))
    since = _day(care.get("since"))
    if care["active"]:
        return None if day is None else gettext("Through %(day)s.", day=wording().day(day))
    return None if since is None else gettext("Since %(day)s.", day=wording().day(since))


def why_inactive(care: Mapping[str, Any]) -> str | None:
    """Why it is not active, in a sentence; None while it is."""
    return None if care["active"] else why_not_entitled(Code(care["code"])) or None


def remedy_for(care: Mapping[str, Any]) -> str | None:
    """What its holder can do about it; None when there is nothing."""
    if care["active"]:
        return None
    remedy = care.get("remedy")
    if remedy is None and care["code"] == Code.EXPIRED:
        return gettext("The product is permanently disabled, so Business Care cannot be reactivated.")
    return None if remedy is None else REMEDIES[Remedy(remedy)].for_role(Role.CUSTOMER)


def banner_context() -> dict[str, Any]:
    """What the templates need that show the banner (`business_care.html`), in any area."""
    return {
        "care_extent": care_extent,
        "care_title": care_title,
        "remedy_for": remedy_for,
        "why_inactive": why_inactive,
    }


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
