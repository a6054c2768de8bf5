"""Support requests as each side sees them: whose they are, in which order, and with which notes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from marketplace_hooks.errors import NotFound
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.requests import (
    RequestFilter,
    Viewer,
    list_requests,
    newest_requests,
    request_detail,
    visible_request,
)

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    CAUSE,
    REQUEST,
    due,
    in_transaction,
    publish_message,
    publish_request,
    set_up_support,
)

SELLER = Viewer(seller_id="seller-1")
CUSTOMER = Viewer(customer_id="customer-1")
MARKETPLACE = Viewer()


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Three requests, an hour apart; the second is withdrawn, so that it has no deadline."""
    set_up_support(marketplace)
    for number in (1, 2, 3):
        clock.shift(timedelta(hours=1))
        publish_request(marketplace, f"request-{number}")
    in_transaction(marketplace, lambda uow: moves.withdraw(uow, "request-2", CAUSE))
    return marketplace


def ids(desk: Marketplace, viewer: Viewer, which: RequestFilter = RequestFilter.ALL) -> list[str]:
    with desk.runtime.database.read_session() as session:
        return [one.id for one in list_requests(session, viewer, which=which, now=desk.runtime.now(), limit=10)]


@pytest.mark.parametrize("viewer", [SELLER, CUSTOMER, MARKETPLACE])
def test_both_parties_and_the_marketplace_see_a_request(desk: Marketplace, viewer: Viewer) -> None:
    with desk.runtime.database.read_session() as session:
        assert visible_request(session, REQUEST, viewer).id == REQUEST
    assert ids(desk, viewer) == ["request-1", "request-3", "request-2"]


@pytest.mark.parametrize("viewer", [Viewer(seller_id="seller-2"), Viewer(customer_id="customer-2")])
def test_to_anybody_else_it_does_not_exist(desk: Marketplace, viewer: Viewer) -> None:
    with desk.runtime.database.read_session() as session, pytest.raises(NotFound):
        visible_request(session, REQUEST, viewer)
    assert ids(desk, viewer) == []


def test_a_page_goes_on_after_the_last_one_of_the_page_before(desk: Marketplace) -> None:
    found = []
    after = None
    with desk.runtime.database.read_session() as session:
        while page := list_requests(session, SELLER, after=after, limit=1):
            after = (page[0].next_deadline_at, page[0].number)
            found.append(page[0].id)
        newest = newest_requests(session, SELLER, limit=2)
        assert [one.id for one in newest] == ["request-3", "request-2"]
        assert [one.id for one in newest_requests(session, SELLER, before=newest[-1].number, limit=2)] == [REQUEST]
    assert found == ["request-1", "request-3", "request-2"]


def test_a_filter_holds_what_its_name_says(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_message(desk)
    assert ids(desk, SELLER, RequestFilter.OPEN) == ["request-3", "request-1"]
    assert ids(desk, SELLER, RequestFilter.TO_ACKNOWLEDGE) == ["request-3"]
    assert ids(desk, SELLER, RequestFilter.LATE) == []
    clock.move_to(due(desk, ACKNOWLEDGEMENT, "request-3"))
    assert ids(desk, SELLER, RequestFilter.LATE) == ["request-3"]


def test_an_internal_note_is_not_shown_to_the_customer(desk: Marketplace) -> None:
    publish_message(desk, "note-1", visibility="internal", body="Ask Paul.")

    def bodies(viewer: Viewer) -> list[str]:
        def read(uow: UnitOfWork) -> list[str]:
            request = visible_request(uow.session, REQUEST, viewer)
            detail = request_detail(uow.session, request, viewer, now=uow.now, settings=uow.settings)
            return [one["body"] for one in detail["messages"]]

        return in_transaction(desk, read)

    assert [bodies(viewer) for viewer in (SELLER, MARKETPLACE, CUSTOMER)] == [["Ask Paul."], ["Ask Paul."], []]
