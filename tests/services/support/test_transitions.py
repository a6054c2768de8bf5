"""Transitions of a support request: found or not, moved by the table, published in order."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from marketplace_hooks.domain.support.state_machine import Move
from marketplace_hooks.errors import Conflict, NotFound
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.transitions import (
    locked_request,
    make_move,
    publish_request_event,
    refuse_unless,
)

from ...support.marketplace import Marketplace
from ...support.support_desk import CAUSE, REQUEST, in_transaction, request, set_up_request, set_up_support


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """One accepted request."""
    set_up_support(marketplace)
    clock.shift(60)
    set_up_request(marketplace)
    return marketplace


def test_an_unknown_request_is_not_found(desk: Marketplace) -> None:
    with pytest.raises(NotFound):
        in_transaction(desk, lambda uow: locked_request(uow.session, "unknown"))


def test_a_move_of_the_table_changes_the_state(desk: Marketplace) -> None:
    in_transaction(desk, lambda uow: make_move(locked_request(uow.session, REQUEST), Move.ACKNOWLEDGE))
    assert request(desk).handling == "acknowledged"


def test_a_move_outside_the_table_names_both_states_and_changes_nothing(desk: Marketplace) -> None:
    with pytest.raises(Conflict) as refused:
        in_transaction(desk, lambda uow: make_move(locked_request(uow.session, REQUEST), Move.CONTEST))
    assert (refused.value.facts["state"], refused.value.facts["asked"]) == ("accepted", "contested")
    assert request(desk).handling == "accepted"


def test_a_condition_that_does_not_hold_names_both_states() -> None:
    refuse_unless(True, "never raised", state="a", asked="b")
    with pytest.raises(Conflict) as refused:
        refuse_unless(False, "it does not hold", code="its_code", state="a", asked="b")
    assert (refused.value.code, refused.value.facts["state"], refused.value.facts["asked"]) == ("its_code", "a", "b")


def test_what_is_published_names_its_parties_is_numbered_and_writes_instants_and_days_as_text(
    desk: Marketplace,
) -> None:
    def publish(uow: UnitOfWork) -> None:
        money = {name: {"amount_cents": 3, "currency": "EUR"} for name in ("amount", "total", "given_back")}
        dates = {"due_before": datetime(2026, 3, 2, 10, tzinfo=UTC), "last_day": date(2026, 3, 2)}
        data = {**money, **dates, "lines": []}
        publish_request_event(uow, locked_request(uow.session, REQUEST), "refund_deferred", data, CAUSE)

    in_transaction(desk, publish)
    outgoing = desk.outgoing(REQUEST, "support_request")
    assert [(one.sequence, one.type) for one in outgoing] == [
        (1, "support_request.accepted"),
        (2, "support_request.checked"),
        (3, "support_request.refund_deferred"),
    ]
    published = outgoing[-1].data
    assert {name: published[name] for name in ("request_id", "seller_id", "due_before", "last_day", "lines")} == {
        "request_id": REQUEST,
        "seller_id": "seller-1",
        "due_before": "2026-03-02T10:00:00Z",
        "last_day": "2026-03-02",
        "lines": [],
    }
