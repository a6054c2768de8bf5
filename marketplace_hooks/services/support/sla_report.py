"""SLA report: how many of a seller's requests were acknowledged and fixed in time, month by month.

A request counts in the month (of the reference zone) in which its clocks started, whatever happens to it later: so the
figures of one month are about the same requests, and add up. Set statements over the seller's requests of the months
asked for, one for each kind of figure, however many requests there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.civil_days import add_months, first_instant
from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import ClockName, ClockState, RefundState
from ...models.support import Clock, RefundClaim, RequestRefusal, SupportRequest

MAX_MONTHS = 36


@dataclass(kw_only=True)
class ClockOutcomes:
    """How many clocks of one name ended how: `late` when missed, answered afterwards or not; `void` when withdrawn."""

    in_time: int = 0
    late: int = 0
    open: int = 0
    void: int = 0
    median_business_days: float | None = None


@dataclass(frozen=True, kw_only=True)
class RefundCount:
    """The refunds of one state in one currency."""

    state: RefundState
    count: int
    amount: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RefusalCount:
    """The refusals on one ground, and how many of them the marketplace overturned."""

    ground: Ground
    count: int
    overturned: int


@dataclass(frozen=True, kw_only=True)
class MonthReport:
    """The figures of one month, named by its first day."""

    first_day: date
    acknowledged: ClockOutcomes = field(default_factory=ClockOutcomes)
    fixed: ClockOutcomes = field(default_factory=ClockOutcomes)
    refunds: list[RefundCount] = field(default_factory=list)
    refusals: list[RefusalCount] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Every request whose clocks started has an acknowledgement clock."""
        outcomes = self.acknowledged
        return outcomes.in_time + outcomes.late + outcomes.open + outcomes.void


def read_sla_report(
    session: Session, seller_id: str, first_month: date, last_month: date, *, now: datetime, zone: ZoneInfo
) -> list[MonthReport]:
    """The figures of each month from the first to the last, both included and named by any of their days."""
    months = _months(first_month, last_month)
    starts = [first_instant(month, zone) for month in (*months, add_months(months[-1], 1))]
    is_counted = and_(
        SupportRequest.seller_id == seller_id,
        SupportRequest.clocks_from >= starts[0],
        SupportRequest.clocks_from < starts[-1],
    )
    number = case(
        *((SupportRequest.clocks_from < start, literal(index)) for index, start in enumerate(starts[1:])),
        else_=literal(len(months)),
    ).label("month")
    found = [MonthReport(first_day=month) for month in months]
    _count_clocks(session, found, number, is_counted, now)
    _find_medians(session, found, number, is_counted)
    _count_refunds(session, found, number, is_counted)
    _count_refusals(session, found, number, is_counted)
    return found


def _months(first: date, last: date) -> Sequence[date]:
    first = first.replace(day=1)
    last = last.replace(day=1)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if not 1 <= count <= MAX_MONTHS:
        raise ValueError(f"figures are read for 1 to {MAX_MONTHS} months, not for {count}")
    return [add_months(first, index) for index in range(count)]


def _outcomes(month: MonthReport, name: ClockName) -> ClockOutcomes:
    return month.acknowledged if name is ClockName.ACKNOWLEDGEMENT else month.fixed


def _count_clocks(
    session: Session, found: list[MonthReport], number: Any, is_counted: ColumnElement[bool], now: datetime
) -> None:
    """A clock that has run out is late, whether `sla_run` has noticed it or not. Of fixes, the first date counts."""
    has_run_out = and_(Clock.state == constant(ClockState.RUNNING), Clock.due_before <= now)
    ended = case(
        (Clock.state == constant(ClockState.MET), "in_time"),
        (Clock.state == constant(ClockState.VOID), "void"),
        (or_(Clock.state == constant(ClockState.MISSED), has_run_out), "late"),
        else_="open",
    ).label("ended")
    query = (
        select(number, Clock.name, ended, func.count())
        .join(Clock, Clock.request_id == SupportRequest.id)
        .where(is_counted, Clock.name != constant(ClockName.SECOND_FIX))
        .group_by(number, Clock.name, ended)
    )
    for month, name, outcome, count in session.execute(query):
        setattr(_outcomes(found[month], name), outcome, count)


def _find_medians(session: Session, found: list[MonthReport], number: Any, is_counted: ColumnElement[bool]) -> None:
    """The middle of the business days taken, of what was answered or fixed, in time or late."""
    group = (number, Clock.name)
    ranked = (
        select(
            number,
            Clock.name.label("name"),
            Clock.taken_days.label("days"),
            func.row_number().over(partition_by=group, order_by=Clock.taken_days).label("rank"),
            func.count().over(partition_by=group).label("count"),
        )
        .join(Clock, Clock.request_id == SupportRequest.id)
        .where(is_counted, Clock.name != constant(ClockName.SECOND_FIX))
        .where(Clock.taken_days.is_not(None), Clock.stopped_at.is_not(None))
        .where(or_(Clock.state == constant(ClockState.MET), Clock.state == constant(ClockState.MISSED)))
        .subquery()
    )
    doubled = ranked.c.rank * 2
    middle = and_(doubled >= ranked.c.count, doubled <= ranked.c.count + 2)
    query = select(ranked.c.month, ranked.c.name, func.avg(ranked.c.days)).where(middle)
    for month, name, days in session.execute(query.group_by(ranked.c.month, ranked.c.name)):
        _outcomes(found[month], name).median_business_days = float(days)


def _count_refunds(session: Session, found: list[MonthReport], number: Any, is_counted: ColumnElement[bool]) -> None:
    query = (
        select(number, RefundClaim.state, RefundClaim.currency, func.count(), func.sum(RefundClaim.amount_cents))
        .join(RefundClaim, RefundClaim.request_id == SupportRequest.id)
        .where(is_counted)
        .group_by(number, RefundClaim.state, RefundClaim.currency)
        .order_by(number, RefundClaim.state, RefundClaim.currency)
    )
    for month, state, currency, count, cents in session.execute(query):
        amount = {"amount_cents": int(cents), "currency": currency}
        found[month].refunds.append(RefundCount(state=state, count=count, amount=amount))


def _count_refusals(session: Session, found: list[MonthReport], number: Any, is_counted: ColumnElement[bool]) -> None:
    query = (
        select(number, RequestRefusal.ground, func.count(), func.count(RequestRefusal.overturned_at))
        .join(RequestRefusal, RequestRefusal.request_id == SupportRequest.id)
        .where(is_counted)
        .group_by(number, RequestRefusal.ground)
        .order_by(number, RequestRefusal.ground)
    )
    for month, ground, count, overturned in session.execute(query):
        counted = RefusalCount(ground=Ground(ground), count=count, overturned=overturned)
        found[month].refusals.append(counted)
