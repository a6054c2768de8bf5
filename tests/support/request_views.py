"""Requests as each side sees them: three of them for the tests of lists, and whose list says what."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.request_lists import ANY, RequestQuery, list_requests
from marketplace_hooks.services.support.requests import Viewer

from .marketplace import Marketplace
from .prepared import prepared
from .support_desk import CAUSE, in_transaction, set_up_request, set_up_support

SELLER = Viewer(seller_id="seller-1")
CUSTOMER = Viewer(customer_id="customer-1")
MARKETPLACE = Viewer()


def set_up_three_requests(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Three requests, an hour apart; the second is withdrawn, so that it has no deadline."""
    set_up_support(marketplace)
    for number in (1, 2, 3):
        clock.shift(timedelta(hours=1))
        set_up_request(marketplace, f"request-{number}")
    return _withdraw_second(marketplace)


@prepared
def _withdraw_second(marketplace: Marketplace) -> None:
    in_transaction(marketplace, lambda uow: moves.withdraw(uow, "request-2", CAUSE))


def listed_ids(marketplace: Marketplace, viewer: Viewer, wanted: RequestQuery = ANY) -> list[str]:
    """The ids of the viewer's requests, in the order of their list."""
    runtime = marketplace.runtime
    with runtime.database.read_session() as session:
        return [one.id for one in list_requests(session, viewer, wanted, now=runtime.now(), limit=10)]
