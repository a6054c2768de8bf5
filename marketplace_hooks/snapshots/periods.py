"""Periods of an imported purchase: their days and instants by the contract, and where its Business Care stands now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from ..domain.business_care.entitlement import Payment
from ..domain.business_care.renewals import (
    PeriodDates,
    notice_day,
    notice_window,
    original_date,
    period,
    renewal_instant,
)
from ..domain.civil_days import end_of, first_instant
from ..models.subscriptions import PeriodKind, SubscriptionState

_DAYS = 20_000
"""So many days are remembered with what follows from each: purchases of fifty years share them."""

_FIRST: Mapping[str, Any] = {
    "period_index": 1,
    "kind": PeriodKind.PURCHASE.value,
    "first_day": None,
    "last_day": None,
    "payment": Payment.PAID.value,
    "charge_id": None,
    "amount": None,
    "occurred_at": None,
}


class PeriodFault(ValueError):
    """What is wrong with the period at the place `number` of the line, in its `field`."""

    def __init__(self, number: int, field: str, message: str) -> None:
        super().__init__(message)
        self.number = number
        self.field = field


class LaidOutPeriod(NamedTuple):
    """One period with its days, the instant at which it starts, and the original date that it counts from."""

    given: Mapping[str, Any]
    anchor_on: date
    anchor_index: int
    period_index: int
    first_day: date
    last_day: date
    starts_at: datetime


def as_given(one: LaidOutPeriod) -> dict[str, Any]:
    """The period as a line says it, with its days; when the purchase's own was paid is no fact of ours."""
    is_first = one.given["kind"] == PeriodKind.PURCHASE
    occurred_at = None if is_first else one.given["occurred_at"]
    return {**one.given, "first_day": one.first_day, "last_day": one.last_day, "occurred_at": occurred_at}


class Standing(NamedTuple):
    """Where a Business Care stands: the columns of its subscription."""

    state: SubscriptionState
    anchor_on: date
    anchor_index: int
    current_index: int
    last_day: date
    renewal_at: datetime
    notice_at: datetime | None


@lru_cache(maxsize=_DAYS)
def _dates(anchor: date, counted: int) -> PeriodDates:
    return period(anchor, counted)


@lru_cache(maxsize=_DAYS)
def _renewal_instant(anchor: date, counted: int, zone: tzinfo) -> datetime:
    return renewal_instant(anchor, counted, zone)


@lru_cache(maxsize=_DAYS)
def _notice_instant(last_day: date, zone: tzinfo) -> datetime:
    return first_instant(notice_day(last_day), zone)


@lru_cache(maxsize=_DAYS)
def _notice_end(last_day: date, zone: tzinfo) -> datetime:
    return end_of(notice_window(last_day).last_day, zone)


def lay_out_periods(data: Mapping[str, Any], zone: tzinfo) -> list[LaidOutPeriod]:
    """The periods of a purchase's line in their order, the first one included where the line leaves it out.

    Raises `PeriodFault` for the first that cannot be.
    """
    given = sorted(enumerate(data["periods"]), key=_index)
    if not given or given[0][1]["period_index"] != 1:
        given.insert(0, (0, _FIRST))
    laid_out: list[LaidOutPeriod] = []
    for number, one in given:
        laid_out.append(_lay_out(data, number, one, laid_out, zone))
    return laid_out


def _index(numbered: tuple[int, Mapping[str, Any]]) -> int:
    index: int = numbered[1]["period_index"]
    return index


