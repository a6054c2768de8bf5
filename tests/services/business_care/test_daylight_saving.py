"""When Europe's clocks change, each renewal and each notice comes at its instant, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
import time_machine

from marketplace_hooks.services.business_care.entitlements import PurchaseFilter
from marketplace_hooks.services.business_care.renewal_run import run_renewals

from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    SECOND,
    code_of,
    instant,
    notices,
    outgoing,
    payments,
    run_until,
    subscription,
)
from ...support.customers import publish_customer, publish_purchase
from ...support.marketplace import Marketplace


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A purchase, and the instant at which something follows from it."""

    on: date
    at: datetime

    @property
    def id(self) -> str:
        return f"purchase-{self.on}"


def bought(on: str, at: str) -> Bought:
    return Bought(on=date.fromisoformat(on), at=instant(at))


# Sunday 28 March 2027 has 23 hours, Sunday 31 October 2027 has 25. Of each: the day before, the day, the two after.
SPRING_RENEWALS = [
    bought("2026-03-26", "2027-03-26T23:00:00Z"),
    bought("2026-03-27", "2027-03-27T23:00:00Z"),
    bought("2026-03-28", "2027-03-28T22:00:00Z"),
    bought("2026-03-29", "2027-03-29T22:00:00Z"),
]
AUTUMN_RENEWALS = [
    bought("2026-10-29", "2027-10-29T22:00:00Z"),
    bought("2026-10-30", "2027-10-30T22:00:00Z"),
    bought("2026-10-31", "2027-10-31T23:00:00Z"),
    bought("2026-11-01", "2027-11-01T23:00:00Z"),
]
# A notice is sent two months before the last day.
SPRING_NOTICES = [
    bought("2026-05-27", "2027-03-26T23:00:00Z"),
    bought("2026-05-28", "2027-03-27T23:00:00Z"),
    bought("2026-05-29", "2027-03-28T22:00:00Z"),
    bought("2026-05-30", "2027-03-29T22:00:00Z"),
]
AUTUMN_NOTICES = [
    bought("2026-12-30", "2027-10-29T22:00:00Z"),
    bought("2026-12-31", "2027-10-30T22:00:00Z"),
    bought("2027-01-01", "2027-10-31T23:00:00Z"),
    bought("2027-01-02", "2027-11-01T23:00:00Z"),
]
SEASONS = ["spring", "autumn"]


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    publish_customer(marketplace)
    marketplace.run_all_now()


def are_bought(marketplace: Marketplace, clock: time_machine.Traveller, ones: Sequence[Bought]) -> None:
    """Each in the night, half an hour after midnight in Greenwich."""
    for one in ones:
        run_until(marketplace, clock, instant(f"{one.on}T00:30:00Z"))
        publish_purchase(marketplace, one.id)
        marketplace.run_all_now()


def moments(ones: Sequence[Bought], delay: timedelta) -> list[datetime]:
    """Every three hours of the days around, and both sides of each instant after which something is due."""
    first = ones[0].at - 2 * HOUR
    last = ones[-1].at + DAY
    hours = [first + number * 3 * HOUR for number in range((last - first) // (3 * HOUR) + 1)]
    return sorted({*hours, *(one.at + delay + side for one in ones for side in (-SECOND, timedelta(0)))})


@pytest.mark.parametrize("ones", [SPRING_RENEWALS, AUTUMN_RENEWALS], ids=SEASONS)
def test_each_renewal_is_claimed_from_its_instant_on_and_once(
    marketplace: Marketplace, clock: time_machine.Traveller, ones: list[Bought]
) -> None:
    are_bought(marketplace, clock, ones)
    assert [subscription(marketplace, one.id).renewal_at for one in ones] == [one.at for one in ones]
    run_until(marketplace, clock, ones[0].at - DAY)
    for moment in moments(ones, CLAIM_DELAY):
        clock.move_to(moment)
        run_renewals(marketplace.runtime)
        claimed = [one.id for one in ones if payments(marketplace, one.id) == {1: "paid", 2: "pending"}]
        assert claimed == [one.id for one in ones if one.at + CLAIM_DELAY <= moment], moment
    assert [len(outgoing(marketplace, "renewal_due", one.id)) for one in ones] == [1] * len(ones)
    first_days = [outgoing(marketplace, "renewal_due", one.id)[0].data["first_day"] for one in ones]
    assert first_days == [(one.on.replace(year=2027) + DAY).isoformat() for one in ones]


@pytest.mark.parametrize("ones", [SPRING_RENEWALS, AUTUMN_RENEWALS], ids=SEASONS)
def test_care_runs_to_midnight_by_the_clock_of_that_day(
    marketplace: Marketplace, clock: time_machine.Traveller, ones: list[Bought]
) -> None:
    are_bought(marketplace, clock, ones)
    run_until(marketplace, clock, ones[-1].at + DAY)
    for one in ones:
        asked = [
            code_of(marketplace, one.at + side, about=PurchaseFilter(purchase_id=one.id))
            for side in (-SECOND, timedelta(0))
        ]
        assert asked == ["VALID", "PAYMENT_PENDING"], one


@pytest.mark.parametrize("ones", [SPRING_NOTICES, AUTUMN_NOTICES], ids=SEASONS)
def test_each_notice_is_sent_on_its_day_and_once(
    marketplace: Marketplace, clock: time_machine.Traveller, ones: list[Bought]
) -> None:
    are_bought(marketplace, clock, ones)
    run_until(marketplace, clock, ones[0].at - DAY)
    for moment in moments(ones, timedelta(0)):
        clock.move_to(moment)
        run_renewals(marketplace.runtime)
        sent = {one.id: [notice.sent_at for notice in notices(marketplace, one.id)] for one in ones}
        announced = {id_ for id_, instants in sent.items() if instants}
        assert announced == {one.id for one in ones if one.at <= moment}, moment
    assert sent == {one.id: [one.at] for one in ones}
    assert {notice.timeliness for one in ones for notice in notices(marketplace, one.id)} == {"in_time"}
    assert [len(outgoing(marketplace, "renewal_notice_due", one.id)) for one in ones] == [1] * len(ones)
