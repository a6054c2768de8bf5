"""Steps of the model about support requests: answers, fixes, refusals, contests, refunds and closures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .care_steps import picks
from .machine import SELLERS, History
from .not_yet import is_followed
from .reference.care import VALID
from .reference.days import ClosedDays, civil_day
from .reference.requests import ANSWERABLE, OPEN, Request

MOST_REQUESTS = 4
GROUNDS = ("source_modified", "not_an_advertised_feature", "conflicting_development")
EVIDENCE = {"files": ["classes/Gallery.php"]}
REASON = "Le fichier classes/Gallery.php a été modifié à la main."


class SupportSteps(History):
    """What happens to requests."""

    @precondition(lambda self: self.reference.purchases and len(self.reference.requests) < MOST_REQUESTS)
    @rule(number=picks, kind=st.sampled_from(["anomaly", "anomaly", "anomaly", "question", "installation"]))
    def a_customer_asks_for_support(self, number: int, kind: str) -> None:
        care = self.pick_care(number)
        if care.code(self.now) not in VALID:
            return
        id_ = f"request-{len(self.reference.requests) + 1}"
        product = care.product
        self.doors.submit(id_, care.purchase_id, care.customer_id, product.id, kind)
        closures = tuple(self.reference.closures.get(product.seller_id, ()))
        self.reference.requests[id_] = Request(id_, care, kind, self.now, closures)

    @precondition(lambda self: self.requests_in(*OPEN))
    @rule(number=picks)
    def a_person_of_the_seller_answers(self, number: int) -> None:
        request = self.pick(self.requests_in(*OPEN), number)
        self.doors.say(request.id, author_type="human")
        request.acknowledge(self.now)

    @precondition(lambda self: self.requests_in(*OPEN))
    @rule(number=picks)
    def an_automation_answers(self, number: int) -> None:
        request = self.pick(self.requests_in(*OPEN), number)
        self.doors.say(request.id, author_type="automation")

    @precondition(lambda self: self.requests_in(*ANSWERABLE))
    @rule(number=picks)
    def a_free_release_fixes(self, number: int) -> None:
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        self.doors.release(request.care.product.id, "free", [request.id])
        if request.care.ended_at is None:  # who may not download it has no fix.
            request.resolve(self.now)

    @precondition(lambda self: is_followed("paid release as a fix") and self.requests_in(*ANSWERABLE))
    @rule(number=picks)
    def a_paid_release_fixes_nothing(self, number: int) -> None:
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        self.doors.release(request.care.product.id, "paid", [request.id])

    @precondition(lambda self: self.requests_in("resolved"))
    @rule(number=picks)
    def a_customer_reports_that_it_is_not_fixed(self, number: int) -> None:
        request = self.pick(self.requests_in("resolved"), number)
        self.move(request, "not-fixed", {"text": "Toujours la même erreur."})
        request.report_not_fixed(self.now)

    @precondition(lambda self: self.requests_in(*ANSWERABLE))
    @rule(number=picks, ground=st.sampled_from(GROUNDS))
    def a_seller_refuses(self, number: int, ground: str) -> None:
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        if request.kind == "installation" and ground == "site_work_or_third_party":
            return
        body = {"ground": ground, "text": REASON, "evidence": EVIDENCE}
        if ground in request.overturned:
            if is_followed("overturned ground"):
                self.move(request, "refusal", body, by="seller", expected=(409, 422))
            return
        self.move(request, "refusal", body, by="seller")
        request.refuse(ground, self.now)

    @precondition(lambda self: is_followed("blank refusal") and self.requests_in(*ANSWERABLE))
    @rule(number=picks, text=st.sampled_from(["", "  ", "\u200b", REASON]), note=st.sampled_from(["", " ", "\u200b"]))
    def a_blank_refusal_is_none(self, number: int, text: str, note: str) -> None:
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        body = {"ground": GROUNDS[0], "text": text, "evidence": {"note": note}}
        self.move(request, "refusal", body, by="seller", expected=(422,))

    @precondition(lambda self: self.requests_in("refused"))
    @rule(number=picks)
    def a_customer_contests(self, number: int) -> None:
        request = self.pick(self.requests_in("refused"), number)
        self.move(request, "contest", {"text": "Je n'ai rien modifié."})
        request.contest()

    @precondition(lambda self: self.requests_in("contested"))
    @rule(number=picks, is_overturned=st.booleans())
    def the_marketplace_decides(self, number: int, is_overturned: bool) -> None:
        request = self.pick(self.requests_in("contested"), number)
        move = "overturn" if is_overturned else "uphold"
        self.move(request, move, {"text": "Les fichiers ont été comparés."}, by="operator")
        if is_overturned:
            request.overturn(self.now)
        else:
            request.close()

    @precondition(lambda self: self.requests_in(*OPEN))
    @rule(number=st.integers(0, 60))
    def a_customer_withdraws_the_request(self, number: int) -> None:
        if number <= 15:
            request = self.pick(self.requests_in(*OPEN), number)
            self.move(request, "withdrawal", {})
            request.close("withdrawn_by_customer")

    @precondition(lambda self: self.claims("due"))
    @rule(number=picks)
    def an_operator_requests_the_refund(self, number: int) -> None:
        request = self.pick(self.claims("due"), number)
        body = {"action": "request", "text": "Le correctif n'est jamais venu."}
        self.move(request, "refund", body, by="operator")
        if request.claim is not None:
            request.claim.ask(self.now)

    @precondition(lambda self: is_followed("prefer the fix") and self.claims("due", "requested"))
    @rule(number=picks)
    def a_customer_prefers_the_fix(self, number: int) -> None:
        request = self.pick(self.claims("due", "requested"), number)
        if request.handling in ANSWERABLE and request.claim is not None:
            self.move(request, "refund", {"action": "defer"})
            request.claim.defer(self.now)

    @precondition(lambda self: is_followed("prefer the fix") and self.claims("deferred"))
    @rule(number=picks)
    def a_customer_asks_for_the_refund_again(self, number: int) -> None:
        request = self.pick(self.claims("deferred"), number)
        if request.claim is not None and request.handling != "resolved":
            self.move(request, "refund", {"action": "request"})
            request.claim.ask(self.now)

    @rule(seller_id=st.sampled_from(list(SELLERS)), begins=st.integers(1, 6), length=st.integers(1, 20))
    def a_seller_declares_a_closure(self, seller_id: str, begins: int, length: int) -> None:
        first_day = civil_day(self.now) + timedelta(days=begins)
        last_day = first_day + timedelta(days=length - 1)
        days = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
        answer = self.doors.sellers[seller_id].post(f"/sellers/{seller_id}/closures", days)
        self.answered(answer, (201,))
        self.reference.closures.setdefault(seller_id, []).append(ClosedDays(first_day, last_day, self.now))

    def claims(self, *states: str) -> dict[str, Request]:
        """The requests with a claim in one of these states."""
        found = self.reference.requests.items()
        return {id_: one for id_, one in found if one.claim is not None and one.claim.state in states}

    def move(
        self,
        request: Request,
        path: str,
        body: dict[str, Any],
        by: str = "customer",
        expected: tuple[int, ...] = (200,),
    ) -> None:
        """Make a move by the API, as the side that makes it."""
        callers = {
            "customer": self.doors.customers[request.care.customer_id],
            "seller": self.doors.sellers[request.care.product.seller_id],
            "operator": self.doors.operator,
        }
        self.answered(callers[by].post(f"/support-requests/{request.id}/{path}", body), expected)
