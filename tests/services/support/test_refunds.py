"""Refund claims: due by a missed fix, and requested once. `deadlines.md`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.errors import Conflict
from marketplace_hooks.models.support import RefundClaim
from marketplace_hooks.services.support.sla_run import run_sla

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    FIX,
    approve,
    clocks,
    due,
    in_transaction,
    publish_request,
    published_types,
    refund_claim,
    refund_state,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_a_missed_fix_makes_the_refund_due_and_two_business_days_later_it_is_requested_once(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    found = refund_claim(desk)
    assert found is not None
    assert (found.state, found.amount_cents, found.request_at) == ("due", 9900, datetime(2026, 4, 16, 22, tzinfo=UTC))
    clock.move_to(found.request_at - SECOND)
    run_sla(desk.runtime)
    assert refund_state(desk) == "due"
    clock.shift(1)
    for _ in range(2):
        run_sla(desk.runtime)
    assert refund_state(desk) == "requested"
    assert published_types(desk).count("refund_due") == published_types(desk).count("refund_requested") == 1


def test_after_the_window_of_the_platform_the_refund_is_for_an_operator(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 9, 3, 12, tzinfo=UTC))
    run_sla(desk.runtime)
    assert refund_state(desk) == "due"
    clock.shift(10 * DAY)
    run_sla(desk.runtime)
    assert refund_state(desk) == "manual"


def test_two_missed_fixes_of_one_purchase_ask_for_its_price_once(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk, "request-2")
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    assert len(desk.all(select(RefundClaim))) == 1
    assert clocks(desk)["fix"] == clocks(desk, "request-2")["fix"] == "missed"


def test_an_operator_has_a_refund_asked_for_early_and_once(desk: Marketplace) -> None:
    in_transaction(desk, approve)
    assert refund_state(desk) == "requested"
    with pytest.raises(Conflict) as refused:
        in_transaction(desk, approve)
    assert (refused.value.facts["state"], refused.value.facts["asked"]) == ("requested", "requested")
