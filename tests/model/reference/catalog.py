"""Products and packs in the reference: holds, scheduled changes, withdrawal, visibility (rules 1 to 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

SELLER = "seller"
MARKETPLACE = "marketplace"
ONLINE = "online"
OFFLINE = "offline_temporary"
WITHDRAWN = "offline_permanent"


@dataclass
class Subject:
    """A product or a pack.

    `withdrawals` are instants, each with that of its reinstatement or None; `heard` are the sides that have spoken by
    event, whose older versions count for nothing.
    """

    id: str
    seller_id: str
    holds: set[str] = field(default_factory=set)
    slots: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    withdrawals: list[list[datetime | None]] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)

    @property
    def is_withdrawn(self) -> bool:
        return bool(self.withdrawals) and self.withdrawals[-1][1] is None

    def state(self) -> tuple[object, ...]:
        """Everything that a side can change."""
        return frozenset(self.holds), tuple(sorted(self.slots.items())), repr(self.withdrawals)

    def change(self, side: str, status: str, at: datetime, now: datetime) -> None:
        """One side wants a status at an instant: later is a scheduled change, which replaces that side's other one."""
        if self.is_withdrawn:
            return
        if at > now:
            self.slots[side] = (at, status)
        elif status == WITHDRAWN:
            self.withdrawals.append([now, None])
            self.slots.clear()
        elif status == OFFLINE:
            self.holds.add(side)
        else:
            self.holds.discard(side)

    def reinstate(self, now: datetime) -> None:
        """The marketplace takes a withdrawal back: offline under a hold of the marketplace."""
        if self.is_withdrawn:
            self.withdrawals[-1][1] = now
            self.holds.add(MARKETPLACE)

    def pass_to(self, now: datetime) -> None:
        """Carry out the scheduled changes that are due, each at its instant."""
        while due := sorted((at, side, status) for side, (at, status) in self.slots.items() if at <= now):
            at, side, status = due[0]
            del self.slots[side]
            self.change(side, status, at, at)


@dataclass
class Product(Subject):
    """A product with the prices that its listing had, by instant."""

    prices: list[tuple[datetime, int]] = field(default_factory=list)

    def price_at(self, at: datetime) -> int:
        """The listing's price in cents at an instant."""
        return [cents for since, cents in self.prices if since <= at][-1]


@dataclass
class Pack(Subject):
    """Several products sold as one."""

    members: tuple[str, ...] = ()


@dataclass
class Catalog:
    """All products and packs, and which sellers are suspended."""

    products: dict[str, Product] = field(default_factory=dict)
    packs: dict[str, Pack] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)

    @property
    def subjects(self) -> dict[str, Subject]:
        return {**self.products, **self.packs}

    def status(self, id_: str) -> str:
        """The derived status: a withdrawal before any hold."""
        subject = self.subjects[id_]
        if subject.is_withdrawn:
            return WITHDRAWN
        return OFFLINE if self.holding_sides(id_) else ONLINE

    def holding_sides(self, id_: str) -> set[str]:
        """The sides that keep it offline now; a suspended account holds all that its seller sells, packs alike."""
        subject = self.subjects[id_]
        return subject.holds | ({"account"} if subject.seller_id in self.suspended else set())

    def blocking(self, pack_id: str) -> list[str]:
        """The members that keep a pack hidden: each that is not online."""
        return sorted(member for member in self.packs[pack_id].members if self.status(member) != ONLINE)

    def public_answer(self, id_: str) -> int:
        """What the public gets: 200, 404 while hidden, 410 after a withdrawal."""
        status = self.status(id_)
        if status == WITHDRAWN:
            return 410
        is_complete = id_ not in self.packs or (len(self.packs[id_].members) >= 2 and not self.blocking(id_))
        return 200 if status == ONLINE and is_complete else 404

    def state(self, id_: str) -> str:
        """Everything that is expected of a product or a pack now, as text."""
        blocking = self.blocking(id_) if id_ in self.packs else []
        return repr((self.subjects[id_].state(), sorted(self.holding_sides(id_)), blocking))

    def pass_to(self, now: datetime) -> None:
        """Carry out everything that was scheduled until now."""
        for subject in self.subjects.values():
            subject.pass_to(now)
