"""How are a request's kind, its grounds, its clocks and its refund told to people?

The customer's words. Where the seller is told the same fact, the words are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...domain.support.deadlines import BusinessDayPolicy, SkipReason
from ...domain.support.state_machine import ClockName, ClockState, Handling, Kind, RefundState
from ..i18n.language import LazyText, gettext, lazy, ngettext, wording
from ..state import current_runtime
from .deadline_trace import trace_of
from .support import CLOCKS, KINDS

__all__ = ["CLOCKS", "KINDS"]

_SETS_IN_MOTION: Mapping[Kind, LazyText] = {
    Kind.ANOMALY: lazy(
        "The seller answers in person within %(answer)s, and fixes it within %(fix)s or the price is refunded."
    ),
    Kind.INSTALLATION: lazy("How to install the product: part of Business Care. An answer within %(answer)s."),
    Kind.CONFIGURATION: lazy("How to set the product up: part of Business Care. An answer within %(answer)s."),
    Kind.QUESTION: lazy("Anything else about the product. An answer within %(answer)s."),
}

STANDS: Mapping[str, LazyText] = {
    Handling.SUBMITTED: lazy("Your request is being looked at."),
    Handling.NEEDS_INFORMATION: lazy("Something is missing before your request can go to the seller."),
    Handling.NOT_ENTITLED: lazy("Your request could not go to the seller."),
    Handling.ACCEPTED: lazy("Your request is with the seller, who has not answered yet."),
    Handling.ACKNOWLEDGED: lazy("The seller has taken charge of your request."),
    Handling.REFUSED: lazy("The seller refuses to handle your request."),
    "overturned": lazy("The marketplace overturned the refusal: your request is with the seller again."),
    Handling.CONTESTED: lazy("You contested the refusal. The marketplace decides."),
    Handling.RESOLVED: lazy("The seller says that it is settled."),
    Handling.CLOSED: lazy("This request is closed."),
    Handling.ABANDONED: lazy("This request was closed, because what was missing did not come."),
    Handling.WITHDRAWN_BY_CUSTOMER: lazy("You took this request back."),
}
"""Where a request stands, to its customer."""

CLOSED_BECAUSE: Mapping[str, LazyText] = {
    "duplicate": lazy("The same words were sent before, and that request is still open."),
    "not_entitled": lazy("Business Care did not cover it when it was sent."),
    "refusal_upheld": lazy("The marketplace upheld the refusal."),
    "withdrawn_by_customer": lazy("You took it back."),
    "refusal_not_contested": lazy("The refusal was not contested in time."),
    "resolved": lazy("Nobody said in time that it was not fixed."),
    "abandoned": lazy("What was missing did not come in time."),
}

REFUNDS: Mapping[RefundState, LazyText] = {
    RefundState.DUE: lazy("The fix did not come in time, so the price is to be refunded."),
    RefundState.REQUESTED: lazy("The refund has been asked for; the marketplace pays it out."),
    RefundState.WAIVED: lazy("You chose the fix over the refund."),
    RefundState.REFUNDED: lazy("The refund has been paid out."),
    RefundState.MANUAL: lazy("The refund is beyond the marketplace’s automatic window: one of its people sees to it."),
}

MISSING: Mapping[str, LazyText] = {
    "shop_binding": lazy("The purchase is not attached to a shop. Attach it in your account on the marketplace."),
    "shop_url": lazy("The address of the shop that it is about."),
    "payment": lazy("The payment of the new period of Business Care, which has not arrived yet."),
    "platform_version": lazy("The version of PrestaShop that your shop runs."),
}

_SKIPPED: Mapping[SkipReason, LazyText] = {
    SkipReason.WEEK_END: lazy("week-ends"),
    SkipReason.CLOSURE: lazy("days on which the seller had announced not to work"),
    SkipReason.HOLIDAY: lazy("public holidays"),
}
_COUNTING: Mapping[BusinessDayPolicy, LazyText] = {
    BusinessDayPolicy.MF: lazy("Business days are Monday to Friday, public holidays included."),
    BusinessDayPolicy.MF_ROLL: lazy(
        "Business days are Monday to Friday, public holidays included; a last day that falls on a public holiday moves "
        "to the next day that is none."
    ),
    BusinessDayPolicy.LEGAL: lazy("Business days are Monday to Friday without public holidays."),
}

_ACKNOWLEDGEMENT: Mapping[ClockState, LazyText] = {
    ClockState.RUNNING: lazy("The seller has until the end of %(day)s to answer in person."),
    ClockState.SUSPENDED: lazy("The seller’s announced closure has no end yet: the date follows once it has."),
    ClockState.TO_CONFIRM: lazy("An answer has come. The marketplace checks that it was a person’s."),
    ClockState.FROZEN: lazy("Paused."),
    ClockState.MET: lazy("The seller answered in person, in time."),
    ClockState.MISSED: lazy("The seller had until the end of %(day)s to answer in person, and did not."),
    ClockState.VOID: lazy("No longer awaited."),
}
_FIX: Mapping[ClockState, LazyText] = {
    ClockState.RUNNING: lazy("The seller has until the end of %(day)s to fix it, or the price is refunded."),
    ClockState.SUSPENDED: lazy("The seller’s announced closure has no end yet: the date follows once it has."),
    ClockState.TO_CONFIRM: lazy("Paused."),
    ClockState.FROZEN: lazy("Paused by the refusal."),
    ClockState.MET: lazy("Settled in time."),
    ClockState.MISSED: lazy("It was to be fixed by the end of %(day)s, and was not."),
    ClockState.VOID: lazy("No longer awaited."),
}
_SENTENCES = {ClockName.ACKNOWLEDGEMENT: _ACKNOWLEDGEMENT, ClockName.FIX: _FIX}


def sets_in_motion(kind: Kind) -> str:
    """What a request of this kind sets in motion, by the policies of this installation."""
    return gettext(_SETS_IN_MOTION[kind].message, **time_limits())


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


@dataclass(frozen=True, kw_only=True)
class ClockSaid:
    """One clock in words. `why` are the sentences of "why this date"; empty when nothing was ever counted."""

    name: str
    state: ClockState
    sentence: str
    last_day: date | None
    why: tuple[str, ...]


def say_clock(name: ClockName, clock: Mapping[str, Any]) -> ClockSaid:
    """A clock as `services.support.sla_clocks.clock_view` gives it, in the reader's words."""
    sentences = _SENTENCES[name]
    state = ClockState(clock["state"])
    last_day = clock["last_day"]
    if last_day is None and state in (ClockState.RUNNING, ClockState.MISSED):
        state = ClockState.SUSPENDED
    day = wording().day(last_day, "full") if last_day is not None else ""
    return ClockSaid(
        name=str(CLOCKS[name]),
        state=state,
        sentence=gettext(sentences[state].message, day=day),
        last_day=last_day,
        why=tuple(_why(clock)),
    )


