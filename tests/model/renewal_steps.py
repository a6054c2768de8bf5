"""Steps of the model about renewals: choices, charges, second and foreign charges, reactivations, time."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .machine import History
from .purchase_steps import late, picks
from .reference.care import CLAIM_DELAY, Care, Charge, reactivation_price, renewal_price
from .reference.days import DAY, start_of

AROUND = (
    timedelta(days=-40),
    timedelta(minutes=-1),
    timedelta(0),
    timedelta(minutes=1),
    CLAIM_DELAY,
    timedelta(days=2),
)


class RenewalSteps(History):
    """What happens to the periods of Business Care."""

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, enabled=st.booleans())
    def a_customer_chooses(self, number: int, enabled: bool) -> None:
        care = self.pick_care(number)
        caller = self.client.customers[care.customer_id]
        answer = caller.post(f"/subscriptions/{care.purchase_id}/renewal", {"enabled": enabled})
        self.answered(answer, (200, 409))
        if answer.status_code == 409:
            assert care.ended_at is not None or care.product.is_withdrawn or not care.is_running(self.now)
            return
        self.stop_renewals(care, lambda: care.choices.append((self.now, enabled)))

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, enabled=st.booleans(), ago=late)
    def a_choice_is_reported(self, number: int, enabled: bool, ago: timedelta) -> None:
        """Perhaps late: it counts from when the platform received it, also where its renewal was claimed meanwhile."""
        care = self.pick_care(number)
        at = max(care.purchased_at, *care.reopened, self.now - ago)
        if enabled and self.now - at > CLAIM_DELAY:
            return
        self.settle()
        self.client.choose(care.purchase_id, enabled, at)
        self.stop_renewals(care, lambda: care.choices.append((at, enabled)))

    @precondition(lambda self: self.reference.purchases)
    @rule(is_paid=st.booleans())
    def the_platform_charges(self, is_paid: bool) -> None:
        self.settle()
        for care in self.reference.purchases.values():
            for period in care.periods(self.now):
                if period.payment != "pending":
                    continue
                cents = self.reference.price_of_renewal(care.purchase_id, period.index, start_of(period.first_day))
                charge = self.new_charge(cents)
                if is_paid:
                    care.paid[period.index] = charge
                else:
                    care.failed.add(period.index)
                name = "renewed" if is_paid else "payment_failed"
                self.client.charge(name, care.purchase_id, period.index, cents, charge.id)

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks, excess=st.sampled_from([0, 0, 1, 35_640]))
    def the_platform_charges_without_being_asked(self, number: int, excess: int) -> None:
        """The renewal to come, before its instant: stopped, it is given back whole; else what is above its price is."""
        care = self.pick_care(number)
        self.settle()
        last = care.periods(self.now)[-1]
        at = start_of(last.last_day + DAY)
        if last.payment != "paid" or at <= self.now:
            return
        index = last.index + 1
        charge = self.new_charge(self.reference.price_of_renewal(care.purchase_id, index, self.now) + excess)
        is_renewed = care.is_renewed(at)
        excesses = self.client.excesses(care.purchase_id)
        reversals = self.client.reversed_periods(care.purchase_id)
        if is_renewed:
            care.paid[index] = charge
        self.client.charge("renewed", care.purchase_id, index, charge.cents, charge.id)
        self.settle()
        found = self.client.excesses(care.purchase_id), self.client.reversed_periods(care.purchase_id)
        if is_renewed:
            assert found == ([*excesses, excess] if excess else excesses, reversals), (care.purchase_id, found)
        else:
            assert (found[0], sorted(found[1])) == (excesses, sorted([*reversals, index])), (care.purchase_id, found)

    def new_charge(self, cents: int) -> Charge:
        """A charge of now."""
        return Charge(f"charge-{next(self.client.numbers)}", self.now, cents)

    @precondition(lambda self: self.paid_periods())
    @rule(number=picks)
    def a_payment_is_reported_again(self, number: int) -> None:
        care, index = self.pick(self.paid_periods(), number)
        cents = renewal_price(care.product.price_at(self.now))
        self.client.charge("renewed", care.purchase_id, index, cents, care.paid[index].id)

    @precondition(lambda self: self.paid_periods())
    @rule(number=picks, cents=st.sampled_from([1, 3960, 9900]))
    def a_paid_period_is_charged_again(self, number: int, cents: int) -> None:
        care, index = self.pick(self.paid_periods(), number)
        self.settle()
        before = self.client.asked_back(care.purchase_id)
        self.client.charge("renewed", care.purchase_id, index, cents, f"second-{next(self.client.numbers)}")
        self.settle()
        assert self.client.asked_back(care.purchase_id) == [*before, cents]

    @precondition(lambda self: self.paid_periods())
    @rule(number=picks, other=picks, further=st.integers(0, 1))
    def a_charge_is_used_twice(self, number: int, other: int, further: int) -> None:
        """For another period, or for another purchase, whether that is pending or paid: it pays nothing."""
        care, index = self.pick(self.paid_periods(), number)
        target = self.pick_care(other)
        period = target.periods(self.now)[-1].index + (further if target.code(self.now) != "EXPIRED" else 0)
        if (target, period) == (care, index):
            return
        self.settle()
        before = self.client.asked_back(target.purchase_id)
        cents = self.reference.price_of_renewal(target.purchase_id, period, self.now)
        event_id = self.client.charge("renewed", target.purchase_id, period, cents, care.paid[index].id)
        self.settle()
        assert self.client.outcome(event_id) == "rejected"
        assert self.client.asked_back(target.purchase_id) == before

    def paid_periods(self) -> dict[str, tuple[Care, int]]:
        """The periods that were charged and paid, and not reversed."""
        cares = self.reference.purchases.values()
        return {
            f"{care.purchase_id}-{index}": (care, index)
            for care in cares
            for index in sorted(care.paid.keys() - care.reversed)
        }

    @precondition(lambda self: self.reference.purchases)
    @rule(number=picks)
    def a_customer_reactivates(self, number: int) -> None:
        care = self.pick_care(number)
        self.settle()
        if care.code(self.now) != "EXPIRED" or care.ended_at is not None:
            return
        caller = self.client.customers[care.customer_id]
        answer = caller.post(f"/subscriptions/{care.purchase_id}/reactivation")
        if care.product.is_withdrawn:
            self.answered(answer, (409,))
            return
        self.answered(answer, (202,))
        offered = answer.get_json()
        assert offered["amount"]["amount_cents"] == reactivation_price(care.product.price_at(self.now))
        charge_id = f"reactivation-{next(self.client.numbers)}"
        index = offered["period_index"]
        care.reopened.append(self.now)
        self.client.charge("reactivated", care.purchase_id, index, offered["amount"]["amount_cents"], charge_id)

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
