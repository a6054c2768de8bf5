"""Operations labels: what an event is about and did, scopes of tokens, why a reply is doubtful, refunds, spans."""

from __future__ import annotations

from ...domain.support.acknowledgement import Sign
from ...domain.support.state_machine import RefundState
from ...domain.token_scopes import Scope
from ..i18n.language import LazyText, gettext, lazy, wording

SUBJECTS: dict[str, LazyText] = {
    "event": lazy("Event"),
    "product": lazy("Product"),
    "pack": lazy("Pack"),
    "seller": lazy("Seller"),
    "customer": lazy("Customer"),
    "purchase": lazy("Purchase"),
    "request": lazy("Request"),
}
OTHER_THINGS: dict[str, LazyText] = {
    "outgoing": lazy("Outgoing event"),
    "delivery": lazy("Delivery"),
    "endpoint": lazy("Endpoint"),
    "cascade": lazy("Follow-up steps"),
    "charge": lazy("Charge"),
    "release": lazy("Release"),
    "closure": lazy("Closure"),
    "source": lazy("Source"),
}
"""What else has an id that is looked for."""
AUDITED: dict[str, LazyText] = {
    "backup": lazy("Backup"),
    "inspection": lazy("Shop check"),
    "old_data": lazy("Old data"),
    "platform_releases": lazy("PrestaShop versions"),
    "renewals": lazy("Renewals"),
    "request_draft": lazy("Draft request"),
    "route": lazy("Page"),
    "session": lazy("Session"),
    "snapshot": lazy("Export or import"),
    "subscription": lazy("Business Care"),
    "token": lazy("API token"),
}
"""What else the audit log names."""
AWAITED: dict[str, LazyText] = {
    "dispute": lazy("Bank dispute"),
    "lapse": lazy("End of Business Care"),
    "period": lazy("Business Care period"),
}
"""What else an event can wait for."""
OUTCOMES: dict[str, LazyText] = {
    "changed": lazy("changed"),
    "scheduled": lazy("scheduled for later"),
    "no_effect": lazy("no change needed"),
    "superseded": lazy("newer data already received"),
    "mapped": lazy("converted into events"),
}
SCOPES: dict[Scope, LazyText] = {
    Scope.READ: lazy("Read only"),
    Scope.PRODUCTS: lazy("Products and packs"),
    Scope.BUSINESS_CARE: lazy("Business Care and purchases"),
    Scope.SUPPORT: lazy("Support requests"),
    Scope.EVENTS: lazy("Events and deliveries"),
}
SIGNS: dict[Sign, LazyText] = {
    Sign.BELOW_HEADERS: lazy("It appears below another message’s headers, so we cannot tell who wrote it."),
    Sign.ABSENCE_WORDING: lazy("It reads like an out-of-office or closure notice."),
    Sign.NO_ANSWER: lazy("Nothing in it clearly answers the request."),
    Sign.RECEIPT_WORDING: lazy("It reads like an automatic acknowledgement of receipt."),
    Sign.IDENTICAL_BODY: lazy("The seller sent exactly the same text many times this week."),
    Sign.SECONDS_AFTER: lazy("It arrived within a minute of the request."),
    Sign.NO_AUTHOR: lazy("It was sent by a program, and the platform has not confirmed that a person wrote it."),
}
REFUND_PATHS: dict[str, LazyText] = {
    "platform": lazy("through the platform"),
    "manual": lazy("manually: the platform’s time limit has passed"),
}
REFUND_LISTS: dict[RefundState, LazyText] = {
    RefundState.MANUAL: lazy("Manual refund"),
    RefundState.DUE: lazy("Due, not requested yet"),
    RefundState.REQUESTED: lazy("Requested"),
    RefundState.DEFERRED: lazy("Postponed for the fix"),
}


def subject_label(kind: str) -> str:
    """What kind of thing something is about; a kind that is not known as it is."""
    known = (SUBJECTS | OTHER_THINGS | AUDITED | AWAITED).get("request" if kind == "support_request" else kind)
    return kind if known is None else str(known)


def parent_label(parent: str) -> str:
    """What an event waits for, which is not known yet; `parent` is the kind and the ID, such as `seller:12`."""
    kind, _, id_ = parent.partition(":")
    return f"{subject_label(kind)} {id_}"


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
