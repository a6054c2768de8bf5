"""Support requests as each side sees them: whose they are, in which order, and with which notes."""

from __future__ import annotations

import pytest
import time_machine

from marketplace_hooks.errors import NotFound
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.requests import Viewer, request_detail, visible_request

from ...support.marketplace import Marketplace
from ...support.request_views import CUSTOMER, MARKETPLACE, SELLER, listed_ids, set_up_three_requests
from ...support.support_desk import (
    REQUEST,
    in_transaction,
    publish_message,
)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    return set_up_three_requests(marketplace, clock)


@pytest.mark.parametrize("viewer", [SELLER, CUSTOMER, MARKETPLACE])
def test_both_parties_and_the_marketplace_see_a_request(desk: Marketplace, viewer: Viewer) -> None:
    with desk.runtime.database.read_session() as session:
        assert visible_request(session, REQUEST, viewer).id == REQUEST
    assert listed_ids(desk, viewer) == ["request-1", "request-3", "request-2"]


@pytest.mark.parametrize("viewer", [Viewer(seller_id="seller-2"), Viewer(customer_id="customer-2")])
def test_to_anybody_else_it_does_not_exist(desk: Marketplace, viewer: Viewer) -> None:
    with desk.runtime.database.read_session() as session, pytest.raises(NotFound):
        visible_request(session, REQUEST, viewer)
    assert listed_ids(desk, viewer) == []


def test_an_internal_note_is_not_shown_to_the_customer(desk: Marketplace) -> None:
    publish_message(desk, "note-1", visibility="internal", body="Ask Paul.")

    def bodies(viewer: Viewer) -> list[str]:
        def read(uow: UnitOfWork) -> list[str]:
            request = visible_request(uow.session, REQUEST, viewer)
            detail = request_detail(uow.session, request, viewer, now=uow.now, settings=uow.settings)
            return [one["body"] for one in detail["messages"]]

        return in_transaction(desk, read)

    assert [bodies(viewer) for viewer in (SELLER, MARKETPLACE, CUSTOMER)] == [["Ask Paul."], ["Ask Paul."], []]
