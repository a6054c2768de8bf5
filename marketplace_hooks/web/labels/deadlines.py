"""Deadline labels: the state of a request's clock, its last day, how much time is left, and how the date was counted.

The seller reads `DeadlineView`, every day that was counted; the customer `DeadlineSummary`, a sentence and the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ...domain.support.deadlines import BusinessDayPolicy, SkipReason
from ...domain.support.state_machine import ClockName, ClockState
from ...models.access import Role
from ..i18n.language import LazyText, gettext, lazy, ngettext, wording
from .label import Label
from .urgency import days_away

SOON_S = 24 * 3600

CLOCKS: dict[ClockName, LazyText] = {
    ClockName.ACKNOWLEDGEMENT: lazy("First response"),
    ClockName.FIX: lazy("Fix"),
    ClockName.SECOND_FIX: lazy("Fix, by the new date"),
}

POLICIES: Mapping[BusinessDayPolicy, Label] = {
    BusinessDayPolicy.MF: Label(
        lazy("Monday to Friday, including public holidays (the marketplace’s rule)"),
        for_customer=lazy("Business days are Monday to Friday, including public holidays (the marketplace’s rule)."),
    ),
    BusinessDayPolicy.MF_ROLL: Label(
        lazy("Monday to Friday; a last day that is a public holiday is moved to the next business day"),
        for_customer=lazy(
            "Business days are Monday to Friday, including public holidays. If the last day is a public "
            "holiday, it moves to the next business day."
        ),
    ),
    BusinessDayPolicy.LEGAL: Label(
        lazy("Monday to Friday, excluding public holidays"),
        for_customer=lazy("Business days are Monday to Friday, excluding public holidays."),
    ),
}
"""Which days count."""

SKIPPED: Mapping[SkipReason, Label] = {
    SkipReason.WEEK_END: Label(lazy("weekend"), for_customer=lazy("weekends")),
    SkipReason.CLOSURE: Label(lazy("announced closure"), for_customer=lazy("the seller’s announced closures")),
    SkipReason.HOLIDAY: Label(lazy("public holiday"), for_customer=lazy("public holidays")),
}
"""Why a day did not count."""

PAUSED: dict[ClockState, LazyText] = {
    ClockState.SUSPENDED: lazy("Suspended by an announced closure with no end date."),
    ClockState.TO_CONFIRM: lazy("An answer arrived on time; the marketplace must decide whether it counts."),
    ClockState.FROZEN: lazy("Paused because the request was refused. It resumes if the refusal is overturned."),
    ClockState.VOID: lazy("Nothing is owed any more."),
}
"""Why a clock does not run, to the seller; the page says itself how one stands that runs, was met or missed."""

_ACKNOWLEDGEMENT: Mapping[ClockState, LazyText] = {
    ClockState.RUNNING: lazy("The seller has until the end of %(day)s to respond personally."),
    ClockState.SUSPENDED: lazy("The seller is closed, with no end date yet. The deadline will be set once it has one."),
    ClockState.TO_CONFIRM: lazy("An answer has arrived. The marketplace is checking that a person wrote it."),
    ClockState.FROZEN: lazy("Paused."),
    ClockState.MET: lazy("The seller responded personally, on time."),
    ClockState.MISSED: lazy("The seller had until the end of %(day)s to respond personally, and did not."),
    ClockState.VOID: lazy("No longer required."),
}
_FIX: Mapping[ClockState, LazyText] = {
    ClockState.RUNNING: lazy("The seller has until the end of %(day)s to fix it; otherwise the price is refunded."),
    ClockState.SUSPENDED: lazy("The seller is closed, with no end date yet. The deadline will be set once it has one."),
    ClockState.TO_CONFIRM: lazy("Paused."),
    ClockState.FROZEN: lazy("Paused because the request was refused."),
    ClockState.MET: lazy("Fixed on time."),
    ClockState.MISSED: lazy("The fix was due by the end of %(day)s and was not delivered."),
    ClockState.VOID: lazy("No longer required."),
}
_SECOND_FIX: Mapping[ClockState, LazyText] = {
    **_FIX,
    ClockState.RUNNING: lazy(
        "You chose the fix over the refund: the seller has until the end of %(day)s; otherwise the refund is due again."
    ),
}
CUSTOMER_SENTENCES = {
    ClockName.ACKNOWLEDGEMENT: _ACKNOWLEDGEMENT,
    ClockName.FIX: _FIX,
    ClockName.SECOND_FIX: _SECOND_FIX,
}


@dataclass(frozen=True, kw_only=True)
class DeadlineTrace:
    """As it was counted, in the order of the days. `extended`: `{"days", "reason"}` of the marketplace's own.

    `closure_days` is what a closure suspends at most (None: no limit); `holidays_of` the country, and region, whose
    public holidays were minded (None: none were).
    """

    counted: Sequence[date]
    skipped: Sequence[tuple[date, SkipReason]]
    policy: BusinessDayPolicy
    extended: Mapping[str, Any] | None
    closure_days: int | None
    holidays_of: tuple[str, str | None] | None


def deadline_trace(clock: Mapping[str, Any]) -> DeadlineTrace:
    """The trace of a clock as `services.support.requests.clock_view` gives it."""
    stored = clock["trace"]
    policy = clock["policy"]
    country = policy.get("holidays_country")
    return DeadlineTrace(
        counted=[date.fromisoformat(day) for day in stored["counted"]],
        skipped=[(date.fromisoformat(one["day"]), SkipReason(one["reason"])) for one in stored["skipped"]],
        policy=BusinessDayPolicy(policy["policy"]),
        extended=policy.get("extended"),
        closure_days=policy.get("closure_days"),
        holidays_of=None if country is None else (country, policy.get("holidays_region")),
    )


def policy_notes(trace: DeadlineTrace) -> list[str]:
    """What else to know of how a date was counted: whose public holidays, and how long a closure counts."""
    notes = []
    if trace.holidays_of is not None:
        country, region = trace.holidays_of
        name = wording().locale.territories.get(country, country)
        calendar = f"{name} ({region})" if region else name
        notes.append(gettext("Public holidays of: %(calendar)s.", calendar=calendar))
    if trace.closure_days is not None and any(reason is SkipReason.CLOSURE for _, reason in trace.skipped):
        notes.append(closure_limit(trace.closure_days))
    return notes


def closure_limit(days: int) -> str:
    """How long a closure suspends deadlines, in a sentence."""
    return ngettext(
        "An announced closure suspends deadlines for %(count)s day at most, from its first day.",
        "An announced closure suspends deadlines for %(count)s days at most, from its first day.",
        days,
    )


@dataclass(frozen=True, kw_only=True)
class DeadlineView:
    """A clock on a page. `tag` is its state in `states.py`; `is_soon`: it runs out within a day.

    `away` is how far the last day is from today, while the clock is open.
    """

    state: ClockState
    tag: str
    means: LazyText | None
    last_day: date | None
    away: str
    due_before: datetime | None
    started_at: datetime
    stopped_at: datetime | None
    missed_at: datetime | None
    remaining_days: int | None
    is_late: bool
    is_soon: bool
    policy: Label
    notes: Sequence[str]
    extended: Mapping[str, Any] | None
    counted: Sequence[date]


def deadline_view(clock: Mapping[str, Any], now: datetime) -> DeadlineView:
    """A clock for the seller's page. One that has run out is late, whether the scheduler has marked it or not."""
    state = clock["state"]
    due = clock["due_before"]
    runs = state is ClockState.RUNNING
    is_late = state is ClockState.MISSED or (runs and due is not None and due <= now)
    left_s = (due - now).total_seconds() if due is not None else None
    trace = deadline_trace(clock)
    return DeadlineView(
        state=state,
        tag=ClockState.MISSED if is_late else state,
        means=PAUSED.get(state),
        last_day=clock["last_day"],
        away=days_away(clock["last_day"]) if clock["last_day"] and clock["stopped_at"] is None else "",
        due_before=due,
        started_at=clock["started_at"],
        stopped_at=clock["stopped_at"],
        missed_at=clock["missed_at"],
        remaining_days=clock["remaining_days"],
        is_late=is_late,
        is_soon=runs and not is_late and left_s is not None and left_s <= SOON_S,
        policy=POLICIES[trace.policy],
        notes=policy_notes(trace),
        extended=trace.extended,
        counted=trace.counted,
    )


