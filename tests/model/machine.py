"""State machine of the model: random steps, and after each the product's answers beside the reference's.

Time stands still between the steps and moves by a second after each, so that no two facts share an instant. While it
passes, workers run at every instant at which the reference expects something to happen by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import time_machine
from hypothesis.stateful import RuleBasedStateMachine

from ..support.marketplace import Marketplace
from .checks import check_care, check_catalog, check_new_events, check_request
from .doors import Doors
from .reference.care import Care
from .reference.catalog import Pack, Product
from .reference.marketplace import Reference
from .reference.requests import Request

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONGEST_NAP = timedelta(days=25)
SELLERS = {"seller-1": ("mod-1", "mod-2"), "seller-2": ("mod-3",)}
PACKS = {"pack-1": ("seller-1", ("mod-1", "mod-2")), "pack-2": ("seller-2", ("mod-2", "mod-3"))}
PRICE = 9900
_T = TypeVar("_T")


class History(RuleBasedStateMachine):
    """One history: the product and the reference, side by side. Its steps are in the three `*_steps.py`."""

    opens: Callable[[], AbstractContextManager[Marketplace]]

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.clock = self.opened.enter_context(time_machine.travel(START, tick=False))
        real: Marketplace = self.opened.enter_context(type(self).opens())
        self.doors = Doors(real)
        self.reference = Reference(START)
        for seller_id, product_ids in SELLERS.items():
            for product_id in product_ids:
                product = Product(product_id, seller_id, prices=[(START, PRICE)])
                self.reference.catalog.products[product_id] = product
        for pack_id, (seller_id, members) in PACKS.items():
            self.reference.catalog.packs[pack_id] = Pack(pack_id, seller_id, members=members)
        self.doors.open_shop(SELLERS, PACKS)
        self.doors.new_events()

    def teardown(self) -> None:
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
                self.settle()

    def settle(self) -> None:
        """Have the product do everything that waits, and look at what it publishes."""
        self.doors.settle(twice=self.reference.had_scheduled_changes)
        check_new_events(self.doors, self.reference)

    def compare(self) -> None:
        """After each step: everything that the API says, a second later."""
        self.settle()
        self.live(self.now + SECOND, is_quiet=True)
        check_catalog(self.doors, self.reference)
        for care in self.reference.purchases.values():
            check_care(self.doors, self.reference, care)
        for request in self.reference.requests.values():
            check_request(self.doors, request)

    def answered(self, answer: Any, expected: tuple[int, ...]) -> None:
        """Hold the status of an answer against those that the contract gives."""
        assert answer.status_code in expected, (answer.status_code, expected, answer.text)
