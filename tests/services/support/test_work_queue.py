"""The marketplace's work queue: replies to confirm, late and contested requests, refunds, each in its order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import Handling, RefundState
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.request_lists import RequestQuery, RequestSort, list_requests
from marketplace_hooks.services.support.requests import Viewer
from marketplace_hooks.services.support.work_queue import (
    late_requests,
    refunds_in,
    replies_to_confirm,
)

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    FIX,
    REQUEST,
    due,
    in_transaction,
    publish_message,
    set_up_request,
    set_up_support,
)

TODAY = date(2026, 4, 14)
CONTESTED = RequestQuery(state=Handling.CONTESTED, sort=RequestSort.OLDEST)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Two requests, an hour apart."""
    set_up_support(marketplace)
    for number in (1, 2):
        clock.shift(timedelta(hours=1))
        set_up_request(marketplace, f"request-{number}")
    return marketplace


def test_a_reply_within_seconds_awaits_a_person_with_what_speaks_against_it(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(5)
    publish_message(desk, request_id="request-2")
    with desk.runtime.database.read_session() as session:
        [reply] = replies_to_confirm(session, limit=10)
        assert (reply.request.id, reply.message.message_id) == ("request-2", "message-1")
        assert reply.signs
        assert replies_to_confirm(session, after=reply.message.id, limit=10) == []


def test_late_requests_come_the_last_missed_first_page_by_page(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    found = []
    after = None
    with desk.runtime.database.read_session() as session:
        while page := late_requests(session, after=after, limit=1):
            after = page[0].position
            found.append((page[0].request.id, page[0].clock.name.value))
        before = late_requests(session, after=after, is_backward=True, limit=2)
        assert [(one.request.id, one.clock.name.value) for one in before] == found[1:3]
        assert late_requests(session, RequestQuery(product_id="mod-2"), limit=1) == []
    assert sorted(found) == [(f"request-{number}", name) for number in (1, 2) for name in ("acknowledgement", "fix")]
    assert [name for _, name in found] == ["fix", "fix", "acknowledgement", "acknowledgement"]


def test_a_contested_refusal_waits_until_it_is_decided(desk: Marketplace) -> None:
    def contest(uow: UnitOfWork) -> None:
        moves.refuse(
            uow,
            REQUEST,
            ground=Ground.SOURCE_MODIFIED,
            text="Changed",
            evidence={"n": 1},
            by="seller-1",
            cause=CAUSE,
        )
        moves.contest(uow, REQUEST, text="No", cause=CAUSE)

    in_transaction(desk, contest)
    with desk.runtime.database.read_session() as session:
        assert [one.id for one in list_requests(session, Viewer(), CONTESTED, limit=10)] == [REQUEST]
    in_transaction(desk, lambda uow: moves.uphold(uow, REQUEST, reason="Right", cause=CAUSE))
    with desk.runtime.database.read_session() as session:
        assert list_requests(session, Viewer(), CONTESTED, limit=10) == []


def test_refunds_are_listed_by_their_state(desk: Marketplace, clock: time_machine.Traveller) -> None:
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    with desk.runtime.database.read_session() as session:
        [refund] = refunds_in(session, RefundState.DUE, today=TODAY, limit=10)
        assert (refund.request.id, refund.claim.amount_cents) == (REQUEST, 9900)
        assert refunds_in(session, RefundState.DUE, today=TODAY, after=(refund.claim.due_at, REQUEST), limit=10) == []
        assert refunds_in(session, RefundState.MANUAL, today=TODAY, limit=10) == []
