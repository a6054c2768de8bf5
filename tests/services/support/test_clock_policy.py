"""Policies of clocks: whose holidays count, and what a closure suspends at most (`rules.md`, policies)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import time_machine

from marketplace_hooks.domain.support.deadlines import BusinessDayPolicy
from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.clock_policy import clock_policy

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    CAUSE,
    FIX,
    REQUEST,
    clock_of,
    explain,
    in_transaction,
    publish_request,
    refund_claim,
    request,
    set_up_support,
)

MAUNDY_THURSDAY = datetime(2026, 4, 2, 10, tzinfo=UTC)
GOOD_FRIDAY, EASTER_MONDAY, EASTER_TUESDAY = (date(2026, 4, day) for day in (3, 6, 7))
Make = Callable[..., Marketplace]


def asked_before_easter(clock: time_machine.Traveller, make_marketplace: Make, **settings: str) -> Marketplace:
    clock.move_to(MAUNDY_THURSDAY)
    return set_up_support(make_marketplace(BUSINESS_DAYS="LEGAL", **settings))


def describes_seller(desk: Marketplace, country: str, region: str | None) -> None:
    desk.publish("seller.upserted", seller_id="seller-1", country=country, region=region)
    desk.run_all_now()


def test_the_holidays_of_a_region_are_not_counted(clock: time_machine.Traveller, make_marketplace: Make) -> None:
    desk = asked_before_easter(clock, make_marketplace, HOLIDAYS_REGION="6AE")
    publish_request(desk)
    acknowledgement = clock_of(desk, ACKNOWLEDGEMENT)
    assert acknowledgement.last_day == EASTER_TUESDAY
    assert acknowledgement.policy["holidays_country"] == "FR"
    assert acknowledgement.policy["holidays_region"] == "6AE"


@pytest.mark.parametrize(
    ("country", "region", "last_day", "calendar"),
    [
        ("FR", None, GOOD_FRIDAY, ("FR", None)),
        ("FR", "57", EASTER_TUESDAY, ("FR", "57")),
        ("DE", "BY", EASTER_TUESDAY, ("DE", "BY")),
        ("RE", None, GOOD_FRIDAY, ("RE", None)),
        ("DE", "Elsewhere", EASTER_TUESDAY, ("DE", None)),
        ("XX", None, GOOD_FRIDAY, ("FR", None)),
    ],
)
def test_where_the_policy_says_so_each_seller_has_their_own_holidays(
    clock: time_machine.Traveller,
    make_marketplace: Make,
    country: str,
    region: str | None,
    last_day: date,
    calendar: tuple[str, str | None],
) -> None:
    desk = asked_before_easter(clock, make_marketplace, HOLIDAYS_OF="seller")
    describes_seller(desk, country, region)
    publish_request(desk)
    acknowledgement = clock_of(desk, ACKNOWLEDGEMENT)
    assert acknowledgement.last_day == last_day
    policy = acknowledgement.policy
    assert (policy["holidays_country"], policy["holidays_region"]) == calendar


def test_a_clock_keeps_the_holidays_that_it_was_counted_with(
    clock: time_machine.Traveller, make_marketplace: Make
) -> None:
    desk = asked_before_easter(clock, make_marketplace, HOLIDAYS_OF="seller")
    describes_seller(desk, "FR", "57")
    publish_request(desk)
    clock.shift(timedelta(minutes=1))
    describes_seller(desk, "FR", None)
    declared = {"first_day": "2026-06-01", "last_day": "2026-06-02", "declared_at": "2026-04-02T10:00:00Z"}
    desk.publish("seller.closure_declared", closure_id="closure-1", seller_id="seller-1", **declared)
    desk.run_all_now()
    acknowledgement = clock_of(desk, ACKNOWLEDGEMENT)
    assert (acknowledgement.last_day, acknowledgement.policy["holidays_region"]) == (EASTER_TUESDAY, "57")


def test_more_time_is_added_by_the_rules_that_the_clock_was_started_with(
    clock: time_machine.Traveller, make_marketplace: Make
) -> None:
    clock.move_to(MAUNDY_THURSDAY)
    desk = set_up_support(make_marketplace(FIX_DAYS="10"))
    publish_request(desk)
    assert clock_of(desk, FIX).last_day == date(2026, 4, 16)
    changed = make_marketplace(BUSINESS_DAYS="LEGAL", FIX_DAYS="10")
    for reason in ("A holiday of theirs", "Another one"):
        extend = partial(moves.extend_fix, request_id=REQUEST, days=1, reason=reason, cause=CAUSE)
        in_transaction(changed, extend)
    extended = clock_of(changed, FIX)
    assert (extended.last_day, extended.policy["policy"]) == (date(2026, 4, 20), "MF")
    assert extended.policy["extended"] == {"days": 2, "reason": "A holiday of theirs; Another one"}


def test_a_closure_without_an_end_suspends_ninety_days(desk_in_march: Marketplace) -> None:
    declared = {"first_day": "2026-03-03", "last_day": None, "declared_at": "2026-03-02T09:00:00Z"}
    desk_in_march.publish("seller.closure_declared", closure_id="closure-1", seller_id="seller-1", **declared)
    desk_in_march.run_all_now()
    publish_request(desk_in_march)
    acknowledgement = clock_of(desk_in_march, ACKNOWLEDGEMENT)
    # 3 March and the 89 days after it end on 31 May, a Sunday.
    assert (acknowledgement.last_day, acknowledgement.policy["closure_days"]) == (date(2026, 6, 1), 90)


def test_the_default_policy_minds_no_holidays(marketplace: Marketplace) -> None:
    policy = in_transaction(marketplace, lambda uow: clock_policy(uow, "seller-1", ACKNOWLEDGEMENT))
    assert (policy["policy"], policy["holidays"]) == (BusinessDayPolicy.MF, [])


def test_the_customers_days_to_say_that_it_is_not_fixed_are_counted_by_the_same_rules(
    clock: time_machine.Traveller, make_marketplace: Make
) -> None:
    clock.move_to(datetime(2026, 12, 22, 9, tzinfo=UTC))
    desk = set_up_support(make_marketplace(BUSINESS_DAYS="LEGAL"))
    declared = {"first_day": "2026-12-28", "last_day": "2026-12-31", "declared_at": "2026-12-22T09:00:00Z"}
    desk.publish("seller.closure_declared", closure_id="closure-1", seller_id="seller-1", **declared)
    publish_request(desk)
    clock.move_to(datetime(2026, 12, 24, 9, tzinfo=UTC))
    in_transaction(desk, explain)
    # Neither 25 December nor 1 January is one of the ten, and the seller's closure takes none of them.
    assert request(desk).waits_until == datetime(2027, 1, 11, 23, tzinfo=UTC)
    clock.move_to(datetime(2027, 1, 8, 9, tzinfo=UTC))
    in_transaction(desk, lambda uow: moves.report_not_fixed(uow, REQUEST, text="Still empty", cause=CAUSE))
    assert request(desk).handling == "acknowledged"


def test_the_customers_days_to_choose_the_fix_are_counted_by_the_same_rules(
    clock: time_machine.Traveller, make_marketplace: Make
) -> None:
    clock.move_to(datetime(2026, 12, 22, 9, tzinfo=UTC))
    desk = set_up_support(make_marketplace(BUSINESS_DAYS="LEGAL", FIX_DAYS="1"))
    publish_request(desk)
    clock.move_to(datetime(2026, 12, 24, 9, tzinfo=UTC))
    desk.run_all_now()
    claim = refund_claim(desk)
    assert claim is not None
    assert (claim.state, claim.request_at) == ("due", datetime(2026, 12, 29, 23, tzinfo=UTC))


@pytest.fixture
def desk_in_march(clock: time_machine.Traveller, marketplace: Marketplace) -> Marketplace:
    return set_up_support(marketplace)
