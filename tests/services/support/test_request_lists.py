"""Lists of support requests: their orders, their filters, and pages back and forth."""

from __future__ import annotations

import pytest
import time_machine

from marketplace_hooks.domain.support.state_machine import Handling
from marketplace_hooks.models.products import Product
from marketplace_hooks.models.purchases import Customer
from marketplace_hooks.services.support.request_lists import (
    PagePosition,
    RequestGroup,
    RequestQuery,
    RequestSort,
    list_requests,
)
from marketplace_hooks.services.support.requests import visible_request

from ...support.marketplace import Marketplace
from ...support.request_views import MARKETPLACE, SELLER, listed_ids, set_up_three_requests
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    REQUEST,
    due,
    publish_message,
)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    return set_up_three_requests(marketplace, clock)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (RequestSort.DEADLINE, ["request-1", "request-3", "request-2"]),
        (RequestSort.NEWEST, ["request-3", "request-2", "request-1"]),
        (RequestSort.OLDEST, ["request-1", "request-2", "request-3"]),
    ],
)
def test_pages_lead_forward_and_back_through_all_of_them(
    desk: Marketplace, sort: RequestSort, expected: list[str]
) -> None:
    wanted = RequestQuery(sort=sort)
    with desk.runtime.database.read_session() as session:

        def walk(after: PagePosition | None, *, is_backward: bool) -> list[str]:
            found = []
            while page := list_requests(session, SELLER, wanted, after=after, is_backward=is_backward, limit=1):
                after = (page[0].next_deadline_at, page[0].number)
                found.append(page[0].id)
            return found

        assert walk(None, is_backward=False) == expected
        [last] = list_requests(session, SELLER, wanted, limit=10)[2:]
        before_last = (last.next_deadline_at, last.number)
        assert walk(before_last, is_backward=True) == expected[1::-1]
        page = list_requests(session, SELLER, wanted, after=before_last, is_backward=True, limit=10)
        assert ([one.id for one in page], page.count_up_to(10), page.count_up_to(1)) == (expected[:2], 3, 2)


def test_a_filter_holds_what_its_name_says(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_message(desk)
    assert listed_ids(desk, SELLER, RequestQuery(state=RequestGroup.OPEN)) == ["request-3", "request-1"]
    assert listed_ids(desk, SELLER, RequestQuery(state=RequestGroup.TO_ACKNOWLEDGE)) == ["request-3"]
    assert listed_ids(desk, SELLER, RequestQuery(state=Handling.WITHDRAWN_BY_CUSTOMER)) == ["request-2"]
    assert listed_ids(desk, SELLER, RequestQuery(is_overdue=True)) == []
    clock.move_to(due(desk, ACKNOWLEDGEMENT, "request-3"))
    assert listed_ids(desk, SELLER, RequestQuery(is_overdue=True)) == ["request-3"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RequestQuery(search="request-2"), ["request-2"]),
        (RequestQuery(search="nothing-like-it"), []),
        (RequestQuery(product_id="mod-1", state=RequestGroup.OPEN), ["request-1", "request-3"]),
        (RequestQuery(product_id="mod-2"), []),
        (RequestQuery(seller_id="seller-2"), []),
    ],
)
def test_requests_are_found_by_text_product_and_seller(
    desk: Marketplace, wanted: RequestQuery, expected: list[str]
) -> None:
    assert listed_ids(desk, MARKETPLACE, wanted) == expected


def test_every_word_is_looked_for_in_the_subject_the_product_and_the_customer(desk: Marketplace) -> None:
    with desk.runtime.database.read_session() as session:
        found = visible_request(session, REQUEST, SELLER)
        word = found.subject.split()[0].upper()
        name = session.get_one(Customer, found.customer_id).name.split()[0]
        product = session.get_one(Product, found.product_id).technical_name
    everything = ["request-1", "request-3", "request-2"]
    assert listed_ids(desk, SELLER, RequestQuery(search=f"{word} {name} {product}")) == everything
    assert listed_ids(desk, SELLER, RequestQuery(search=f"{word} nobody")) == []
    assert listed_ids(desk, SELLER, RequestQuery(search="%")) == []
