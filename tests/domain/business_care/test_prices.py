"""Business Care is priced by dated rates, half-up to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.config.business_care_rates import RATES, Rates
from marketplace_hooks.domain.business_care.prices import (
    ReactivationPrice,
    percent_of,
    rates_on,
    reactivation_price,
    renewal_price,
)

TODAY = date(2026, 11, 23)
amounts = st.integers(0, 10**9)


def test_a_period_costs_two_fifths_of_the_listing_price() -> None:
    assert renewal_price(9900, TODAY, RATES) == 3960


def test_the_reactivation_supplement_rose_on_20_march_2025() -> None:
    before = date(2025, 3, 19)
    since = date(2025, 3, 20)
    assert reactivation_price(9900, before, RATES) == ReactivationPrice(period_cents=3960, supplement_cents=2970)
    assert reactivation_price(9900, since, RATES) == ReactivationPrice(period_cents=3960, supplement_cents=9405)
    assert reactivation_price(9900, since, RATES).total_cents == 13365


@pytest.mark.parametrize(
    ("amount", "percent", "expected"),
    [
        (1, "40", 0),
        (2, "40", 1),
        (1, "50", 1),
        (3, "50", 2),
        (5, "50", 3),
        (10, "95", 10),
        (999, "40", 400),
        (0, "95", 0),
    ],
)
def test_half_a_cent_is_rounded_up(amount: int, percent: str, expected: int) -> None:
    assert percent_of(amount, Decimal(percent)) == expected


@given(amounts)
def test_the_lines_shown_add_up_to_the_total(amount: int) -> None:
    price = reactivation_price(amount, TODAY, RATES)
    assert price.total_cents == price.period_cents + price.supplement_cents
    assert price.period_cents == renewal_price(amount, TODAY, RATES)
    assert abs(price.total_cents * 100 - amount * 135) <= 100


@given(amounts, amounts)
def test_a_dearer_listing_never_renews_cheaper(a: int, b: int) -> None:
    assert (renewal_price(a, TODAY, RATES) <= renewal_price(b, TODAY, RATES)) or a > b


def test_the_contract_owner_s_table_decides_whatever_its_order() -> None:
    late = Rates(since=date(2027, 1, 1), renewal_percent=Decimal("37.5"), reactivation_percent=Decimal(50))
    early = Rates(since=date(2026, 1, 1), renewal_percent=Decimal(20), reactivation_percent=Decimal(10))
    assert rates_on(date(2026, 12, 31), [late, early]) is early
    assert renewal_price(1000, date(2027, 1, 1), [late, early]) == 375
    with pytest.raises(ValueError, match="2025-12-31"):
        rates_on(date(2025, 12, 31), [late, early])
