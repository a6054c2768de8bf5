"""Steps of the model about support requests: asked, completed, answered, explained, taken back."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .client import PERSON, SITE
from .machine import History
from .purchase_steps import picks
from .reference.care import VALID
from .reference.requests import ANSWERABLE, OPEN, Request

MOST_REQUESTS = 5
SECONDS_AFTER = timedelta(seconds=60)
ANSWERED = tuple(state for state in OPEN if state != "needs_information")
kinds = st.sampled_from(["anomaly", "anomaly", "anomaly", "question", "installation"])


class SupportSteps(History):
    """What both sides say to each other."""

    def may_ask(self) -> bool:
        return bool(self.reference.purchases) and len(self.reference.requests) < MOST_REQUESTS

    @precondition(may_ask)
    @rule(number=picks, kind=kinds)
    def a_request_is_reported(self, number: int, kind: str) -> None:
        care = self.pick_care(number)
        if care.code(self.now) not in VALID:
            return
        id_ = f"request-{len(self.reference.requests) + 1}"
        self.client.submit(id_, care.purchase_id, kind)
        self.reference.add_request(id_, care, kind, is_whole=True)

    @precondition(may_ask)
    @rule(number=picks, kind=kinds)
    def a_customer_asks_without_naming_the_site(self, number: int, kind: str) -> None:
        care = self.pick_care(number)
        if care.code(self.now) not in VALID:
            return
        text = {"subject": f"Panne {next(self.client.numbers)}", "body": f"L'export échoue. {self.now}"}
        body = {"purchase_id": care.purchase_id, "kind": kind, **text}
        answer = self.client.customers[care.customer_id].post("/support-requests", body)
        self.answered(answer, (201,))
        assert answer.get_json()["missing"]
        self.reference.add_request(answer.get_json()["request_id"], care, kind, is_whole=False)

    @precondition(lambda self: self.requests_in("needs_information"))
    @rule(number=picks, is_as_it_is=st.booleans())
    def a_customer_completes_the_request(self, number: int, is_as_it_is: bool) -> None:
        """What the site would have told stays unknown: nobody answers there. Sent as it is, its clocks start."""
        request = self.pick(self.requests_in("needs_information"), number)
        if is_as_it_is:
            self.move(request, "send-as-is", {})
            request.accept(self.now)
            return
        answer = self.move(request, "information", {"shop_url": SITE})
        if not answer["missing"]:
            request.accept(self.now)

    @precondition(lambda self: self.requests_in(*ANSWERED))
    @rule(number=picks, ago=st.sampled_from([timedelta(0), timedelta(0), timedelta(minutes=5), timedelta(hours=30)]))
    def a_person_of_the_seller_answers(self, number: int, ago: timedelta) -> None:
        """Reported late, it counts at its receipt; what comes seconds after the request, somebody has to judge."""
        request = self.pick(self.requests_in(*ANSWERED), number)
        assert request.acknowledgement is not None
        at = max(request.acknowledgement.started_at, self.now - ago)
        is_suspicious = at - request.submitted_at < SECONDS_AFTER
        if is_suspicious and request.to_confirm is not None:
            return
        message_id = self.client.say(request.id, author_type="human", at=at)
        if is_suspicious:
            request.await_confirmation(message_id, at)
        else:
            request.acknowledge(at)

    @precondition(lambda self: self.requests_in(*ANSWERED))
    @rule(number=picks)
    def an_automation_answers(self, number: int) -> None:
        request = self.pick(self.requests_in(*ANSWERED), number)
        self.client.say(request.id, author_type="automation")

    @precondition(lambda self: self.unjudged(is_waiting=False))
    @rule(number=picks)
    def a_token_answers(self, number: int) -> None:
        """Nobody vouches that a person wrote it: an operator says whether it acknowledges."""
        request = self.pick(self.unjudged(is_waiting=False), number)
        body = {"body": f"{PERSON} {next(self.client.numbers)}."}
        answer = self.move(request, "messages", body, by="seller")
        message_id = answer["messages"][-1]["message_id"]
        request.await_confirmation(message_id, self.now)

    @precondition(lambda self: self.unjudged(is_waiting=True))
    @rule(number=picks, counts=st.booleans())
    def an_operator_judges_the_answer(self, number: int, counts: bool) -> None:
        request = self.pick(self.unjudged(is_waiting=True), number)
        assert request.to_confirm is not None
        self.move(request, "confirmations", {"message_id": request.to_confirm[0], "counts": counts}, by="operator")
        request.confirm(counts, self.now)

    def unjudged(self, *, is_waiting: bool) -> dict[str, Request]:
        """The requests with an answer that waits for a judgement, or those without."""
        found = self.requests_in(*ANSWERED).items()
        return {id_: one for id_, one in found if (one.to_confirm is not None) is is_waiting}

    @precondition(lambda self: self.requests_in(*ANSWERABLE))
    @rule(number=picks, text=st.sampled_from(["Le dossier a changé de nom : videz le cache.", "", "\u200b"]))
    def a_person_explains(self, number: int, text: str) -> None:
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        is_one = text.strip(" \u200b") != ""
        body = {"how": "explanation", "text": text}
        self.move(request, "resolution", body, by="person of the seller", expected=(200,) if is_one else (422,))
        if is_one:
            request.resolve(self.now, self.now)

    @precondition(lambda self: self.requests_in("resolved"))
    @rule(number=picks)
    def a_customer_reports_that_it_is_not_fixed(self, number: int) -> None:
        request = self.pick(self.requests_in("resolved"), number)
        self.move(request, "not-fixed", {"text": "Toujours la même erreur."})
        request.report_not_fixed(self.now)

    @precondition(lambda self: self.requests_in(*OPEN))
    @rule(number=st.integers(0, 60))
    def a_customer_withdraws_the_request(self, number: int) -> None:
        if number <= 15:
            request = self.pick(self.requests_in(*OPEN), number)
            self.move(request, "withdrawal", {})
            request.close(self.now, "withdrawn_by_customer")
