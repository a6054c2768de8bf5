"""State machine of the model: random steps, and after each the product's answers beside the reference's.

Time stands still between the steps and moves by a second after each, so that no two facts share an instant. While it
passes, workers run at every instant at which the reference expects something to happen by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from ..support.marketplace import Marketplace
from .checks import check_care, check_catalog, check_new_events, check_request, check_subject
from .client import CUSTOMERS, MarketplaceClient
from .reference.care import Care
from .reference.catalog import Pack, Product
from .reference.marketplace import Reference
from .reference.requests import Request

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONGEST_NAP = timedelta(days=25)
EVERY = 3
"""After so many steps one thing that has not changed is compared, too."""
SELLERS = {"seller-1": ("mod-1", "mod-2"), "seller-2": ("mod-3",)}
PACKS = {"pack-1": ("seller-1", ("mod-1", "mod-2")), "pack-2": ("seller-2", ("mod-2", "mod-3"))}
PRICE = 9900
PACK_PRICE = 14900
pauses = st.sets(st.integers(0, 9), max_size=4)
"""The places in a row of events after which workers apply what has come so far."""
_T = TypeVar("_T")


class History(RuleBasedStateMachine):
    """One history: the product and the reference, side by side. Its steps are in the `*_steps.py`."""

    opens: Callable[[], AbstractContextManager[Marketplace]]

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.clock = self.opened.enter_context(time_machine.travel(START, tick=False))
        real: Marketplace = self.opened.enter_context(type(self).opens())
        self.client = MarketplaceClient(real)
        self.reference = Reference(START)
        self.turns = count()
        self.compared: dict[str, str] = {}
        self.changes_compared = 0
        self.compared_at = START
        self.changed_here: dict[tuple[str, str], datetime] = {}

    @initialize(order=st.permutations(range(len(SELLERS) + len(PACKS) + len(CUSTOMERS) + 3)), pauses=pauses)
    def the_marketplace_opens(self, order: list[int], pauses: set[int]) -> None:
        """Sellers, products, packs and customers become known, in any order."""
        client = self.client
        catalog = self.reference.catalog
        facts: list[Callable[[], object]] = [partial(client.register_customer, id_) for id_ in CUSTOMERS]
        for seller_id, product_ids in SELLERS.items():
            facts.append(partial(client.register_seller, seller_id))
            for product_id in product_ids:
                facts.append(partial(client.describe, product_id, seller_id, PRICE))
                catalog.products[product_id] = Product(product_id, seller_id, prices=[(START, PRICE)])
        for pack_id, (seller_id, members) in PACKS.items():
            facts.append(partial(client.describe_pack, pack_id, seller_id, members))
            catalog.packs[pack_id] = Pack(pack_id, seller_id, members=members)
        client.publish_in_order([facts[place] for place in order], pauses)
        client.new_events()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.compare(everything=True)
        finally:
            self.opened.close()

    @property
    def now(self) -> datetime:
        return self.reference.now

    def pick(self, found: dict[str, _T], number: int) -> _T:
        """One of these, by a number."""
        return list(found.values())[number % len(found)]

    def pick_care(self, number: int) -> Care:
        return self.pick(self.reference.purchases, number)

    def requests_in(self, *states: str) -> dict[str, Request]:
        """The requests in one of these states of handling."""
        return {id_: one for id_, one in self.reference.requests.items() if one.handling in states}

    def live(self, until: datetime, *, is_quiet: bool = False) -> None:
        """Let time pass, with workers that are never late; `is_quiet`: they do not look where nothing is expected."""
        while self.now < until:
            upcoming = self.reference.next_instant() or until
            stop = min(until, upcoming, self.now + LONGEST_NAP)
            self.clock.move_to(stop)
            self.reference.pass_to(stop)
            if stop == upcoming or not is_quiet:
                self.settle(is_due=True)

    def settle(self, *, is_due: bool = False) -> None:
        """Have the product do everything that waits, and look at what it publishes."""
        self.client.settle(is_due=is_due or self.reference.had_scheduled_changes)
        for care in self.reference.purchases.values():
            care.give_back_early(self.now)
        check_new_events(self.client, self.reference)

    def compare(self, *, everything: bool = False) -> None:
        """After each step, a second later: what the API says of the catalogue, and of whatever has changed.

        Of what has not, one now and then, in turn; at the end of the history, of everything.
        A step that found nothing to do is none.
        """
        if self.client.changes == self.changes_compared and self.now == self.compared_at and not everything:
            return
        self.settle()
        self.live(self.now + SECOND, is_quiet=True)
        check_catalog(self.client, self.reference)
        in_turn = next(self.turns)
        checks = self.checks()
        for number, (key, (state, check)) in enumerate(checks.items()):
            is_its_turn = in_turn % EVERY == 0 and number == in_turn // EVERY % len(checks)
            if everything or self.compared.get(key) != state or is_its_turn:
                check()
                self.compared[key] = state
        self.changes_compared = self.client.changes
        self.compared_at = self.now

    def checks(self) -> dict[str, tuple[str, Callable[[], None]]]:
        """Of everything that the reference knows: its state, and its comparison with what the API says."""
        reference = self.reference
        found: dict[str, tuple[str, Callable[[], None]]] = {}
        for id_ in reference.catalog.subjects:
            found[id_] = (reference.catalog.state(id_), partial(check_subject, self.client, reference, id_))
        for care in reference.purchases.values():
            found[care.purchase_id] = (
                reference.state_of_care(care),
                partial(check_care, self.client, reference, care),
            )
        for request in reference.requests.values():
            found[request.id] = (request.state(), partial(check_request, self.client, request))
        return found

    def answered(self, answer: Any, expected: tuple[int, ...]) -> None:
        """Hold the status of an answer against those that the contract gives."""
        assert answer.status_code in expected, (answer.status_code, expected, answer.text)

    def move(
        self,
        request: Request,
        path: str,
        body: dict[str, Any],
        by: str = "customer",
        expected: tuple[int, ...] = (200,),
    ) -> Any:
        """Make a move by the API, as the side that makes it: the seller by a token, or as a person vouched for."""
        callers = {
            "customer": self.client.customers[request.care.customer_id],
            "seller": self.client.sellers[request.care.product.seller_id],
            "person of the seller": self.client.platform,
            "operator": self.client.operator,
        }
        vouched = {"author_type": "human"} if by == "person of the seller" else {}
        answer = self.client.move(request.id, path, {**body, **vouched}, callers[by])
        self.answered(answer, expected)
        return answer.get_json()

    def stop_renewals(self, care: Care, record: Callable[[], None]) -> None:
        """Record what stops renewals, perhaps late: what was claimed in spite of it is to be reversed."""
        claimed = care.stop_renewals(self.now, record)
        self.settle()
        for index in claimed:
            assert index in self.client.reversed_periods(care.purchase_id), (care.purchase_id, index)
