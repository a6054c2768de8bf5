"""Each renewal is announced once, in its window, with its proof."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import time_machine

from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    instant,
    notices,
    outgoing,
    publish_charge,
    publish_renewal_cancelled,
    publish_renewal_enabled,
    published_types,
    run_until,
)
from ...support.customers import money, publish_customer, publish_purchase, set_up_purchase
from ...support.marketplace import WITHDRAWN, Marketplace

BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")
NOTICE = instant("2027-01-02T00:00:00+01:00")


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


@pytest.mark.parametrize(("professional", "owed"), [(False, True), (True, False)])
def test_a_renewal_is_announced_once_with_its_price_and_the_proof_is_kept(
    marketplace: Marketplace, clock: time_machine.Traveller, professional: bool, owed: bool
) -> None:
    publish_customer(marketplace, professional=professional)
    publish_purchase(marketplace)
    run_until(marketplace, clock, NOTICE - SECOND)
    assert notices(marketplace) == []
    run_until(marketplace, clock, NOTICE)
    run_until(marketplace, clock, NOTICE + 60 * DAY)
    [notice] = notices(marketplace)
    [announced] = outgoing(marketplace, "renewal_notice_due")
    assert (notice.sent_at, notice.owed, notice.timeliness) == (NOTICE, owed, "in_time")
    assert (notice.window_first_day, notice.window_last_day) == (date(2026, 12, 2), date(2027, 2, 2))
    assert notice.event_id == announced.event_id
    assert announced.data["amount"] == money(3960)
    assert (announced.data["period_index"], announced.data["last_day_to_refuse"]) == (1, "2027-03-02")
    assert announced.data["owed"] is owed


def test_each_period_is_announced_anew(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, NOTICE)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "renewed")
    run_until(marketplace, clock, instant("2028-01-02T00:00:00+01:00"))
    assert [one.period_index for one in notices(marketplace)] == [1, 2]


@pytest.mark.parametrize("stop", ["customer", "withdrawal"])
def test_what_will_not_renew_is_not_announced(
    marketplace: Marketplace, clock: time_machine.Traveller, stop: str
) -> None:
    set_up_purchase(marketplace)
    if stop == "customer":
        publish_renewal_cancelled(marketplace, BOUGHT)
    else:
        marketplace.change_status("mod-1", WITHDRAWN)
    run_until(marketplace, clock, NOTICE + DAY)
    assert notices(marketplace) == []
    assert published_types(marketplace) == ["started", "renewal_cancelled"]


@pytest.mark.parametrize(
    ("enabled_at", "sent_at", "timeliness"),
    [
        (BOUGHT + 30 * DAY, NOTICE, "in_time"),
        (NOTICE + 10 * DAY, NOTICE + 10 * DAY, "in_time"),
        (NOTICE + 40 * DAY, NOTICE + 40 * DAY, "too_late"),
    ],
)
def test_what_is_enabled_again_is_announced_after_all(
    marketplace: Marketplace, clock: time_machine.Traveller, enabled_at: datetime, sent_at: datetime, timeliness: str
) -> None:
    set_up_purchase(marketplace)
    publish_renewal_cancelled(marketplace, BOUGHT)
    run_until(marketplace, clock, min(enabled_at, NOTICE))
    run_until(marketplace, clock, enabled_at)
    publish_renewal_enabled(marketplace, enabled_at)
    marketplace.run_all_now()
    run_until(marketplace, clock, max(sent_at, enabled_at))
    [notice] = notices(marketplace)
    assert (notice.sent_at, notice.timeliness) == (sent_at, timeliness)


def test_enabling_what_was_announced_announces_nothing_twice(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, NOTICE)
    clock.shift(2 * HOUR)
    publish_renewal_cancelled(marketplace, NOTICE + HOUR)
    publish_renewal_enabled(marketplace, NOTICE + 2 * HOUR)
    run_until(marketplace, clock, RENEWAL - DAY)
    assert len(notices(marketplace)) == 1


def test_a_notice_missed_in_an_outage_is_sent_late_and_says_so(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, NOTICE - HOUR)
    clock.move_to(RENEWAL - 20 * DAY)
    marketplace.run_all_now()
    assert [one.timeliness for one in notices(marketplace)] == ["too_late"]


def test_past_its_instant_a_renewal_is_not_announced(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, NOTICE - HOUR)
    clock.move_to(RENEWAL + MINUTE)
    marketplace.run_all_now()
    assert notices(marketplace) == []
