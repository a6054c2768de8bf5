"""Clocks of a fix: the first date and the new one stand and fall together. `rules.md` 17."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from marketplace_hooks.domain.support.state_machine import Kind
from marketplace_hooks.services.support import moves

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    FIX,
    REQUEST,
    SECOND_FIX,
    clock_of,
    clocks,
    due,
    in_transaction,
    prefer_fix,
    refund_state,
    set_up_request,
    set_up_support,
)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A missed fix that its customer prefers to the refund."""
    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    set_up_request(marketplace)
    clock.move_to(due(marketplace, FIX))
    marketplace.run_all_now()
    in_transaction(marketplace, prefer_fix)
    return marketplace


def test_an_operator_extends_the_new_date(desk: Marketplace) -> None:
    missed_at = clock_of(desk, FIX).missed_at
    before = due(desk, SECOND_FIX)
    in_transaction(desk, lambda uow: moves.extend_fix(uow, REQUEST, days=5, reason="A holiday", cause=CAUSE))
    assert due(desk, SECOND_FIX) == before + timedelta(days=7)
    assert (clock_of(desk, FIX).missed_at, clocks(desk)["fix"]) == (missed_at, "missed")


def test_what_is_no_anomaly_any_more_has_no_new_date_and_the_refund_is_due_again(desk: Marketplace) -> None:
    in_transaction(desk, lambda uow: moves.change_kind(uow, REQUEST, Kind.QUESTION, confirms=True, cause=CAUSE))
    assert (clocks(desk)["second_fix"], refund_state(desk)) == ("void", "due")
