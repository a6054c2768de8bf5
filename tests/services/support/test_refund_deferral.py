"""Refunds put off for the fix: a new date, and nothing lost by it. `rules.md` 17."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.errors import Conflict
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.support import RefundClaim
from marketplace_hooks.services.support import moves, refund_deferral
from marketplace_hooks.services.support.sla_run import run_sla
from marketplace_hooks.services.support.transitions import locked_request

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    FIX,
    REQUEST,
    SECOND_FIX,
    approve,
    ask_again,
    clocks,
    due,
    explain,
    in_transaction,
    prefer_fix,
    publish_request,
    published_types,
    refund_state,
    refuse,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_a_customer_who_prefers_the_fix_has_a_new_date_and_when_that_is_missed_the_refund_is_due_again(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    in_transaction(desk, prefer_fix)
    assert refund_state(desk) == "deferred"
    # 30 business days from Tuesday 14 April 2026.
    new_date = due(desk, SECOND_FIX)
    assert new_date == datetime(2026, 5, 26, 22, tzinfo=UTC)
    clock.move_to(new_date - SECOND)
    run_sla(desk.runtime)
    assert refund_state(desk) == "deferred"
    clock.move_to(new_date)
    for _ in range(2):
        run_sla(desk.runtime)
    assert (refund_state(desk), clocks(desk)["fix"], clocks(desk)["second_fix"]) == ("due", "missed", "missed")
    types = published_types(desk)
    assert (types.count("fix_missed"), types.count("fix_due_soon"), types.count("refund_due")) == (2, 1, 2)
    clock.shift(5 * DAY)
    run_sla(desk.runtime)
    assert refund_state(desk) == "requested"


def test_a_fix_by_the_new_date_ends_the_claim_unless_it_is_reported_as_not_fixed(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    in_transaction(desk, prefer_fix)
    clock.shift(20 * DAY)
    in_transaction(desk, explain)
    assert (refund_state(desk), clocks(desk)["second_fix"]) == ("lapsed", "met")
    with pytest.raises(Conflict):
        in_transaction(desk, ask_again)
    clock.shift(DAY)
    in_transaction(desk, lambda uow: moves.report_not_fixed(uow, REQUEST, text="It still fails.", cause=CAUSE))
    assert (refund_state(desk), clocks(desk)["second_fix"]) == ("deferred", "running")
    clock.move_to(due(desk, SECOND_FIX))
    run_sla(desk.runtime)
    assert refund_state(desk) == "due"


def test_a_fix_delivered_late_and_preferred_ends_the_claim(desk: Marketplace, clock: time_machine.Traveller) -> None:
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    in_transaction(desk, explain)
    assert refund_state(desk) == "due"
    in_transaction(desk, prefer_fix)
    assert (refund_state(desk), clocks(desk)["second_fix"]) == ("lapsed", "met")


def test_a_refund_requested_again_after_a_deferral_is_another_request_to_the_platform(desk: Marketplace) -> None:
    in_transaction(desk, approve)
    for _ in range(2):
        in_transaction(desk, prefer_fix)
        in_transaction(desk, ask_again)
    assert refund_state(desk) == "requested"
    requested = [one for one in desk.all(select(OutgoingEvent)) if one.type.endswith("refund_requested")]
    keys = [one.data["idempotency_key"] for one in requested]
    assert keys == ["request-1:refund", "request-1:refund:2", "request-1:refund:3"]
    assert clocks(desk)["second_fix"] == "void"


def test_an_operator_has_a_deferred_refund_asked_for(desk: Marketplace, clock: time_machine.Traveller) -> None:
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    in_transaction(desk, prefer_fix)
    in_transaction(desk, approve)
    assert (refund_state(desk), clocks(desk)["second_fix"]) == ("requested", "void")


@pytest.mark.parametrize("how", ["withdrawn", "refused"])
def test_a_request_that_ends_without_a_fix_makes_the_deferred_refund_due_again(
    desk: Marketplace, clock: time_machine.Traveller, how: str
) -> None:
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    in_transaction(desk, prefer_fix)
    if how == "withdrawn":
        in_transaction(desk, lambda uow: moves.withdraw(uow, REQUEST, CAUSE))
    else:
        in_transaction(desk, refuse)
        assert (refund_state(desk), clocks(desk)["second_fix"]) == ("deferred", "frozen")
        clock.shift(40 * DAY)
        run_sla(desk.runtime)
    assert (refund_state(desk), clocks(desk)["second_fix"]) == ("due", "void")


def test_when_a_claim_has_lapsed_another_missed_fix_of_the_purchase_makes_its_own_due(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk, "request-2")
    clock.move_to(due(desk, FIX))
    run_sla(desk.runtime)
    [claim] = desk.all(select(RefundClaim))
    other = "request-2" if claim.request_id == REQUEST else REQUEST
    in_transaction(
        desk, lambda uow: refund_deferral.defer_refund(uow, locked_request(uow.session, claim.request_id), CAUSE)
    )
    in_transaction(desk, lambda uow: explain(uow, claim.request_id))
    assert (refund_state(desk, claim.request_id), refund_state(desk, other)) == ("lapsed", "due")


def test_there_is_nothing_to_prefer_the_fix_to_before_a_refund_is_due(desk: Marketplace) -> None:
    with pytest.raises(Conflict) as refused:
        in_transaction(desk, prefer_fix)
    assert (refused.value.facts["state"], refused.value.facts["asked"]) == ("none", "deferred")
