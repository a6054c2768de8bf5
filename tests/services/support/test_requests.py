"""Support requests as each side sees them: whose they are, in which order, and with which notes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from marketplace_hooks.errors import NotFound
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.request_lists import (
    ANY,
    RequestQuery,
    list_requests,
)
from marketplace_hooks.services.support.requests import Viewer, request_detail, visible_request

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    REQUEST,
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


def ids(desk: Marketplace, viewer: Viewer, wanted: RequestQuery = ANY) -> list[str]:
    with desk.runtime.database.read_session() as session:
        return [one.id for one in list_requests(session, viewer, wanted, now=desk.runtime.now(), limit=10)]


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


def test_an_internal_note_is_not_shown_to_the_customer(desk: Marketplace) -> None:
    publish_message(desk, "note-1", visibility="internal", body="Ask Paul.")

    def bodies(viewer: Viewer) -> list[str]:
        def read(uow: UnitOfWork) -> list[str]:
            request = visible_request(uow.session, REQUEST, viewer)
            detail = request_detail(uow.session, request, viewer, now=uow.now, settings=uow.settings)
            return [one["body"] for one in detail["messages"]]

        return in_transaction(desk, read)

    assert [bodies(viewer) for viewer in (SELLER, MARKETPLACE, CUSTOMER)] == [["Ask Paul."], ["Ask Paul."], []]
