"""Steps of the model about the catalogue: status changes by both client, reinstatements, suspensions, prices."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .machine import PACKS, SELLERS, History
from .reference.catalog import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Subject

PRODUCTS = [product_id for product_ids in SELLERS.values() for product_id in product_ids]
products = st.sampled_from(PRODUCTS)
subjects = st.sampled_from([*PRODUCTS, *PRODUCTS, *PACKS])
sides = st.sampled_from([SELLER, MARKETPLACE])
statuses = st.sampled_from([ONLINE, ONLINE, OFFLINE, OFFLINE, WITHDRAWN])
delays = st.sampled_from([None, None, timedelta(hours=-1), timedelta(minutes=30), timedelta(days=3)])


class CatalogSteps(History):
    """What happens to products and packs."""

    def subject(self, id_: str) -> Subject:
        return self.reference.catalog.subjects[id_]

    @rule(id_=subjects, side=sides, status=statuses, delay=delays)
    def a_status_changes_by_event(self, id_: str, side: str, status: str, delay: timedelta | None) -> None:
        at = self.now + (delay or timedelta(0))
        more = {} if delay is None else {"effective_at": at.isoformat()}
        self.client.change_status(id_, side, status, **more)
        self.subject(id_).change(side, status, at, self.now)
        self.subject(id_).heard.add(side)

    @rule(id_=subjects, side=sides, status=statuses, delay=st.sampled_from([None, None, timedelta(days=3)]))
    def a_status_changes_by_api(self, id_: str, side: str, status: str, delay: timedelta | None) -> None:
        subject = self.subject(id_)
        at = self.now + (delay or timedelta(0))
        others = self.reference.catalog.holding_sides(id_) - {side}
        is_held = status == ONLINE and side not in subject.holds and bool(others)
        answer = self.client.request_status(id_, subject.seller_id, side, status, at if delay else None)
        if subject.is_withdrawn:
            self.answered(answer, (202, 409) if status == WITHDRAWN else (409,))
        elif is_held and not delay:
            self.answered(answer, (409,))
        else:
            self.answered(answer, (202,))
            before = subject.state()
            subject.change(side, status, at, self.now)
            if subject.state() != before:
                self.changed_here[id_, side] = self.now

    @precondition(lambda self: self.changed_here)
    @rule(number=st.integers(0, 20), status=statuses)
    def an_event_was_sent_before_the_last_change_made_here(self, number: int, status: str) -> None:
        changed = {f"{id_} {side}": (id_, side, at) for (id_, side), at in self.changed_here.items()}
        id_, side, at = self.pick(changed, number)
        self.client.change_status(id_, side, status, sent_at=at - timedelta(milliseconds=1))

    @rule(id_=subjects, side=sides)
    def a_scheduled_change_is_cancelled_by_api(self, id_: str, side: str) -> None:
        subject = self.subject(id_)
        is_scheduled = side in subject.slots
        answer = self.client.cancel_scheduled(id_, subject.seller_id, side)
        self.answered(answer, (204,) if is_scheduled else (404,))
        if is_scheduled:
            del subject.slots[side]
            self.changed_here[id_, side] = self.now

    @precondition(lambda self: any(one.heard for one in self.reference.catalog.subjects.values()))
    @rule(number=st.integers(0, 20), status=statuses)
    def an_older_version_comes_late(self, number: int, status: str) -> None:
        heard = {id_: one for id_, one in self.reference.catalog.subjects.items() if one.heard}
        subject = self.pick(heard, number)
        self.client.change_status(subject.id, sorted(subject.heard)[0], status, version=1)

    @rule(id_=products, side=sides)
    def a_scheduled_change_is_cancelled(self, id_: str, side: str) -> None:
        self.client.send("product.change_cancelled", product_id=id_, actor=side)
        self.subject(id_).slots.pop(side, None)

    @rule(id_=products)
    def a_product_is_reinstated(self, id_: str) -> None:
        self.client.send("product.reinstated", product_id=id_)
        self.subject(id_).reinstate(self.now)

    @rule(seller_id=st.sampled_from(list(SELLERS)), suspended=st.booleans())
    def a_seller_is_suspended_or_back(self, seller_id: str, suspended: bool) -> None:
        self.client.send("seller.suspended" if suspended else "seller.unsuspended", seller_id=seller_id)
        known = self.reference.catalog.suspended
        (known.add if suspended else known.discard)(seller_id)

    @rule(id_=products, cents=st.sampled_from([4900, 9900, 9905, 49900]))
    def a_price_changes(self, id_: str, cents: int) -> None:
        product = self.reference.catalog.products[id_]
        self.client.describe(id_, product.seller_id, cents)
        product.prices.append((self.now, cents))
