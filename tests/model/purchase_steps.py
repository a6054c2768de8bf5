"""Steps of the model about purchases: bought alone or in a pack, paid back, disputed, terminated; in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .catalog_steps import products
from .client import CUSTOMERS
from .machine import PACK_PRICE, PACKS, PRICE, History, pauses
from .reference.care import Care, Dispute, shares
from .reference.catalog import Pack, Product

MOST_PURCHASES = 4
NEW_PACK = "pack-3"
NEW_PRODUCT = "mod-4"
picks = st.integers(0, 20)
customers = st.sampled_from(CUSTOMERS)
late = st.sampled_from([timedelta(0), timedelta(0), timedelta(minutes=5, seconds=1), timedelta(hours=2, seconds=1)])


class PurchaseSteps(History):
    """What happens to purchases."""

    @precondition(lambda self: len(self.reference.purchases) < MOST_PURCHASES)
    @rule(
        product_id=products,
        customer_id=customers,
        early=st.sampled_from([None, None, "refund", "dispute", "choice", "request", "termination"]),
    )
    def a_customer_buys(self, product_id: str, customer_id: str, early: str | None) -> None:
        product = self.reference.catalog.products[product_id]
        if product.is_withdrawn:
            return
        care = Care(self.next_purchase(), customer_id, product, self.now, PRICE)
        if early is not None:  # its event comes before the purchase's own, and waits for it.
            getattr(self, f"early_{early}")(care)
            self.client.settle()
        self.client.buy(care.purchase_id, customer_id, product_id, PRICE)
        self.reference.purchases[care.purchase_id] = care
        if early == "request":
            self.reference.add_request(f"early-{care.purchase_id}", care, "anomaly", is_whole=True)

    def early_refund(self, care: Care) -> None:
        care.refunds[f"early-{care.purchase_id}"] = (self.now, 4000)
        self.client.refund(care.purchase_id, 4000, f"early-{care.purchase_id}", None, self.now)

    def early_dispute(self, care: Care) -> None:
        care.disputes.append(Dispute(self.now, PRICE))
        self.client.dispute(care.purchase_id, PRICE, self.now)

    def early_choice(self, care: Care) -> None:
        care.choices.append((self.now, False))
        self.client.choose(care.purchase_id, False, self.now)

    def early_request(self, care: Care) -> None:
        self.client.submit(f"early-{care.purchase_id}", care.purchase_id, "anomaly")

    def early_termination(self, care: Care) -> None:
        care.terminated_at = self.now
        self.client.terminate(care.purchase_id)

    @precondition(lambda self: len(self.reference.purchases) < MOST_PURCHASES - 1)
    @rule(pack_id=st.sampled_from(list(PACKS)), customer_id=customers, is_share=st.booleans())
    def a_customer_buys_a_pack(self, pack_id: str, customer_id: str, is_share: bool) -> None:
        """One event for each product: with its share of the price, or with the pack's whole price."""
        members = {id_: self.reference.catalog.products[id_] for id_ in PACKS[pack_id][1]}
        if any(product.is_withdrawn for product in members.values()):
            return
        paid = shares(PACK_PRICE, {id_: product.price_at(self.now) for id_, product in members.items()})
        for product_id, product in members.items():
            care = Care(self.next_purchase(), customer_id, product, self.now, paid[product_id])
            cents = paid[product_id] if is_share else PACK_PRICE
            self.client.buy(care.purchase_id, customer_id, product_id, cents, pack_id)
            self.reference.purchases[care.purchase_id] = care

    @precondition(lambda self: NEW_PACK not in self.reference.catalog.packs)
    @precondition(lambda self: len(self.reference.purchases) < MOST_PURCHASES - 1)
    @rule(order=st.permutations(range(4)), pauses=pauses, customer_id=customers, is_share=st.booleans())
    def a_new_pack_is_bought_and_becomes_known(
        self, order: list[int], pauses: set[int], customer_id: str, is_share: bool
    ) -> None:
        """The purchases of a new pack with a new product may come before the pack, the product, or both."""
        catalog = self.reference.catalog
        seller_id = "seller-1"
        if catalog.products["mod-1"].is_withdrawn:
            return
        catalog.products[NEW_PRODUCT] = Product(NEW_PRODUCT, seller_id, prices=[(self.now, PRICE)])
        members = {id_: catalog.products[id_] for id_ in ("mod-1", NEW_PRODUCT)}
        catalog.packs[NEW_PACK] = Pack(NEW_PACK, seller_id, members=tuple(members))
        facts: list[Callable[[], object]] = [
            partial(self.client.describe, NEW_PRODUCT, seller_id, PRICE),
            partial(self.client.describe_pack, NEW_PACK, seller_id, list(members)),
        ]
        paid = shares(PACK_PRICE, {id_: product.price_at(self.now) for id_, product in members.items()})
        for product_id, product in members.items():
            care = Care(self.next_purchase(), customer_id, product, self.now, paid[product_id])
            cents = paid[product_id] if is_share else PACK_PRICE
            facts.append(partial(self.client.buy, care.purchase_id, customer_id, product_id, cents, NEW_PACK))
            self.reference.purchases[care.purchase_id] = care
        self.client.publish_in_order([facts[place] for place in order], pauses)

    def next_purchase(self) -> str:
        return f"purchase-{len(self.reference.purchases) + 1}"

    @precondition(lambda self: self.reference.purchases)
    @rule(
        number=picks,
        part=st.sampled_from(["euro", "some", "most", "all", "more"]),
        ago=late,
        is_repeated=st.booleans(),
    )
    def money_is_given_back(self, number: int, part: str, ago: timedelta, is_repeated: bool) -> None:
        care = self.pick_care(number)
        price = care.price_paid
        cents = {"euro": 100, "some": price * 2 // 5, "most": price * 3 // 5, "all": price, "more": price + 500}[part]
        refund_id = f"refund-{next(self.client.numbers)}"
        requests = self.reference.about(care)
        named = requests[number % len(requests)].id if requests and number % 2 else None
        at = self.past(care, ago)
        self.settle()
        for _ in range(2 if is_repeated else 1):
            self.client.refund(care.purchase_id, cents, refund_id, named, at)
        self.stop_renewals(care, lambda: care.refunds.update({refund_id: (at, cents)}))
        self.reference.settle_claims(care)

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, ago=late)
    def a_bank_reverses_a_payment(self, number: int, ago: timedelta) -> None:
        care = self.pick_care(number)
        at = self.past(care, ago)
        if care.disputes:
            return
        self.client.dispute(care.purchase_id, care.price_paid, at)
        care.disputes.append(Dispute(at, care.price_paid))

    @precondition(lambda self: self.disputed())
    @rule(number=picks, outcome=st.sampled_from(["won", "lost"]))
    def a_bank_decides(self, number: int, outcome: str) -> None:
        care = self.pick(self.disputed(), number)
        self.settle()
        self.client.close_dispute(care.purchase_id, outcome)
        self.decide(care, care.disputes[-1], outcome)

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, outcome=st.sampled_from(["won", "lost"]))
    def a_decision_comes_before_its_dispute(self, number: int, outcome: str) -> None:
        care = self.pick_care(number)
        if care.disputes:
            return
        self.client.close_dispute(care.purchase_id, outcome)
        self.settle()
        at = self.past(care, timedelta(minutes=5, seconds=1))
        self.client.dispute(care.purchase_id, care.price_paid, at)
        care.disputes.append(Dispute(at, care.price_paid))
        self.decide(care, care.disputes[-1], outcome)

    def decide(self, care: Care, dispute: Dispute, outcome: str) -> None:
        """The bank decides now: a dispute that is lost ends the renewals, and counts as given back."""

        def record() -> None:
            dispute.outcome = outcome
            dispute.closed_at = self.now

        self.stop_renewals(care, record)
        self.reference.settle_claims(care)

    def disputed(self) -> dict[str, Care]:
        """The purchases with a dispute that is not decided."""
        cares = self.reference.purchases.values()
        return {care.purchase_id: care for care in cares if any(one.outcome is None for one in care.disputes)}

    @precondition(lambda self: self.reference.purchases)
    @rule(number=st.integers(0, 60))
    def a_care_is_terminated(self, number: int) -> None:
        if number > 15:
            return
        care = self.pick_care(number)
        self.client.terminate(care.purchase_id)
        care.terminated_at = care.terminated_at or self.now

    def past(self, care: Care, ago: timedelta) -> datetime:
        """An instant some time ago, not before the purchase."""
        return max(care.purchased_at, self.now - ago)
