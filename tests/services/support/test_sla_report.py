"""The SLA report: a seller's months, each with the requests whose clocks started in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from marketplace_hooks.services.support.sla_report import MAX_MONTHS, MonthReport, read_sla_report

from ...support.marketplace import Marketplace
from ...support.support_desk import publish_message, publish_request, set_up_support

FEBRUARY = date(2026, 2, 28)
MARCH = date(2026, 3, 31)


def report(desk: Marketplace, seller_id: str = "seller-1", first: date = FEBRUARY) -> list[MonthReport]:
    zone = desk.runtime.settings.reference_zone
    with desk.runtime.database.read_session() as session:
        return read_sla_report(session, seller_id, first, MARCH, now=desk.runtime.now(), zone=zone)


def test_a_request_counts_in_the_month_in_which_its_clocks_started(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    publish_request(marketplace)
    publish_request(marketplace, "request-2")
    clock.shift(timedelta(hours=1))
    publish_message(marketplace)
    february, march = report(marketplace)
    assert (february.first_day, february.requests) == (date(2026, 2, 1), 0)
    assert (march.first_day, march.requests) == (date(2026, 3, 1), 2)
    assert (march.acknowledged.in_time, march.acknowledged.open, march.fixed.open) == (1, 1, 2)
    assert [one.requests for one in report(marketplace, "seller-2")] == [0, 0]


@pytest.mark.parametrize("first", [date(2026, 4, 1), date(2026 - MAX_MONTHS // 12, 3, 1)])
def test_months_are_in_order_and_not_too_many(marketplace: Marketplace, first: date) -> None:
    with pytest.raises(ValueError, match="figures are read for 1 to 36 months"):
        report(marketplace, first=first)
