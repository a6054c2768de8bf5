"""Periods end twelve months on, and renew at their instant unless something stopped them in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.business_care.renewals import (
    NoticeTimeliness,
    NoticeWindow,
    PeriodDates,
    Renewal,
    RenewalDecision,
    RenewalStop,
    StopCause,
    decide,
    judge_notice,
    latest_claimable,
    needs_release,
    notice_day,
    original_date,
    period,
    will_happen,
)
from marketplace_hooks.rules import notice_window, period_end, renewal_instant
from tests.support.cases import case_id, cases

PARIS = ZoneInfo("Europe/Paris")
RENEWAL_AT = datetime(2026, 6, 15, 22, tzinfo=UTC)
RECORDED_AT = datetime(2025, 6, 15, 8, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
LONG_AFTER = RENEWAL_AT + timedelta(days=20)

anchors = st.dates(date(2015, 1, 1), date(2035, 12, 31))
indexes = st.integers(1, 40)


@pytest.mark.parametrize("case", cases("renewals"), ids=case_id)
def test_worked_case(case: dict[str, Any]) -> None:
    # A retry of the notice, and a limit to refuse before the last day, are other marketplaces' rules (`rules.md` 10).
    others = ("renewal_instant_utc", "refusal_limit_last_day", "last_safe_retry_day")
    expected = {key: value for key, value in case["expected"].items() if key not in others}
    anchor = original_date(datetime.fromisoformat(case["purchase_instant"]), PARIS)
    last_day = period_end(anchor, case["period_index"])
    limit = last_day - timedelta(days=case["notice_days_to_refuse"])
    instant = renewal_instant(anchor, case["period_index"], PARIS)
    assert anchor == date.fromisoformat(case["anchor_date"])
    assert limit == date.fromisoformat(case["expected"]["refusal_limit_last_day"])
    assert {
        "period_end_last_day": last_day.isoformat(),
        "renewal_instant": instant.astimezone(PARIS).isoformat(),
        "notice_earliest_day": notice_window(limit).first_day.isoformat(),
        "notice_latest_day": notice_window(limit).last_day.isoformat(),
        "recommended_send_day": notice_day(limit).isoformat(),
    } == expected
    assert instant == datetime.fromisoformat(case["expected"]["renewal_instant_utc"])
    for event in case["events"]:
        if event["type"] == "notice":
            assert judge_notice(datetime.fromisoformat(event["at"]), limit, PARIS) == event["expected"]
        else:
            assert original_date(datetime.fromisoformat(event["at"]), PARIS) > limit
            assert event["expected"] == "after_limit"


def test_a_purchase_of_29_february_ends_on_it_again_every_fourth_year() -> None:
    ends = [period_end(date(2024, 2, 29), index) for index in (1, 2, 3, 4, 5)]
    assert ends == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]


@given(anchors, indexes)
def test_periods_follow_each_other_without_a_gap_or_an_overlap(anchor: date, index: int) -> None:
    one = period(anchor, index)
    next_one = period(anchor, index + 1)
    assert next_one.first_day == one.last_day + timedelta(days=1)
    assert one.first_day <= one.last_day
    assert renewal_instant(anchor, index, PARIS) < renewal_instant(anchor, index + 1, PARIS)


@given(anchors, indexes)
def test_the_last_day_never_drifts_from_the_day_of_purchase(anchor: date, index: int) -> None:
    end = period_end(anchor, index)
    assert (end.year, end.month) == (anchor.year + index, anchor.month)
    assert end.day == anchor.day or (anchor.month, anchor.day, end.day) == (2, 29, 28)


def test_after_a_reactivation_the_numbers_go_on_from_a_new_original_date() -> None:
    assert period(date(2026, 9, 1), 4, first_index=4) == PeriodDates(
        index=4, first_day=date(2026, 9, 1), last_day=date(2027, 9, 1)
    )
    assert period(date(2026, 9, 1), 5, first_index=4) == PeriodDates(
        index=5, first_day=date(2027, 9, 2), last_day=date(2028, 9, 1)
    )


@pytest.mark.parametrize("index", [0, -1])
def test_there_is_no_period_before_the_first(index: int) -> None:
    with pytest.raises(ValueError, match="numbered from 1"):
        period_end(date(2026, 1, 1), index)
    with pytest.raises(ValueError, match="numbered from 1"):
        renewal_instant(date(2026, 1, 1), index, PARIS)
    with pytest.raises(ValueError, match="numbered from 1"):
        period(date(2026, 1, 1), 3, first_index=4)


def test_the_notice_window_is_clipped_at_month_ends() -> None:
    assert notice_window(date(2026, 5, 31)) == NoticeWindow(date(2026, 2, 28), date(2026, 4, 30))
    earliest, latest = notice_window(date(2024, 5, 31))
    assert (earliest, latest) == (date(2024, 2, 29), date(2024, 4, 30))


@pytest.mark.parametrize(
    ("sent_at", "expected"),
    [
        ("2026-02-27T23:59:59+01:00", NoticeTimeliness.TOO_EARLY),
        ("2026-02-28T00:00:00+01:00", NoticeTimeliness.IN_TIME),
        ("2026-04-30T23:59:59+02:00", NoticeTimeliness.IN_TIME),
        ("2026-05-01T00:00:00+02:00", NoticeTimeliness.TOO_LATE),
    ],
)
def test_a_notice_is_judged_by_the_civil_days_of_its_window(sent_at: str, expected: NoticeTimeliness) -> None:
    assert judge_notice(datetime.fromisoformat(sent_at), date(2026, 5, 31), PARIS) is expected


def stop(cause: StopCause, received_at: datetime, **facts: datetime) -> RenewalStop:
    return RenewalStop(cause=cause, received_at=received_at, **facts)


def decision(
    *renewal_stops: RenewalStop, now: datetime = LONG_AFTER, recorded_at: datetime = RECORDED_AT
) -> RenewalDecision:
    return decide(Renewal(renewal_at=RENEWAL_AT, recorded_at=recorded_at, renewal_stops=renewal_stops), now)


def test_a_renewal_waits_a_quarter_of_an_hour_after_its_instant() -> None:
    quarter = timedelta(minutes=15)
    assert decision(now=RENEWAL_AT) is RenewalDecision.WAIT
    assert decision(now=RENEWAL_AT + quarter - MOMENT) is RenewalDecision.WAIT
    assert decision(now=RENEWAL_AT + quarter) is RenewalDecision.CLAIM
    assert latest_claimable(RENEWAL_AT + quarter) == RENEWAL_AT


def test_a_renewal_noticed_years_late_is_still_claimed() -> None:
    assert decision(now=RENEWAL_AT + timedelta(days=2000)) is RenewalDecision.CLAIM


@pytest.mark.parametrize("recorded_at", [RENEWAL_AT - MOMENT, RENEWAL_AT])
@pytest.mark.parametrize("stopped_at", [RENEWAL_AT - MOMENT, RENEWAL_AT])
def test_what_will_happen_is_what_is_claimed_in_the_end(recorded_at: datetime, stopped_at: datetime) -> None:
    recorded = (stop(StopCause.CUSTOMER, stopped_at),)
    renewal = Renewal(renewal_at=RENEWAL_AT, recorded_at=recorded_at, renewal_stops=recorded)
    claimed = decide(renewal, RENEWAL_AT + timedelta(days=2000)) is RenewalDecision.CLAIM
    assert will_happen(renewal) is claimed is (recorded_at < RENEWAL_AT and stopped_at >= RENEWAL_AT)


def test_an_imported_history_is_not_charged() -> None:
    assert decision(recorded_at=RENEWAL_AT) is RenewalDecision.NOT_OURS
    assert decision(recorded_at=RENEWAL_AT + MOMENT) is RenewalDecision.NOT_OURS
    assert decision(recorded_at=RENEWAL_AT - MOMENT) is RenewalDecision.CLAIM


def test_a_customer_s_cancellation_stops_the_instants_after_its_receipt() -> None:
    assert decision(stop(StopCause.CUSTOMER, RENEWAL_AT - MOMENT)) is RenewalDecision.STOPPED
    assert decision(stop(StopCause.CUSTOMER, RENEWAL_AT)) is RenewalDecision.CLAIM


def test_a_withdrawal_stops_the_instants_not_before_it_takes_effect() -> None:
    early = RENEWAL_AT - timedelta(days=10)
    assert decision(stop(StopCause.WITHDRAWAL, RENEWAL_AT)) is RenewalDecision.STOPPED
    assert decision(stop(StopCause.WITHDRAWAL, RENEWAL_AT + MOMENT)) is RenewalDecision.CLAIM
    assert decision(stop(StopCause.WITHDRAWAL, early, effective_at=RENEWAL_AT)) is RenewalDecision.STOPPED
    assert decision(stop(StopCause.WITHDRAWAL, early, effective_at=RENEWAL_AT + MOMENT)) is RenewalDecision.CLAIM
    # A past effect counts as receipt: it does not reach back before we were told.
    assert decision(stop(StopCause.WITHDRAWAL, RENEWAL_AT + MOMENT, effective_at=early)) is RenewalDecision.CLAIM
    assert decision(stop(StopCause.ENDED, RENEWAL_AT)) is RenewalDecision.STOPPED


def test_undoing_one_cause_does_not_undo_the_other() -> None:
    early = RENEWAL_AT - timedelta(days=10)
    lifted = stop(StopCause.CUSTOMER, early, lifted_at=RENEWAL_AT - MOMENT)
    assert decision(lifted) is RenewalDecision.CLAIM
    assert decision(lifted, stop(StopCause.WITHDRAWAL, early)) is RenewalDecision.STOPPED
    assert decision(stop(StopCause.WITHDRAWAL, early, lifted_at=RENEWAL_AT - MOMENT)) is RenewalDecision.CLAIM


def test_a_lifting_at_the_instant_comes_too_late() -> None:
    early = RENEWAL_AT - timedelta(days=10)
    assert decision(stop(StopCause.CUSTOMER, early, lifted_at=RENEWAL_AT)) is RenewalDecision.STOPPED


@given(st.lists(st.sampled_from(list(StopCause)), max_size=4), st.data())
def test_the_outcome_does_not_depend_on_when_it_is_noticed_nor_on_the_order_of_causes(
    causes: list[StopCause], data: st.DataObject
) -> None:
    instants = st.integers(-5, 5).map(lambda hours: RENEWAL_AT + timedelta(hours=hours))
    renewal_stops = tuple(stop(cause, data.draw(instants)) for cause in causes)
    outcomes = {
        decision(*order, now=RENEWAL_AT + late)
        for order in (renewal_stops, renewal_stops[::-1])
        for late in (timedelta(minutes=15), timedelta(days=400))
    }
    assert len(outcomes) == 1


def test_a_cancellation_recorded_after_the_charge_counts_if_it_was_received_in_time() -> None:
    assert stop(StopCause.CUSTOMER, RENEWAL_AT - MOMENT).prevents(RENEWAL_AT)
    assert not stop(StopCause.CUSTOMER, RENEWAL_AT).prevents(RENEWAL_AT)


def test_an_operator_releases_the_run_after_more_than_thirty_days_of_outage() -> None:
    assert not needs_release(RENEWAL_AT, RENEWAL_AT + timedelta(days=30))
    assert needs_release(RENEWAL_AT, RENEWAL_AT + timedelta(days=30) + MOMENT)
    assert not needs_release(None, RENEWAL_AT)
