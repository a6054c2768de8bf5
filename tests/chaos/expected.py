"""Reference of the chaos test: what the service must have made of the events that it has answered 202.

Of one side's changes of one product the newest version counts, in whatever order they came; a withdrawal is final. Each
event's own outcome follows from those received before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .stream import Sent

WITHDRAWN = "offline_permanent"


@dataclass
class ProductState:
    """A product as its events leave it, one after the other."""

    holds: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)
    is_withdrawn: bool = False

    def apply(self, side: str, status: str, version: int) -> str:
        """Apply a change; return what the service records as its outcome."""
        if version <= self.versions.get(side, 0):
            return "superseded"
        self.versions[side] = version
        if self.is_withdrawn:
            return "no_effect"
        if status == WITHDRAWN:
            self.is_withdrawn = True
            return "changed"
        is_held = side in self.holds
        (self.holds.discard if status == "online" else self.holds.add)(side)
        return "changed" if is_held == (status == "online") else "no_effect"

    @property
    def status(self) -> str:
        return WITHDRAWN if self.is_withdrawn else "offline_temporary" if self.holds else "online"


@dataclass
class Expected:
    """Status of each product, outcome of each status change, refunds and cancellations of each purchase."""

    products: dict[str, ProductState] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    purchases: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, set[str]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)

    @property
    def stopped(self) -> set[str]:
        """The purchases that do not renew: by their customer, or since their product is withdrawn."""
        withdrawn = {id_ for id_, product in self.products.items() if product.is_withdrawn}
        return self.cancelled | {id_ for id_, product_id in self.purchases.items() if product_id in withdrawn}


def expect(sent: Iterable[Sent]) -> Expected:
    """What follows from these events, each lane's in the order of receipt."""
    found = Expected()
    for event in sent:
        data = event.data
        if event.type == "product.upserted":
            found.products.setdefault(data["product_id"], ProductState())
        elif event.type == "product.status_changed":
            state = found.products[data["product_id"]]
            found.outcomes[event.event_id] = state.apply(data["actor"], data["status"], data["version"])
        elif event.type == "purchase.completed":
            found.purchases[data["purchase_id"]] = data["product_id"]
        elif event.type == "purchase.refunded":
            found.refunds.setdefault(data["purchase_id"], set()).add(data["refund_id"])
        elif event.type == "subscription.renewal_cancelled":
            found.cancelled.add(data["purchase_id"])
    return found
