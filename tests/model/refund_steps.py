"""Steps of the model about refunds of missed fixes, and about closures of sellers."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .machine import SELLERS, History
from .purchase_steps import picks
from .reference.days import ClosedDays, civil_day
from .reference.requests import FIXABLE, Request

MOST_CLOSURES = 4
"""Of one seller: so few that no row of them is longer than what a closure may suspend."""
sellers = st.sampled_from(list(SELLERS))


class RefundSteps(History):
    """What becomes of the refund of a missed fix."""

    @precondition(lambda self: self.claims("due", "deferred"))
    @rule(number=picks)
    def an_operator_requests_the_refund(self, number: int) -> None:
        request = self.pick(self.claims("due", "deferred"), number)
        body = {"action": "request", "text": "Le correctif n'est jamais venu."}
        is_disputed = request.care.awaits_the_bank
        self.move(request, "refund", body, by="operator", expected=(409,) if is_disputed else (200,))
        if request.claim is not None and not is_disputed:
            request.claim.ask(self.now)

    @precondition(lambda self: self.claims("due", "requested"))
    @rule(number=picks)
    def a_customer_prefers_the_fix(self, number: int) -> None:
        request = self.pick(self.claims("due", "requested"), number)
        is_fixable = request.handling in FIXABLE
        self.move(request, "refund", {"action": "defer"}, expected=(200,) if is_fixable else (409,))
        if is_fixable:
            request.defer(self.now)

    @precondition(lambda self: self.claims("deferred"))
    @rule(number=picks)
    def a_customer_asks_for_the_refund_again(self, number: int) -> None:
        request = self.pick(self.claims("deferred"), number)
        self.move(request, "refund", {"action": "request"})
        if request.claim is not None:
            request.claim.ask(self.now)

    def claims(self, *states: str) -> dict[str, Request]:
        """The requests with a claim in one of these states."""
        found = self.reference.requests.items()
        return {id_: one for id_, one in found if one.claim is not None and one.claim.state in states}


class ClosureSteps(History):
    """Days on which a seller does not work."""

    @rule(seller_id=sellers, begins=st.integers(0, 6), length=st.integers(1, 20))
    def a_seller_declares_a_closure(self, seller_id: str, begins: int, length: int) -> None:
        known = self.reference.closures_of(seller_id)
        if len(known) >= MOST_CLOSURES:
            return
        first_day = civil_day(self.now) + timedelta(days=begins)
        last_day = first_day + timedelta(days=length - 1)
        days = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
        answer = self.client.sellers[seller_id].post(f"/sellers/{seller_id}/closures", days)
        self.answered(answer, (201,))
        known[answer.get_json()["closure_id"]] = ClosedDays(first_day, last_day, self.now)
        self.reference.change_closure(seller_id)

    @precondition(lambda self: self.closures_to_come())
    @rule(number=picks, days=st.integers(0, 20))
    def a_closure_is_shortened(self, number: int, days: int) -> None:
        seller_id, closure_id, closure = self.pick(self.closures_to_come(), number)
        last_day = closure.first_day + timedelta(days=days)
        if last_day > closure.last_day:
            return
        path = f"/sellers/{seller_id}/closures/{closure_id}"
        self.answered(self.client.sellers[seller_id].patch(path, {"last_day": last_day.isoformat()}), (200,))
        closure.shorten(last_day, self.now)
        self.reference.change_closure(seller_id)

    @precondition(lambda self: self.closures_to_come())
    @rule(number=picks)
    def a_closure_is_cancelled(self, number: int) -> None:
        seller_id, closure_id, closure = self.pick(self.closures_to_come(), number)
        answer = self.client.sellers[seller_id].delete(f"/sellers/{seller_id}/closures/{closure_id}")
        self.answered(answer, (204,))
        closure.cancel(self.now)
        self.reference.change_closure(seller_id)

    def closures_to_come(self) -> dict[str, tuple[str, str, ClosedDays]]:
        """The closures of which a day is left after today."""
        return {
            id_: (seller_id, id_, closure)
            for seller_id, known in self.reference.closures.items()
            for id_, closure in known.items()
            if closure.last_day > civil_day(self.now) and closure.last_day >= closure.first_day
        }
