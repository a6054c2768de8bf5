"""Submission of support requests: recorded once, judged once, and completed by the customer. `rules.md` 16, 17, 20."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.errors import Conflict
from marketplace_hooks.models.support import SupportRequest
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support.submission import NewRequest, complete_information, send_as_is, submit

from ...support.customers import SHOP
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    CAUSE,
    PURCHASE,
    REQUEST,
    clock_of,
    clocks,
    in_transaction,
    published_types,
    request,
    set_up_support,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A shop with one holder, on Monday 2 March 2026."""
    set_up_support(marketplace)
    clock.shift(HOUR)
    return marketplace


def submit_request(desk: Marketplace, request_id: str = REQUEST, **more: Any) -> SupportRequest:
    def act(uow: UnitOfWork) -> SupportRequest:
        about = {"customer_id": "customer-1", "product_id": "mod-1", "purchase_id": PURCHASE, "shop_url": SHOP}
        text = {"subject": "The gallery", "body": "It no longer works.", "submitted_at": uow.now}
        return submit(uow, NewRequest(request_id=request_id, **{**about, **text, **more}), CAUSE)

    return in_transaction(desk, act)


def test_a_request_submitted_twice_under_one_id_is_one_request(desk: Marketplace) -> None:
    submit_request(desk, as_it_is=True)
    submit_request(desk, as_it_is=True, subject="Another subject")
    assert request(desk).subject == "The gallery"
    assert published_types(desk) == ["accepted"]


def test_the_same_words_are_attached_to_the_open_request_and_start_nothing(desk: Marketplace) -> None:
    submit_request(desk, as_it_is=True)
    submit_request(desk, "request-2", as_it_is=True, body="IT  no longer works.")
    duplicate = request(desk, "request-2")
    assert (duplicate.handling, duplicate.closed_reason, duplicate.duplicate_of) == ("closed", "duplicate", REQUEST)
    assert (clocks(desk, "request-2"), published_types(desk, "request-2")) == ({}, ["closed"])


def test_a_request_with_something_missing_waits_and_starts_no_clock(desk: Marketplace) -> None:
    submit_request(desk)
    incomplete = request(desk)
    assert (incomplete.handling, incomplete.missing) == ("needs_information", ["platform_version"])
    assert incomplete.waits_until is not None
    assert (clocks(desk), published_types(desk)) == ({}, ["needs_information"])


def test_a_request_sent_as_it_is_starts_its_clocks_when_it_is_sent(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    submit_request(desk)
    clock.shift(HOUR)
    in_transaction(desk, lambda uow: send_as_is(uow, REQUEST, CAUSE))
    sent = request(desk)
    assert (sent.handling, sent.waits_until) == ("accepted", None)
    assert clock_of(desk, ACKNOWLEDGEMENT).started_at == sent.submitted_at + HOUR


def test_information_that_is_still_incomplete_changes_the_address_and_starts_nothing(desk: Marketplace) -> None:
    submit_request(desk, shop_url=None)
    in_transaction(desk, lambda uow: complete_information(uow, REQUEST, shop_url=SHOP, check_id=None, cause=CAUSE))
    assert (request(desk).handling, request(desk).shop_url, clocks(desk)) == ("needs_information", SHOP, {})


def test_information_is_completed_only_while_something_is_missing(desk: Marketplace) -> None:
    submit_request(desk, as_it_is=True)
    with pytest.raises(Conflict) as refused:
        in_transaction(desk, lambda uow: complete_information(uow, REQUEST, shop_url=SHOP, check_id=None, cause=CAUSE))
    assert (refused.value.facts["state"], refused.value.facts["asked"]) == ("accepted", "accepted")
