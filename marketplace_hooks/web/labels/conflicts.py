"""Conflict labels: why something could not be done, by the code of the error.

The code never changes; the error's own English is for logs and developers. Services raise the same facts for machines
(`Conflict.between`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...domain.support.attachments import MOST_FILES
from ...domain.support.state_machine import Handling, RefundState
from ...errors import PayloadRejected, Refused
from ...models.access import Role
from ...models.outbox import DeliveryState
from ..i18n.language import LazyText, gettext, lazy, wording
from .label import Label
from .states import STATE_TAGS, state_tag
from .support import HANDLINGS

CONFLICTS: Mapping[str, Label] = {
    # the status of a product or a pack
    "withdrawn_for_good": Label(
        lazy("It has been permanently disabled. Only the marketplace can reinstate it."),
        for_operator=lazy("It has been permanently disabled. Reinstate it first."),
    ),
    "held_by_others": Label(lazy("You did not take it offline. Only whoever took it offline can put it back online.")),
    "changed_meanwhile": Label(lazy("Its status has changed since you opened this page.")),
    "nothing_scheduled": Label(lazy("There is no scheduled change any more: it has been applied or cancelled.")),
    "not_withdrawn": Label(lazy("Nothing was done: the product is no longer permanently disabled.")),
    # requests for support
    "no_offer": Label(
        lazy("No offer is awaiting an answer."),
        for_customer=lazy("Nothing was changed: no offer is awaiting your answer."),
    ),
    "offer_changed": Label(
        lazy("The offer has changed in the meantime."),
        for_customer=lazy("Nothing was changed: the seller has replaced the offer. Read the new one below."),
    ),
    "offer_awaits_purchase": Label(
        lazy("The customer accepted your offer and can buy the version at any time, so you cannot make another offer.")
    ),
    "nothing_to_refund": Label(lazy("Nothing was done: there is nothing to refund.")),
    "already_judged": Label(lazy("Someone else has already decided about this message. Their decision stands.")),
    # closures
    "closure_in_the_past": Label(
        lazy("A closure must be declared in advance: choose today or a later day as its first day.")
    ),
    "closure_over": Label(lazy("This closure has ended and can no longer be changed.")),
    # Business Care
    "does_not_run": Label(lazy("Nothing was changed: this Business Care no longer renews.")),
    "not_expired": Label(lazy("Nothing was changed: only Business Care that has ended can be reactivated.")),
    "product_withdrawn": Label(
        lazy("Nothing was changed: the product is permanently disabled, so its renewals are cancelled.")
    ),
    "payment_disputed": Label(lazy("Nothing was changed: the bank reversed the payment.")),
    # forms and logs
    "idempotency_key_in_use": Label(lazy("This is in progress. Check again in a few seconds.")),
    "already_corrected": Label(lazy("Nothing was done: the event was corrected and replaced by its corrected copy.")),
    "not_correctable": Label(lazy("Nothing was sent: only a rejected or ignored event can be corrected.")),
    "no_business_care": Label(lazy("The product was free, so it has no Business Care.")),
    "several_sources": Label(lazy("Several sources have an event with this ID. Choose one from the list.")),
}
OTHER = Label(
    lazy("This cannot be done now."),
    for_customer=lazy("Nothing was changed: it was already sent, or is no longer possible."),
)
"""Where a code has no text of its own."""

REJECTED_FIELDS: Mapping[str, LazyText] = {
    "ground": lazy(
        "This reason does not apply to this request: you have waived it, or the type of request rules it out."
    ),
    "release_id": lazy("Choose one of this product’s versions."),
    "last_day": lazy("The last day cannot be before the first one."),
    "data.last_day": lazy("The last day cannot be before the first one."),
}
"""Why a value that a form cannot check was rejected, by its path."""


def has_label(refused: Refused) -> bool:
    """Whether the error's code has a sentence of its own."""
    return refused.code in CONFLICTS or refused.code in _WITH_FACTS


