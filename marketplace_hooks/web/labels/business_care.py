"""Business Care labels: whether it runs and until when, why it does not, what can be done, what may be downloaded.

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
        lazy("The purchase is of another product."), for_customer=lazy("This purchase is of another product.")
    ),
    Code.REFUNDED: Label(
        lazy("The purchase was refunded, which ended support."),
        for_customer=lazy("The purchase was refunded, which ended Business Care."),
    ),
    Code.TERMINATED: Label(
        lazy("The marketplace has ended it before its term."),
        for_customer=lazy("The marketplace ended it before its term."),
    ),
    Code.PAYMENT_DISPUTED: Label(
        lazy("The bank has reversed the payment."), for_customer=lazy("The bank took the payment of the purchase back.")
    ),
    Code.NOT_STARTED: Label(lazy("It has not begun yet.")),
    Code.PAYMENT_PENDING: Label(
        lazy("The payment of the renewal has not succeeded yet."),
        for_customer=lazy("The payment of the new period has not arrived yet."),
    ),
    Code.EXPIRED: Label(
        lazy("Its period is over."),
        for_customer=lazy("The last period that was paid for is over."),
    ),
    Code.SHOP_NOT_BOUND: Label(
        lazy("The purchase has no merchant site yet."), for_customer=lazy("The purchase is not attached to a shop yet.")
    ),
    Code.SHOP_SCOPE_REQUIRED: Label(
        lazy("The request does not say which merchant site it is about."),
        for_customer=lazy("The request does not say which shop it is about."),
    ),
    Code.SHOP_URL_INVALID: Label(
        lazy("The address of the merchant site cannot be read."),
        for_customer=lazy("The shop’s address cannot be read."),
    ),
    Code.SHOP_SCOPE_MISMATCH: Label(
        lazy("The request is about another site than the one of the purchase."),
        for_customer=lazy("The shop is another one than the product was bought for."),
    ),
    Code.VALID_STAGING_SHOP: Label(lazy("The site is a test copy of the one of the purchase.")),
    Code.VALID_RENEWAL_CANCELLED: Label(lazy("It goes on until its last day, and will not be renewed.")),
    Code.VALID: Label(lazy("It is active for this product and this site.")),
}
"""How an entitlement stands. The customer's text says why there is none; who is entitled is not told why."""

REMEDIES: Mapping[Remedy, Label] = {
    Remedy.BUY: Label(
        lazy("The product has to be bought."),
        for_customer=lazy("Support and updates come with the purchase of a paid product."),
    ),
    Remedy.REACTIVATE: Label(
        lazy("The customer can reactivate it on the purchase’s page."),
        for_customer=lazy("You can reactivate it at any time: support and updates resume as soon as you pay."),
    ),
    Remedy.WAIT_FOR_PAYMENT: Label(
        lazy("The renewal is being paid."),
        for_customer=lazy("Nothing needs to be done if the payment is under way: it counts once it has arrived."),
    ),
    Remedy.BIND_SHOP: Label(
        lazy("The customer can name the merchant site of the purchase."),
        for_customer=lazy("Attach the purchase to your shop, in your account on the marketplace."),
    ),
    Remedy.NAME_SHOP: Label(
        lazy("The customer can say which site it is about."), for_customer=lazy("Say which shop it is about.")
    ),
    Remedy.CORRECT_SHOP_URL: Label(
        lazy("The customer can correct the address."),
        for_customer=lazy("Write the shop’s address as your browser shows it, such as www.shop.example."),
    ),
    Remedy.CHANGE_SHOP: Label(
        lazy("The marketplace can change the merchant site of the purchase."),
        for_customer=lazy(
            "If your shop has moved, have the marketplace attach the purchase to its new address; a product is bought "
            "for one shop."
        ),
    ),
}

WHY_IT_STOPS: Mapping[StopCause, LazyText] = {
    StopCause.CUSTOMER: lazy("You cancelled the renewal."),
    StopCause.WITHDRAWAL: lazy("The product was permanently disabled, which cancels all renewals."),
}

WHY_ASKED_BACK: Mapping[ReversalReason, LazyText] = {
    ReversalReason.RENEWAL_STOPPED: lazy("The renewal had been stopped in time."),
    ReversalReason.SECOND_CHARGE: lazy("Another charge had paid this period."),
}
"""Why a charge is asked back."""

NOTICE_TIMELINESS: Mapping[NoticeTimeliness, LazyText] = {
    NoticeTimeliness.IN_TIME: lazy("It was sent in time."),
    NoticeTimeliness.TOO_EARLY: lazy("It was sent earlier than due."),
    NoticeTimeliness.TOO_LATE: lazy("It was sent later than due; its price binds all the same."),
}

DOWNLOADS: Mapping[DownloadVerdict, LazyText] = {
    DownloadVerdict.NOT_PUBLISHED: lazy("It is not published yet."),
    DownloadVerdict.REFUNDED: lazy("The purchase was refunded, and opens no downloads any more."),
    DownloadVerdict.PAYMENT_DISPUTED: lazy(
        "The bank took the payment of the purchase back, so nothing can be downloaded."
    ),
    DownloadVerdict.NOT_BOUGHT: lazy("This update is sold for itself, and was not bought with this purchase."),
    DownloadVerdict.NO_BUSINESS_CARE: lazy("The purchase has no Business Care, and updates come with it."),
    DownloadVerdict.NOT_STARTED: lazy("Business Care has not begun yet."),
    DownloadVerdict.PAYMENT_PENDING: lazy("It can be downloaded once the payment of the new period has arrived."),
    DownloadVerdict.BUSINESS_CARE_OVER: lazy("It was published after your Business Care had ended."),
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
