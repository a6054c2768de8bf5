"""Steps of the model about purchases and Business Care: choices, charges, reactivations, refunds, time."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .catalog_steps import products
from .machine import PRICE, History
from .not_yet import is_followed
from .reference.care import CLAIM_DELAY, Care, reactivation_price, renewal_price
from .reference.days import DAY, start_of

MOST_PURCHASES = 3
picks = st.integers(0, 20)
AROUND = (
    timedelta(days=-40),
    timedelta(minutes=-1),
    timedelta(0),
    timedelta(minutes=1),
    CLAIM_DELAY,
    timedelta(days=2),
)


class CareSteps(History):
    """What happens to purchases."""

    @precondition(lambda self: len(self.reference.purchases) < MOST_PURCHASES)
    @rule(product_id=products, customer_id=st.sampled_from(["customer-1", "customer-2"]))
    def a_customer_buys(self, product_id: str, customer_id: str) -> None:
        product = self.reference.catalog.products[product_id]
        if product.is_withdrawn:
            return
        id_ = f"purchase-{len(self.reference.purchases) + 1}"
        self.doors.buy(id_, customer_id, product_id, PRICE)
        self.reference.purchases[id_] = Care(id_, customer_id, product, self.now, PRICE)

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, enabled=st.booleans(), channel=st.sampled_from(["api", "event"]))
    def a_customer_chooses(self, number: int, enabled: bool, channel: str) -> None:
        care = self.pick_care(number)
        if channel == "api":
            caller = self.doors.customers[care.customer_id]
            answer = caller.post(f"/subscriptions/{care.purchase_id}/renewal", {"enabled": enabled})
            self.answered(answer, (200, 409))
            if answer.status_code == 409:
                assert care.ended_at is not None or care.product.is_withdrawn or care.code(self.now) == "EXPIRED"
                return
        else:
            name = "renewal_enabled" if enabled else "renewal_cancelled"
            data = {"purchase_id": care.purchase_id, "actor": "customer", "received_at": self.now.isoformat()}
            self.doors.send(f"subscription.{name}", **data)
        care.choices.append((self.now, enabled))

    @precondition(lambda self: self.reference.purchases)
    @rule(is_paid=st.booleans())
    def the_platform_charges(self, is_paid: bool) -> None:
        self.settle()
        for care in self.reference.purchases.values():
            for period in care.periods(self.now):
                if period.payment != "pending":
                    continue
                (care.paid if is_paid else care.failed).add(period.index)
                at = start_of(period.first_day)
                cents = self.reference.price_of_renewal(care.purchase_id, period.index, at)
                name = "renewed" if is_paid else "payment_failed"
                charge_id = f"charge-{care.purchase_id}-{period.index}"
                self.doors.charge(name, care.purchase_id, period.index, cents, charge_id)

    @precondition(lambda self: self.paid_periods())
    @rule(number=picks)
    def a_payment_is_reported_again(self, number: int) -> None:
        care, index = self.pick(self.paid_periods(), number)
        cents = renewal_price(care.product.price_at(self.now))
        self.doors.charge("renewed", care.purchase_id, index, cents, f"charge-{care.purchase_id}-{index}")

    @precondition(lambda self: is_followed("second charge") and self.paid_periods())
    @rule(number=picks, cents=st.sampled_from([1, 3960, 9900]))
    def a_paid_period_is_charged_again(self, number: int, cents: int) -> None:
        care, index = self.pick(self.paid_periods(), number)
        self.settle()
        before = self.doors.asked_back(care.purchase_id)
        self.doors.charge("renewed", care.purchase_id, index, cents, f"second-{next(self.doors.numbers)}")
        self.settle()
        assert self.doors.asked_back(care.purchase_id) == [*before, cents]

    def paid_periods(self) -> dict[str, tuple[Care, int]]:
        """The periods that were charged and paid."""
        cares = self.reference.purchases.values()
        return {f"{care.purchase_id}-{index}": (care, index) for care in cares for index in sorted(care.paid)}

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks)
    def a_customer_reactivates(self, number: int) -> None:
        care = self.pick_care(number)
        self.settle()
        if care.code(self.now) != "EXPIRED" or care.ended_at is not None:
            return
        caller = self.doors.customers[care.customer_id]
        answer = caller.post(f"/subscriptions/{care.purchase_id}/reactivation")
        if care.product.is_withdrawn:
            self.answered(answer, (409,))
            return
        self.answered(answer, (202,))
        offered = answer.get_json()
        assert offered["amount"]["amount_cents"] == reactivation_price(care.product.price_at(self.now))
        charge_id = f"reactivation-{next(self.doors.numbers)}"
        index = offered["period_index"]
        care.reopened.append(self.now)
        self.doors.charge("reactivated", care.purchase_id, index, offered["amount"]["amount_cents"], charge_id)

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, cents=st.sampled_from([100, 4000, 5900, PRICE, PRICE + 500]), is_repeated=st.booleans())
    def money_is_given_back(self, number: int, cents: int, is_repeated: bool) -> None:
        care = self.pick_care(number)
        if cents < PRICE and care.given_back + cents >= PRICE and not is_followed("full refund in parts"):
            return
        refund_id = f"refund-{next(self.doors.numbers)}"
        requests = [one.id for one in self.reference.requests.values() if one.care is care]
        named = requests[number % len(requests)] if requests and number % 2 else None
        care.refunds[refund_id] = (self.now, cents)
        for _ in range(2 if is_repeated and is_followed("refund") else 1):
            self.doors.refund(care.purchase_id, cents, refund_id, named)
        self.reference.settle_claims(care)

    @precondition(lambda self: self.reference.purchases)
    @rule(number=st.integers(0, 60))
    def a_care_is_terminated(self, number: int) -> None:
        if number > 15:
            return
        care = self.pick_care(number)
        data = {"terminated_at": self.now.isoformat(), "reason": "fraud"}
        self.doors.send("subscription.terminated", purchase_id=care.purchase_id, **data)
        care.terminated_at = care.terminated_at or self.now

    @rule(days=st.sampled_from([1, 3, 10, 45]))
    def days_pass(self, days: int) -> None:
        self.live(self.now + timedelta(days=days))

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, around=st.sampled_from(AROUND))
    def a_renewal_comes_near(self, number: int, around: timedelta) -> None:
        care = self.pick_care(number)
        pending = [one for one in care.periods(self.now) if one.payment == "pending"]
        if not pending:
            self.live(max(self.now, start_of(care.periods(self.now)[-1].last_day + DAY) + around))
