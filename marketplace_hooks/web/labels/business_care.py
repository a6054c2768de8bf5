"""How is a Business Care told to its holder and to its seller: does it run, until when, if not why, what can be done?

Both sides read the same words at the head of a conversation (`domain.md` 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ...domain.business_care.entitlement import Code, Remedy
from ...domain.business_care.renewals import StopCause
from ...domain.releases.downloads import DownloadVerdict
from ..i18n.language import LazyText, gettext, lazy, wording

WHY_NOT: Mapping[Code, LazyText] = {
    Code.NOT_FOUND: lazy("The product was free: it comes without Business Care."),
    Code.PRODUCT_SCOPE_MISMATCH: lazy("This purchase is of another product."),
    Code.REFUNDED: lazy("The purchase was refunded, and Business Care ended with it."),
    Code.TERMINATED: lazy("The marketplace ended it before its term."),
    Code.PAYMENT_DISPUTED: lazy("The bank took the payment of the purchase back."),
    Code.NOT_STARTED: lazy("It has not begun yet."),
    Code.PAYMENT_PENDING: lazy("The payment of the new period has not arrived yet."),
    Code.EXPIRED: lazy("The last period that was paid for is over."),
    Code.SHOP_NOT_BOUND: lazy("The purchase is not attached to a shop yet."),
    Code.SHOP_SCOPE_REQUIRED: lazy("The request does not say which shop it is about."),
    Code.SHOP_URL_INVALID: lazy("The shop’s address cannot be read."),
    Code.SHOP_SCOPE_MISMATCH: lazy("The shop is another one than the product was bought for."),
}
"""Why a customer is not entitled now, or not for this shop."""

WHAT_TO_DO: Mapping[Remedy, LazyText] = {
    Remedy.BUY: lazy("Support and updates come with the purchase of a paid product."),
    Remedy.REACTIVATE: lazy("Take it up again at any time: support and updates begin anew with the payment."),
    Remedy.WAIT_FOR_PAYMENT: lazy(
        "Nothing needs to be done if the payment is under way: it counts once it has arrived."
    ),
    Remedy.BIND_SHOP: lazy("Attach the purchase to your shop, in your account on the marketplace."),
    Remedy.NAME_SHOP: lazy("Say which shop it is about."),
    Remedy.CORRECT_SHOP_URL: lazy("Write the shop’s address as your browser shows it, such as www.shop.example."),
    Remedy.CHANGE_SHOP: lazy(
        "If your shop has moved, have the marketplace attach the purchase to its new address; a product is bought for "
        "one shop."
    ),
}

WHY_IT_STOPS: Mapping[StopCause, LazyText] = {
    StopCause.CUSTOMER: lazy("You cancelled the renewal."),
    StopCause.WITHDRAWAL: lazy("The product was withdrawn from sale for good, which cancels every renewal."),
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


def care_title(care: Mapping[str, Any]) -> str:
    """What stands at the head, such as « Business Care en cours »."""
    return gettext("Business Care active") if care["active"] else gettext("Business Care not active")


def care_extent(care: Mapping[str, Any]) -> str | None:
    """Until when it runs, or since when it does not; None when nobody can say."""
    day = _day(care.get("last_day"))
    since = _day(care.get("since"))
    if care["active"]:
        return None if day is None else gettext("Until %(day)s included.", day=wording().day(day))
    return None if since is None else gettext("Since %(day)s.", day=wording().day(since))


def why_inactive(care: Mapping[str, Any]) -> str | None:
    """Why it is not active, in a sentence; None while it is."""
    found = WHY_NOT.get(Code(care["code"])) if not care["active"] else None
    return None if found is None else str(found)


def remedy_for(care: Mapping[str, Any]) -> str | None:
    """What its holder can do about it; None when there is nothing."""
    if care["active"]:
        return None
    remedy = care.get("remedy")
    if remedy is None and care["code"] == Code.EXPIRED:
        return gettext("The product is withdrawn for good, so it cannot be taken up again.")
    return None if remedy is None else str(WHAT_TO_DO[Remedy(remedy)])


def care_vocabulary() -> dict[str, Any]:
    """What the templates need that show such a head (`care.html`), whichever room they belong to."""
    return {
        "care_extent": care_extent,
        "care_title": care_title,
        "remedy_for": remedy_for,
        "why_inactive": why_inactive,
    }


def _day(told: Any) -> date | None:
    return date.fromisoformat(told) if isinstance(told, str) else told
