"""What a missed fix gives back, and by which way, `rules.md` 17."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.support.refunds import RefundBalance, refund_lines, refund_path_at

PARIS = ZoneInfo("Europe/Paris")
CENTS = st.integers(0, 1_000_000)


@pytest.mark.parametrize(
    ("purchased_at", "at", "path"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 9, 2, 21, 59, 59, tzinfo=UTC), "platform"),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 9, 2, 22, tzinfo=UTC), "manual"),
        # Bought at 23:30 UTC, on the next day in Paris; six months after 31 August end with February.
        (datetime(2026, 8, 30, 22, 30, tzinfo=UTC), datetime(2027, 2, 28, 22, 59, tzinfo=UTC), "platform"),
        (datetime(2026, 8, 30, 22, 30, tzinfo=UTC), datetime(2027, 2, 28, 23, tzinfo=UTC), "manual"),
    ],
)
def test_the_platform_refunds_until_the_end_of_the_civil_day_six_months_after_the_purchase(
    purchased_at: datetime, at: datetime, path: str
) -> None:
    assert refund_path_at(purchased_at, at, window_months=6, zone=PARIS) == path


@pytest.mark.parametrize(("of_pack", "what"), [(False, "price_paid"), (True, "pack_share")])
def test_the_price_paid_is_owed_and_of_a_pack_the_share_of_the_product(of_pack: bool, what: str) -> None:
    [line] = refund_lines(price_cents=9900, of_pack=of_pack, period_cents=None)
    assert line.as_json() == {"what": what, "amount_cents": 9900, "optional": False}


def test_the_current_period_is_a_choice_and_an_included_one_is_no_line() -> None:
    found = refund_lines(price_cents=9900, of_pack=False, period_cents=3960)
    assert [(one.what, one.amount_cents, one.optional) for one in found] == [
        ("price_paid", 9900, False),
        ("business_care_period", 3960, True),
    ]
    assert len(refund_lines(price_cents=9900, of_pack=False, period_cents=0)) == 1


@given(price=CENTS, refunded=CENTS)
def test_one_cent_given_back_settles_one_cent_and_what_is_beyond_is_in_excess(price: int, refunded: int) -> None:
    lines = refund_lines(price_cents=price, of_pack=False, period_cents=3960)
    balance = RefundBalance(lines=lines, given_back_cents=refunded)
    assert balance.total_cents == price
    assert balance.owed_cents - balance.excess_cents == price - refunded
    assert 0 in (balance.owed_cents, balance.excess_cents)