@dataclass(frozen=True, kw_only=True)
class DeadlineSummary:
    """One clock on the customer's page. `why` are the sentences of "why this date"; empty if nothing was counted."""

    name: str
    state: ClockState
    text: str
    last_day: date | None
    why: tuple[str, ...]


def deadline_summary(name: ClockName, clock: Mapping[str, Any]) -> DeadlineSummary:
    """A clock as `services.support.requests.clock_view` gives it, for the customer's page."""
    texts = CUSTOMER_SENTENCES[name]
    state = ClockState(clock["state"])
    last_day = clock["last_day"]
    if last_day is None and state in (ClockState.RUNNING, ClockState.MISSED):
        state = ClockState.SUSPENDED
    day = wording().day(last_day, "full") if last_day is not None else ""
    return DeadlineSummary(
        name=str(CLOCKS[name]),
        state=state,
        text=gettext(texts[state].message, day=day),
        last_day=last_day,
        why=tuple(why_this_date(clock)),
    )


def why_this_date(clock: Mapping[str, Any]) -> list[str]:
    """How the date was counted, from what is stored with the clock."""
    trace = deadline_trace(clock)
    reader = wording()
    if not trace.counted:
        return []
    why = [
        gettext("Counted from %(instant)s; that day does not count.", instant=reader.moment(clock["started_at"])),
        _span(trace.counted),
        POLICIES[trace.policy].for_role(Role.CUSTOMER),
    ]
    for reason, label in SKIPPED.items():
        days = [day for day, skip_reason in trace.skipped if skip_reason is reason]
        if days:
            why.append(_left_out(label.for_role(Role.CUSTOMER), days))
    why += policy_notes(trace)
    if trace.extended:
        why.append(
            ngettext(
                "The marketplace has given one more business day: %(why)s",
                "The marketplace has given %(count)s more business days: %(why)s",
                trace.extended["days"],
                why=trace.extended["reason"],
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
    return ngettext(
        "Not counted: %(name)s (%(count)s day).", "Not counted: %(name)s (%(count)s days).", len(days), name=name
    )