def _why(clock: Mapping[str, Any]) -> list[str]:
    """How the date was counted, from what is stored with the clock."""
    trace = trace_of(clock)
    told = wording()
    if not trace.counted:
        return []
    why = [
        gettext("Counted from %(instant)s; the day itself does not count.", instant=told.instant(clock["started_at"])),
        _span(trace.counted),
        str(_COUNTING[trace.policy]),
    ]
    for reason, name in _SKIPPED.items():
        days = [day for day, why_not in trace.skipped if why_not is reason]
        if days:
            why.append(_left_out(str(name), days))
    if trace.extended:
        why.append(
            gettext(
                "The marketplace gave %(days)s more business days: %(reason)s",
                days=told.number(trace.extended["days"]),
                reason=trace.extended["reason"],
            )
        )
    return why


def _span(counted: Sequence[date]) -> str:
    first, last = (wording().day(day, "full") for day in (counted[0], counted[-1]))
    if len(counted) == 1:
        return gettext("One business day: %(day)s.", day=first)
    return ngettext(
        "%(count)s business day, from %(first)s to %(last)s.",
        "%(count)s business days, from %(first)s to %(last)s.",
        len(counted),
        first=first,
        last=last,
    )


def _left_out(name: str, days: list[date]) -> str:
    return ngettext("Left out: %(name)s (%(count)s day).", "Left out: %(name)s (%(count)s days).", len(days), name=name)