def conflict_label(refused: Refused, role: Role) -> str:
    """Why it could not be done, in a sentence for a reader of this role."""
    if refused.code in _WITH_FACTS:
        return _WITH_FACTS[refused.code](refused, role)
    if refused.code in CONFLICTS:
        return CONFLICTS[refused.code].for_role(role)
    if isinstance(refused, PayloadRejected):
        path = refused.errors[0]["path"] if refused.errors else ""
        if path in REJECTED_FIELDS:
            return str(REJECTED_FIELDS[path])
        if role is Role.CUSTOMER:
            return gettext("Nothing was changed: this is not possible for this request.")
    return OTHER.for_role(role)


def both_states(refused: Refused) -> str:
    """Where it stands and what was asked for; empty where one of them has no tag."""
    state, asked = (str(refused.facts.get(name, "")) for name in ("state", "asked"))
    if state not in STATE_TAGS or asked not in STATE_TAGS:
        return ""
    if state == asked:
        return gettext("It is already “%(state)s”.", state=state_tag(state)[1])
    return gettext(
        "It is now “%(state)s” and cannot become “%(asked)s”.", state=state_tag(state)[1], asked=state_tag(asked)[1]
    )


def _impossible_move(refused: Refused, role: Role) -> str:
    states = both_states(refused)
    if role is Role.OPERATOR:
        return gettext("Nothing was done: someone else changed it in the meantime. %(states)s", states=states)
    if role is not Role.CUSTOMER:
        return gettext("This can no longer be done. %(states)s", states=states)
    state = refused.facts.get("state")
    if state in list(Handling):
        stands = f"{states} {HANDLINGS[Handling(state)]}".lstrip()
        return gettext(
            "Nothing was changed, because the request has changed in the meantime. %(stands)s", stands=stands
        )
    if state in list(RefundState):
        return gettext("Nothing was changed: no refund is waiting for your choice.")
    return OTHER.for_role(role)


def _too_late(refused: Refused, role: Role) -> str:
    over = gettext("Nothing was changed: the time limit for this has passed.")
    return f"{over} {both_states(refused)}".rstrip()


def _clock_not_running(refused: Refused, role: Role) -> str:
    if role is not Role.OPERATOR:
        return gettext("This deadline is not running.")
    stopped = gettext("Nothing was done: the fix deadline is no longer running.")
    return f"{stopped} {both_states(refused)}".rstrip()


def _closure_only_shortens(refused: Refused, role: Role) -> str:
    days = {name: wording().day(refused.facts[name]) for name in ("state", "asked")}
    return gettext(
        "The closure ends on %(state)s and cannot be extended to %(asked)s. For more days, declare another closure.",
        **days,
    )


def _too_many_closures(refused: Refused, role: Role) -> str:
    most = wording().number(refused.facts["state"])
    return gettext(
        "You already have %(most)s current or upcoming closures, which is the maximum. Cancel one first.", most=most
    )


def _too_many_attachments(refused: Refused, role: Role) -> str:
    return gettext(
        "The file was not attached: a message can have %(most)s files at most.", most=wording().number(MOST_FILES)
    )


def _is_delivery(refused: Refused) -> bool:
    return isinstance(refused.facts.get("state"), DeliveryState)


def _payload_purged(refused: Refused, role: Role) -> str:
    if _is_delivery(refused):
        return gettext("Its content is no longer stored, so it cannot be sent again.")
    return gettext("Its content is no longer stored, so it cannot be applied again.")


def _not_replayable(refused: Refused, role: Role) -> str:
    state_label = state_tag(refused.facts.get("state", ""))[1]
    if _is_delivery(refused):
        return gettext("Nothing was done: the delivery is “%(state)s” now.", state=state_label)
    return gettext("Nothing was done: the event is “%(state)s” now.", state=state_label)


_WITH_FACTS: Mapping[str, Callable[[Refused, Role], str]] = {
    "impossible_move": _impossible_move,
    "too_late": _too_late,
    "clock_not_running": _clock_not_running,
    "closure_only_shortens": _closure_only_shortens,
    "too_many_closures": _too_many_closures,
    "too_many_attachments": _too_many_attachments,
    "payload_purged": _payload_purged,
    "not_replayable": _not_replayable,
}
