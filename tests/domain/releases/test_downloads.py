"""Which releases may be downloaded: the rule, at both sides of every boundary."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.business_care.entitlement import (
    CoveredPeriod,
    EntitlementQuestion,
    Payment,
    PaymentDispute,
    PurchaseFacts,
)
from marketplace_hooks.domain.catalog.statuses import Status
from marketplace_hooks.domain.releases.downloads import DownloadVerdict, ReleaseFacts, judge_download

ZONE = "Europe/Paris"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRST = date(2024, 6, 15)
LAST = date(2025, 6, 15)
RUNNING = CoveredPeriod(first_day=date(2025, 9, 1), last_day=date(2026, 9, 1))
OVER = CoveredPeriod(first_day=FIRST, last_day=LAST)


def verdict(published_at: datetime, *periods: CoveredPeriod, **more: Any) -> DownloadVerdict:
    release = ReleaseFacts(
        is_paid=more.pop("is_paid", False), published_at=published_at, bought_at=more.pop("bought_at", None)
    )
    purchase = PurchaseFacts(purchase_id="purchase-1", product="mod-1", periods=periods, **more)
    return judge_download(release, purchase, EntitlementQuestion(at=NOW, zone=ZONE))


@pytest.mark.parametrize("published_at", [datetime(2019, 1, 1, tzinfo=UTC), NOW])
def test_an_active_business_care_opens_every_free_release_up_to_now(published_at: datetime) -> None:
    assert verdict(published_at, RUNNING) is DownloadVerdict.AVAILABLE


def test_what_is_published_later_is_not_there_yet() -> None:
    assert verdict(NOW + timedelta(microseconds=1), RUNNING) is DownloadVerdict.NOT_PUBLISHED


@pytest.mark.parametrize(
    ("published_at", "expected"),
    [
        # Days of Paris: 15 June begins and ends at 22:00 UTC of the day before.
        (datetime(2024, 6, 14, 21, 59, tzinfo=UTC), DownloadVerdict.BUSINESS_CARE_OVER),
        (datetime(2024, 6, 14, 22, 0, tzinfo=UTC), DownloadVerdict.AVAILABLE),
        (datetime(2025, 6, 15, 21, 59, tzinfo=UTC), DownloadVerdict.AVAILABLE),
        (datetime(2025, 6, 15, 22, 0, tzinfo=UTC), DownloadVerdict.BUSINESS_CARE_OVER),
    ],
)
def test_without_it_those_published_while_it_was_active(published_at: datetime, expected: DownloadVerdict) -> None:
    assert verdict(published_at, OVER) is expected


@pytest.mark.parametrize(
    ("bought_at", "expected"),
    [
        (None, DownloadVerdict.NOT_BOUGHT),
        (NOW, DownloadVerdict.AVAILABLE),
        (NOW + timedelta(seconds=1), DownloadVerdict.NOT_BOUGHT),
    ],
)
@pytest.mark.parametrize("period", [RUNNING, OVER])
def test_a_paid_release_is_for_those_who_bought_it(
    period: CoveredPeriod, bought_at: datetime | None, expected: DownloadVerdict
) -> None:
    assert verdict(NOW - timedelta(days=9), period, is_paid=True, bought_at=bought_at) is expected


@pytest.mark.parametrize("is_paid", [False, True])
def test_a_refund_and_a_dispute_close_everything(is_paid: bool) -> None:
    what = {"is_paid": is_paid, "bought_at": NOW - timedelta(days=5)}
    published = NOW - timedelta(days=9)
    assert verdict(published, RUNNING, refunded_at=NOW, **what) is DownloadVerdict.REFUNDED
    assert (
        verdict(published, RUNNING, disputes=[PaymentDispute(disputed_at=NOW)], **what)
        is DownloadVerdict.PAYMENT_DISPUTED
    )
    won = PaymentDispute(disputed_at=NOW - timedelta(days=4), won_at=NOW)
    assert verdict(published, RUNNING, disputes=[won], **what) is DownloadVerdict.AVAILABLE


def test_an_end_before_the_term_leaves_what_was_published_before_it() -> None:
    ended = NOW - timedelta(days=10)
    before = ended - timedelta(seconds=1)
    after = ended
    assert verdict(before, RUNNING, terminated_at=ended) is DownloadVerdict.AVAILABLE
    assert verdict(after, RUNNING, terminated_at=ended) is DownloadVerdict.BUSINESS_CARE_OVER
    disputed = [PaymentDispute(disputed_at=NOW)]
    assert verdict(before, RUNNING, terminated_at=ended, disputes=disputed) is DownloadVerdict.PAYMENT_DISPUTED


def test_a_period_that_is_not_paid_yet_opens_nothing_of_its_own() -> None:
    pending = CoveredPeriod(first_day=date(2025, 9, 1), last_day=date(2026, 9, 1), payment=Payment.PENDING)
    before = CoveredPeriod(first_day=date(2024, 9, 1), last_day=date(2025, 8, 31))
    assert verdict(NOW - timedelta(days=1), before, pending) is DownloadVerdict.PAYMENT_PENDING
    assert verdict(datetime(2025, 8, 1, tzinfo=UTC), before, pending) is DownloadVerdict.AVAILABLE


def test_a_period_that_was_never_paid_was_never_active() -> None:
    failed = CoveredPeriod(first_day=date(2025, 6, 16), last_day=date(2026, 6, 15), payment=Payment.FAILED)
    assert verdict(datetime(2025, 8, 1, tzinfo=UTC), OVER, failed) is DownloadVerdict.BUSINESS_CARE_OVER


def test_what_came_between_two_periods_stays_closed_once_both_are_over() -> None:
    later = CoveredPeriod(first_day=date(2025, 10, 1), last_day=date(2026, 2, 28))
    assert verdict(datetime(2025, 8, 1, tzinfo=UTC), OVER, later) is DownloadVerdict.BUSINESS_CARE_OVER
    again = CoveredPeriod(first_day=date(2025, 10, 1), last_day=date(2026, 9, 30))
    assert verdict(datetime(2025, 8, 1, tzinfo=UTC), OVER, again) is DownloadVerdict.AVAILABLE


def test_a_free_product_has_no_business_care_to_open_anything() -> None:
    assert verdict(NOW) is DownloadVerdict.NO_BUSINESS_CARE


def test_a_business_care_of_later_has_not_started() -> None:
    later = CoveredPeriod(first_day=date(2026, 3, 3), last_day=date(2027, 3, 3))
    assert verdict(NOW, later) is DownloadVerdict.NOT_STARTED


days = st.dates(date(2023, 1, 1), date(2027, 1, 1))


@given(days, days, st.datetimes(datetime(2023, 1, 1), datetime(2026, 3, 2)), st.booleans())  # noqa: DTZ001 - hypothesis draws naive ones
def test_whether_the_product_is_still_sold_changes_no_download(
    one: date, other: date, naive: datetime, is_paid: bool
) -> None:
    period = CoveredPeriod(first_day=min(one, other), last_day=max(one, other))
    published_at = naive.replace(tzinfo=UTC)
    sold, withdrawn = (
        verdict(published_at, period, is_paid=is_paid, reactivable=status is not Status.OFFLINE_PERMANENT)
        for status in (Status.ONLINE, Status.OFFLINE_PERMANENT)
    )
    assert sold is withdrawn
