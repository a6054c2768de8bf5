"""The whole marketplace in the reference: what is known, and the next instant at which something happens by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from .care import CLAIM_DELAY, Care, renewal_price
from .catalog import Catalog
from .days import ClosedDays
from .releases import Release
from .requests import Request


@dataclass
class Reference:
    """Everything that the marketplace has been told, and what follows from it."""

    now: datetime
    catalog: Catalog = field(default_factory=Catalog)
    purchases: dict[str, Care] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    closures: dict[str, dict[str, ClosedDays]] = field(default_factory=dict)
    notices: dict[tuple[str, int], int] = field(default_factory=dict)
    had_scheduled_changes: bool = False

    def pass_to(self, now: datetime) -> None:
        """Let time pass. The caller stops at every `next_instant`, as a service does that is never late."""
        self.now = now
        self.had_scheduled_changes = any(subject.slots for subject in self.catalog.subjects.values())
        self.catalog.pass_to(now)
        for request in sorted(self.requests.values(), key=lambda one: one.id):
            request.pass_to(now)

    def next_instant(self) -> datetime | None:
        """The next instant at which something happens by itself."""
        return min((at for at in self._instants() if at > self.now), default=None)

    def _instants(self) -> Iterator[datetime]:
        for subject in self.catalog.subjects.values():
            yield from (at for at, _ in subject.slots.values())
        for care in self.purchases.values():
            renewal_at = care.next_instant(self.now)
            if renewal_at is not None:
                yield renewal_at
                yield renewal_at + CLAIM_DELAY
        for request in self.requests.values():
            yield from self._instants_of(request)

    def _instants_of(self, request: Request) -> Iterator[datetime]:
        clocks = [request.acknowledgement, *request.fix_clocks]
        yield from (clock.due_before for clock in clocks if clock is not None and clock.state == "running")
        waits = [request.waits_until, request.claim.request_at if request.claim else None]
        yield from (at for at in waits if at is not None)

    def hear_notice(self, purchase_id: str, period_index: int, cents: int) -> None:
        """A notice was sent: what it said binds, in its window or not (rule 9)."""
        self.notices[purchase_id, period_index] = cents

    def price_of_renewal(self, purchase_id: str, period_index: int, at: datetime) -> int:
        """What a renewal costs: the listing's price at its instant, and never more than the last notice said."""
        price = renewal_price(self.purchases[purchase_id].product.price_at(at))
        return min(price, self.notices.get((purchase_id, period_index), price))

    def add_request(self, id_: str, care: Care, kind: str, *, is_whole: bool) -> Request:
        """A request of now; `is_whole`: nothing is missing, and its clocks start."""
        closures = self.closures_of(care.product.seller_id).values()
        request = Request(id_, care, kind, self.now, closures, self.about(care))
        care.owed_fixes.add(id_)
        self.requests[id_] = request
        if is_whole:
            request.accept(self.now)
        return request

    def about(self, care: Care) -> list[Request]:
        """All requests about one purchase: a list that grows with them."""
        known = next((one.siblings for one in self.requests.values() if one.care is care), None)
        return [] if known is None else known

    def state_of_care(self, care: Care) -> str:
        """Everything that is expected of a purchase now, as text."""
        downloads = [one.id for one in self.releases.values() if care.may_download(one, self.now)]
        prices = (care.product.prices[-1], [item for item in self.notices.items() if item[0][0] == care.purchase_id])
        parts = (care.code(self.now), care.periods(self.now), care.next_instant(self.now), care.ended_at)
        return repr((*parts, care.given_back, care.product.is_withdrawn, prices, downloads))

    def settle_claims(self, care: Care) -> None:
        """After money was given back: every claim of the purchase is computed again."""
        for request in self.about(care):
            if request.claim is not None:
                request.claim.settle_if_nothing_is_owed(self.now)

    def change_closure(self, seller_id: str) -> None:
        """A closure was announced, shortened or cancelled: the seller's clocks that run are counted again."""
        for request in self.requests.values():
            if request.care.product.seller_id == seller_id and request.acknowledgement is not None:
                request.acknowledgement.recount(self.now)

    def closures_of(self, seller_id: str) -> dict[str, ClosedDays]:
        """The seller's closures by their ids."""
        return self.closures.setdefault(seller_id, {})
