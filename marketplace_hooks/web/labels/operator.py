"""In which words are the marketplace's people told of events, cascades, steps, sides, and what a person must judge?"""

from __future__ import annotations

from typing import Any

from ...domain.catalog.statuses import Side
from ...domain.support.acknowledgement import Sign
from ...domain.support.state_machine import RefundState
from ..form_idempotency import once_token
from ..i18n.language import LazyText, gettext, lazy, wording
from ..status_change_page import BUTTONS
from .statuses import HELD_BY, SCHEDULED_TO, STEPS, WITHDRAWN_BY

SUBJECTS: dict[str, LazyText] = {
    "event": lazy("Event"),
    "product": lazy("Product"),
    "pack": lazy("Pack"),
    "seller": lazy("Seller"),
    "customer": lazy("Customer"),
    "purchase": lazy("Purchase"),
    "request": lazy("Request"),
}
OUTCOMES: dict[str, LazyText] = {
    "changed": lazy("something changed"),
    "scheduled": lazy("scheduled for later"),
    "no_effect": lazy("nothing to change"),
    "superseded": lazy("something newer was known"),
}
CHANGES: dict[str, LazyText] = {
    "held": lazy("Taken offline"),
    "lifted": lazy("A hold lifted"),
    "withdrawn": lazy("Withdrawn for good"),
    "reinstated": lazy("Reinstated"),
    "suspended": lazy("Account suspended"),
    "unsuspended": lazy("Account open again"),
    "release_published": lazy("Release published"),
}
SIDES: dict[str, LazyText] = {
    Side.SELLER: lazy("the seller"),
    Side.MARKETPLACE: lazy("the marketplace"),
    Side.ACCOUNT: lazy("the account’s suspension"),
    "customer": lazy("the customer"),
    "bank": lazy("the bank"),
    "marketplace_hooks": lazy("this service"),
}
SIGNS: dict[Sign, LazyText] = {
    Sign.RECEIPT_WORDING: lazy("It reads like a template that confirms a receipt."),
    Sign.IDENTICAL_BODY: lazy("The seller has sent the very same text many times this week."),
    Sign.SECONDS_AFTER: lazy("It came within a minute of the request."),
    Sign.NO_AUTHOR: lazy("It was sent by a program, and the platform does not vouch that a person wrote it."),
}
LINES: dict[str, LazyText] = {
    "price_paid": lazy("Price paid for the product"),
    "pack_share": lazy("The product’s share of the pack’s price"),
    "business_care_period": lazy("Current period of Business Care"),
}
PATHS: dict[str, LazyText] = {
    "platform": lazy("through the platform"),
    "manual": lazy("by hand, the platform’s window is over"),
}
REFUND_LISTS: dict[RefundState, LazyText] = {
    RefundState.MANUAL: lazy("To be done by hand"),
    RefundState.DUE: lazy("Due, not asked for yet"),
    RefundState.REQUESTED: lazy("Asked of the platform"),
}


def actor_label(actor: str) -> str:
    """Who asked for something."""
    known = SIDES.get(actor)
    return actor if known is None else str(known)


def change_label(change: str) -> str:
    """What a cascade follows from."""
    known = CHANGES.get(change)
    return change if known is None else str(known)


def step_label(name: str) -> str:
    """What a step of a cascade sees to."""
    known = STEPS.get(name)
    return name if known is None else str(known)


def subject_label(kind: str) -> str:
    """What kind of thing something is about."""
    known = SUBJECTS.get("request" if kind == "support_request" else kind)
    return kind if known is None else str(known)


def duration_label(seconds: float | None) -> str:
    """How long something took or has waited, in the unit that says most."""
    if seconds is None:
        return "–"
    for unit_s, unit in ((86_400, _days), (3_600, _hours), (60, _minutes)):
        if seconds >= 2 * unit_s:
            return unit(int(seconds // unit_s))
    if seconds >= 1:
        return gettext("%(count)s s", count=wording().number(round(seconds, 1 if seconds < 10 else 0)))
    return gettext("%(count)s ms", count=round(seconds * 1000))


def _days(count: int) -> str:
    return gettext("%(count)s days", count=count)


def _hours(count: int) -> str:
    return gettext("%(count)s h", count=count)


def _minutes(count: int) -> str:
    return gettext("%(count)s min", count=count)


def template_context() -> dict[str, Any]:
    """What every template of this room may say."""
    return {
        "buttons": BUTTONS,
        "held_by": HELD_BY,
        "lines": LINES,
        "once_token": once_token,
        "outcomes": OUTCOMES,
        "paths": PATHS,
        "scheduled_to": SCHEDULED_TO,
        "subjects": [(kind, str(word)) for kind, word in SUBJECTS.items()],
        "change_label": change_label,
        "actor_label": actor_label,
        "step_label": step_label,
        "subject_label": subject_label,
        "withdrawn_by": WITHDRAWN_BY,
    }
