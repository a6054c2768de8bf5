"""Whatever happens in whatever order, by event or by button, early or late, the end is what a naive model says.

The model is told everything at the instant it happens, and knows neither batches, cascades, locks nor lateness.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import time_machine
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy.engine import make_url

from ...support.databases import copy_sqlite
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace, open_marketplace
from ...support.status_changes import cancel_scheduled_directly, change_status_directly, reinstate_directly

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OWNERS = {"mod-1": "seller-1", "mod-2": "seller-1", "mod-3": "seller-2", "pack-1": "seller-1", "pack-2": "seller-2"}
PRODUCTS = ("mod-1", "mod-2", "mod-3")
PACKS = ("pack-1", "pack-2")

subjects = st.sampled_from(sorted(OWNERS))
sides = st.sampled_from([SELLER, MARKETPLACE])
statuses = st.sampled_from([ONLINE, OFFLINE, OFFLINE, WITHDRAWN])
delays_min = st.none() | st.sampled_from([-60, 5, 30, 90])
ways = st.sampled_from(["event", "button"])


def kind_of(id_: str) -> str:
    return "pack" if id_ in PACKS else "product"


@dataclass
class Known:
    """What the model knows of one product or pack."""

    holds: set[str] = field(default_factory=set)
    withdrawn: bool = False
    slots: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    def request_status(self, side: str, status: str, at: datetime, now: datetime) -> None:
        if self.withdrawn:
            return
        if at > now:
            self.slots[side] = (at, status)
        elif status == WITHDRAWN:
            self.withdrawn = True
            self.slots.clear()
        elif status == OFFLINE:
            self.holds.add(side)
        else:
            self.holds.discard(side)

    def pass_to(self, now: datetime) -> None:
        while due := sorted((at, side, status) for side, (at, status) in self.slots.items() if at <= now):
            at, side, status = due[0]
            del self.slots[side]
            self.request_status(side, status, at, now)


@dataclass
class Model:
    """The marketplace as it should be."""

    now: datetime = START
    known: dict[str, Known] = field(default_factory=lambda: {id_: Known() for id_ in OWNERS})
    suspended: set[str] = field(default_factory=set)
    members: dict[str, list[str]] = field(
        default_factory=lambda: {"pack-1": ["mod-1", "mod-2"], "pack-2": ["mod-2", "mod-3"]}
    )

    def pass_to(self, now: datetime) -> None:
        self.now = now
        for known in self.known.values():
            known.pass_to(now)

    def status(self, id_: str) -> str:
        if self.known[id_].withdrawn:
            return WITHDRAWN
        return OFFLINE if self.known[id_].holds or OWNERS[id_] in self.suspended else ONLINE

    def can_see(self, id_: str) -> bool:
        members = self.members.get(id_, ["", ""])
        whole = len(members) >= 2 and all(self.status(member) == ONLINE for member in members if member)
        return self.status(id_) == ONLINE and whole


class Histories(RuleBasedStateMachine):
    """The real thing and the model, side by side."""

    template: Path
    folders: Iterator[Path]

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.clock = self.opened.enter_context(time_machine.travel(START, tick=False))
        folder = next(self.folders)
        folder.mkdir()
        url = copy_sqlite(self.template, folder / "marketplace.db")
        self.real: Marketplace = self.opened.enter_context(open_marketplace(url, folder))
        self.model = Model()
        self.microseconds = count(1)
        self.heard: set[tuple[str, str]] = set()
        self.settled = True
        for seller_id in ("seller-1", "seller-2"):
            self.real.publish_products(*(id_ for id_ in PRODUCTS if OWNERS[id_] == seller_id), seller_id=seller_id)
        for pack_id, members in self.model.members.items():
            self.real.publish_pack(pack_id, *members, seller_id=OWNERS[pack_id])

    def teardown(self) -> None:
        self.opened.close()

    def instant(self, delay_min: int | None) -> datetime:
        """An instant of its own for each change: of two at the same instant none is the first."""
        return self.model.now + timedelta(minutes=delay_min or 0, microseconds=-next(self.microseconds))

    @rule(id_=subjects, side=sides, status=statuses, delay_min=delays_min, way=ways)
    def change(self, id_: str, side: str, status: str, delay_min: int | None, way: str) -> None:
        at = None if delay_min is None else self.instant(delay_min)
        if way == "event":
            more = {} if at is None else {"effective_at": at.isoformat()}
            self.real.change_status(id_, status, side, kind=kind_of(id_), **more)
            self.heard.add((id_, side))
            self.settled = False
        else:
            self.apply_everything()
            change_status_directly(self.real, status, side, effective_at=at, id_=id_, kind=kind_of(id_))
            self.settled = False
        self.model.known[id_].request_status(side, status, at or self.model.now, self.model.now)

    @precondition(lambda self: self.heard)
    @rule(data=st.data(), status=statuses)
    def a_late_event_counts_for_nothing(self, data: st.DataObject, status: str) -> None:
        id_, side = data.draw(st.sampled_from(sorted(self.heard)))
        self.real.change_status(id_, status, side, kind=kind_of(id_), version=1)
        self.settled = False

    @rule(id_=st.sampled_from(PRODUCTS), side=sides, way=ways)
    def cancel(self, id_: str, side: str, way: str) -> None:
        if way == "event":
            self.real.publish("product.change_cancelled", product_id=id_, actor=side)
            self.heard.add((id_, side))
            self.settled = False
        else:
            self.apply_everything()
            cancel_scheduled_directly(self.real, side, id_=id_)
            self.settled = False
        self.model.known[id_].slots.pop(side, None)

    @rule(id_=st.sampled_from(PRODUCTS), way=ways)
    def reinstate(self, id_: str, way: str) -> None:
        if way == "event":
            self.real.publish("product.reinstated", product_id=id_)
            self.heard.add((id_, MARKETPLACE))
            self.settled = False
        else:
            self.apply_everything()
            reinstate_directly(self.real, id_=id_)
            self.settled = False
        known = self.model.known[id_]
        if known.withdrawn:
            known.withdrawn = False
            known.holds.add(MARKETPLACE)

    @rule(seller_id=st.sampled_from(["seller-1", "seller-2"]), suspended=st.booleans())
    def suspend(self, seller_id: str, suspended: bool) -> None:
        self.real.publish("seller.suspended" if suspended else "seller.unsuspended", seller_id=seller_id)
        (self.model.suspended.add if suspended else self.model.suspended.discard)(seller_id)
        self.settled = False

    @rule(pack_id=st.sampled_from(PACKS), members=st.lists(st.sampled_from(PRODUCTS), unique=True))
    def fill(self, pack_id: str, members: list[str]) -> None:
        self.real.publish("pack.upserted", pack_id=pack_id, seller_id=OWNERS[pack_id], product_ids=members)
        self.model.members[pack_id] = members
        self.settled = False

    @rule(minutes=st.sampled_from([1, 10, 45, 120]))
    def wait(self, minutes: int) -> None:
        self.clock.shift(timedelta(minutes=minutes))
        self.model.pass_to(self.model.now + timedelta(minutes=minutes))
        self.settled = False

    @precondition(lambda self: not self.settled)
    @rule()
    def run_all_now(self) -> None:
        self.apply_everything()

    def apply_everything(self) -> None:
        for _ in range(2):  # what was scheduled waits for the events that were in flight.
            self.real.run_all_now()
        self.settled = True

    @invariant()
    def everything_is_as_it_should_be(self) -> None:
        if not self.settled:
            return
        for id_ in PRODUCTS:
            product = self.real.product(id_)
            assert product.status == self.model.status(id_), id_
            assert product.shown is self.model.can_see(id_), id_
        for id_ in PACKS:
            assert self.real.is_pack_visible(id_) is self.real.pack(id_).shown is self.model.can_see(id_), id_
        for id_, known in self.model.known.items():
            kind = kind_of(id_)
            assert self.real.holding_sides(id_, kind) == known.holds, id_
            expected = {side: (status, at) for side, (at, status) in known.slots.items()}
            assert self.real.scheduled_changes(id_, kind) == expected, id_
            self.check_published(id_, kind)

    def check_published(self, id_: str, kind: str) -> None:
        """Hidden and shown take turns, the last is what is seen, no number of the sequence is missing or repeated."""
        events = self.real.outgoing(id_, kind)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1)), id_
        pages = [event.type for event in events if event.type in (f"{kind}.hidden", f"{kind}.shown")]
        assert pages == [f"{kind}.{('hidden', 'shown')[number % 2]}" for number in range(len(pages))], id_
        assert (len(pages) % 2 == 0) is self.model.can_see(id_), id_


def test_every_history_ends_as_the_model_does(sqlite_url: str, tmp_path: Path) -> None:
    machine = type("History", (Histories,), {})
    machine.template = Path(make_url(sqlite_url).database or "")
    machine.folders = (tmp_path / f"{number}" for number in count())
    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=30))
