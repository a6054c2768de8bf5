"""Support labels: kinds and states of a request, what is missing from it, why it was closed, its refund.

Grounds have `refusal_grounds.py`, deadlines `deadlines.py`, checks `checks.py`; a state's tag is in `states.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...domain.support.state_machine import Handling, Kind, RefundState
from ..i18n.language import LazyText, gettext, lazy, ngettext
from ..state import current_runtime
from .label import Label

KINDS: dict[Kind, LazyText] = {
    Kind.ANOMALY: lazy("Something is not working"),
    Kind.INSTALLATION: lazy("Installation"),
    Kind.CONFIGURATION: lazy("Configuration"),
    Kind.QUESTION: lazy("Question"),
}

KIND_EFFECTS: Mapping[Kind, LazyText] = {
    Kind.ANOMALY: lazy(
        "The seller responds personally within %(answer)s and fixes it within %(fix)s; otherwise the price is refunded."
    ),
    Kind.INSTALLATION: lazy("Help installing the product is part of Business Care. Response within %(answer)s."),
    Kind.CONFIGURATION: lazy("Help configuring the product is part of Business Care. Response within %(answer)s."),
    Kind.QUESTION: lazy("Anything else about the product. Response within %(answer)s."),
}
"""What the seller owes for a request of each kind."""

HANDLINGS: Mapping[str, LazyText] = {
    Handling.SUBMITTED: lazy("Your request is being checked."),
    Handling.NEEDS_INFORMATION: lazy("Some information is missing before your request can be sent to the seller."),
    Handling.NOT_ENTITLED: lazy("Your request could not be sent to the seller."),
    Handling.ACCEPTED: lazy("Your request is with the seller, who has not responded yet."),
    Handling.ACKNOWLEDGED: lazy("The seller is working on your request."),
    Handling.REFUSED: lazy("The seller refused your request."),
    "overturned": lazy("The marketplace overturned the refusal: your request is back with the seller."),
    Handling.CONTESTED: lazy("You contested the refusal. The marketplace will decide."),
    Handling.RESOLVED: lazy("The seller says the problem is solved."),
    Handling.CLOSED: lazy("This request is closed."),
    Handling.ABANDONED: lazy("This request was closed because the missing information was not provided."),
    Handling.WITHDRAWN_BY_CUSTOMER: lazy("You withdrew this request."),
}
"""Where a request stands, to its customer."""

CLOSED_REASONS: Mapping[str, Label] = {
    "resolved": Label(lazy("No one reported in time that it was not fixed.")),
    "refusal_upheld": Label(
        lazy("The marketplace upheld the refusal."), for_customer=lazy("The marketplace upheld the refusal.")
    ),
    "refusal_not_contested": Label(lazy("The refusal was not contested in time.")),
    "withdrawn_by_customer": Label(lazy("The customer withdrew it."), for_customer=lazy("You withdrew it.")),
    "abandoned": Label(lazy("The missing information was not provided in time.")),
    "duplicate": Label(
        lazy("It is the same as a request that is already open."),
        for_customer=lazy("You already sent the same request, and it is still open."),
    ),
    "not_entitled": Label(lazy("Business Care did not cover it when it was sent.")),
}

REFUNDS: Mapping[RefundState, LazyText] = {
    RefundState.DUE: lazy("The fix is overdue, so the price must be refunded."),
    RefundState.REQUESTED: lazy("The refund has been requested; the marketplace will pay it."),
    RefundState.DEFERRED: lazy(
        "You chose the fix. You keep your rights: you can request the refund again until the fix is "
        "delivered, and if the new deadline passes, the refund is due again automatically."
    ),
    RefundState.LAPSED: lazy("The fix was delivered on time, so no refund is owed."),
    RefundState.WAIVED: lazy("You chose the fix over the refund. You can still request the refund."),
    RefundState.REFUNDED: lazy("The refund has been paid out."),
    RefundState.MANUAL: lazy("The automatic refund period has passed: the marketplace will refund you manually."),
}
"""How a refund stands, to its customer."""

REFUND_LINES: dict[str, LazyText] = {
    "price_paid": lazy("Price paid for the product"),
    "pack_share": lazy("The product’s share of the pack’s price"),
    "business_care_period": lazy("Current period of Business Care"),
}
"""What a claim for a refund is made of."""

GIVEN_BACK: Mapping[str, LazyText] = {
    "refund": lazy("Refunded on %(day)s"),
    "dispute_lost": lazy("Reversed by the bank on %(day)s"),
}
"""How money went back to a customer."""

MISSING: Mapping[str, Label] = {
    "shop_binding": Label(
        lazy("the merchant site of the purchase"),
        for_customer=lazy("The purchase is not linked to a shop. Link it in your account on the marketplace."),
    ),
    "shop_url": Label(lazy("the address of the merchant site"), for_customer=lazy("The shop’s address.")),
    "payment": Label(
        lazy("the payment of the renewal"),
        for_customer=lazy("The payment of the new Business Care period."),
    ),
    "platform_version": Label(
        lazy("the PrestaShop version of the site"), for_customer=lazy("Your shop’s PrestaShop version.")
    ),
}

REPLY_REASONS: dict[str, LazyText] = {
    "human": lazy("a personal response"),
    "not_public": lazy("an internal note"),
    "before_request": lazy("dated before the request"),
    "automation": lazy("sent automatically"),
    "not_a_message": lazy("not a message"),
    "bounce": lazy("a delivery report"),
    "receipt": lazy("a read receipt"),
    "auto_generated": lazy("generated automatically"),
    "auto_reply": lazy("an automatic reply"),
    "empty": lazy("no text"),
    "review": lazy("the marketplace will review it"),
}
"""Why a message of the seller's side counts as an answer or does not."""


def kind_effect(kind: Kind) -> str:
    """What the seller owes for a request of this kind, by the policies of this installation."""
    return gettext(KIND_EFFECTS[kind].message, **time_limits())


def time_limits() -> dict[str, str]:
    """How long each side has, in words: for an answer, for a fix, for contesting a refusal."""
    settings = current_runtime().settings
    return {
        "answer": _business_days(settings.acknowledgement_days),
        "fix": _business_days(settings.fix_days),
        "contest": ngettext("%(count)s day", "%(count)s days", settings.contest_days),
    }


def _business_days(count: int) -> str:
    return ngettext("%(count)s business day", "%(count)s business days", count)