def _lay_out(
    data: Mapping[str, Any], number: int, one: Mapping[str, Any], before: Sequence[LaidOutPeriod], zone: tzinfo
) -> LaidOutPeriod:
    index = len(before) + 1
    if one["period_index"] != index:
        raise PeriodFault(number, "period_index", f"must be {index}: periods follow each other without a gap")
    if (one["kind"] == PeriodKind.PURCHASE) != (index == 1):
        raise PeriodFault(number, "kind", "the first period, and no other, is the purchase's")
    _refuse_unpaid(number, one, before)
    if index == 1:
        anchor_index = 1
        anchor = original_date(data["purchased_at"], zone)
        starts_at = data["purchased_at"]
    elif one["kind"] == PeriodKind.REACTIVATION:
        if one["occurred_at"] is None:
            raise PeriodFault(number, "occurred_at", "a reactivation begins when it occurred")
        anchor_index = index
        anchor = original_date(one["occurred_at"], zone)
        starts_at = one["occurred_at"]
    else:
        anchor_index = before[-1].anchor_index
        anchor = before[-1].anchor_on
        starts_at = _renewal_instant(anchor, index - anchor_index, zone)
    dates = _dates(anchor, index - anchor_index + 1)
    laid_out = LaidOutPeriod(
        given=one,
        anchor_on=anchor,
        anchor_index=anchor_index,
        period_index=index,
        first_day=dates.first_day,
        last_day=dates.last_day,
        starts_at=starts_at,
    )
    _refuse_other_days(number, laid_out, _last_in_force(before) if before else None)
    return laid_out


def _refuse_unpaid(number: int, one: Mapping[str, Any], before: Sequence[LaidOutPeriod]) -> None:
    """Raise `PeriodFault` for what cannot follow an unpaid period. After one that failed, only a reactivation can."""
    has_failed = one["payment"] == Payment.FAILED
    if not before:
        if has_failed:
            raise PeriodFault(number, "payment", "the first period cannot have failed: it comes with the purchase")
        return
    payment = before[-1].given["payment"]
    if payment == Payment.PENDING:
        raise PeriodFault(number, "payment", "the period before is not paid yet")
    if payment == Payment.FAILED and one["kind"] != PeriodKind.REACTIVATION and not has_failed:
        raise PeriodFault(number, "payment", "the period before was not paid: only a reactivation can follow it")


def _last_in_force(periods: Sequence[LaidOutPeriod]) -> LaidOutPeriod:
    """The last of these periods that was in force, or may still be: one that failed never was."""
    in_force = [one for one in periods if one.given["payment"] != Payment.FAILED]
    return in_force[-1]


def _refuse_other_days(number: int, one: LaidOutPeriod, before: LaidOutPeriod | None) -> None:
    """Raise `PeriodFault` for days before the end of the last period in force, or other than those of the contract."""
    first_day = one.given["first_day"] or one.first_day
    if before is not None and first_day <= before.last_day:
        message = f"overlaps period {before.period_index}, which ends on {before.last_day}"
        raise PeriodFault(number, "first_day", message)
    for name, day in (("first_day", one.first_day), ("last_day", one.last_day)):
        if one.given[name] not in (None, day):
            message = f"is {day} by the contract: twelve months a period, counted from {one.anchor_on}"
            raise PeriodFault(number, name, message)


def standing(periods: Sequence[LaidOutPeriod], zone: tzinfo, now: datetime) -> Standing:
    """Where the Business Care with these periods stands at `now`, before what may have ended it for good.

    A renewal that has come to its instant already is the platform's: it is reported by an event, or it expired
    (`rules.md` 11). A notice that is not in the line is sent here as long as its days last (`rules.md` 13).
    """
    current = periods[-1]
    covered = _last_in_force(periods)
    renewal_at = _renewal_instant(covered.anchor_on, covered.period_index - covered.anchor_index + 1, zone)
    notice_at = None
    if current.given["payment"] == Payment.PENDING:
        state = SubscriptionState.PAYMENT_PENDING
    elif current is not covered or renewal_at <= now:
        state = SubscriptionState.EXPIRED
    else:
        state = SubscriptionState.ACTIVE
        if now < _notice_end(current.last_day, zone):
            notice_at = max(_notice_instant(current.last_day, zone), now)
    return Standing(
        state=state,
        anchor_on=current.anchor_on,
        anchor_index=current.anchor_index,
        current_index=current.period_index,
        last_day=covered.last_day,
        renewal_at=renewal_at,
        notice_at=notice_at,
    )
