"""Steps of the model about refusals: by persons and by machines, contested, overturned, upheld."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .machine import History
from .purchase_steps import picks
from .reference.requests import ANSWERABLE, Proposal, Request

GROUNDS = ("source_modified", "not_an_advertised_feature", "conflicting_development")
EVIDENCE = {"files": ["classes/Gallery.php"]}
REASON = "Le fichier classes/Gallery.php a été modifié à la main."
grounds = st.sampled_from(GROUNDS)


class RefusalSteps(History):
    """What a seller refuses, and what becomes of it."""

    @precondition(lambda self: self.requests_in(*ANSWERABLE))
    @rule(number=picks, ground=grounds)
    def a_person_refuses(self, number: int, ground: str) -> None:
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        is_used_up = ground in request.overturned
        body = {"ground": ground, "text": REASON, "evidence": EVIDENCE}
        expected = (409, 422) if is_used_up else (200,)
        self.move(request, "refusal", body, by="person of the seller", expected=expected)
        if not is_used_up:
            request.refuse(ground, self.now, self.now)

    @precondition(lambda self: self.requests_in(*ANSWERABLE))
    @rule(
        number=picks,
        text=st.sampled_from(["", "  ", "\u200b", REASON]),
        note=st.sampled_from(["", " ", "\u200b"]),
        by=st.sampled_from(["seller", "person of the seller"]),
    )
    def a_blank_refusal_is_none(self, number: int, text: str, note: str, by: str) -> None:
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        body = {"ground": GROUNDS[0], "text": text, "evidence": {"note": note}}
        self.move(request, "refusal", body, by=by, expected=(409, 422))

    @precondition(lambda self: self.requests_in(*ANSWERABLE))
    @rule(number=picks, ground=st.sampled_from([None, *GROUNDS]))
    def a_machine_proposes(self, number: int, ground: str | None) -> None:
        """A refusal, or an explanation, by a token that nobody vouches for: nothing moves."""
        request = self.pick(self.requests_in(*ANSWERABLE), number)
        if ground in request.overturned:
            return
        body = {"how": "explanation", "text": REASON}
        if ground is not None:
            body = {"ground": ground, "text": REASON, "evidence": EVIDENCE}
        answer = self.move(request, "resolution" if ground is None else "refusal", body, by="seller")
        proposal = Proposal(answer["proposals"][-1]["proposal_id"], ground, self.now)
        request.proposals[proposal.id] = proposal

    @precondition(lambda self: self.proposed())
    @rule(number=picks, confirmed=st.booleans())
    def a_person_judges_a_proposal(self, number: int, confirmed: bool) -> None:
        """Confirmed, it counts at its receipt. The machine itself cannot confirm it."""
        request, proposal = self.pick(self.proposed(), number)
        body = {"proposal_id": proposal.id, "counts": confirmed}
        self.move(request, "confirmations", body, by="seller", expected=(403,))
        self.move(request, "confirmations", body, by="person of the seller")
        del request.proposals[proposal.id]
        if confirmed:
            request.confirm_proposal(proposal, self.now)

    def proposed(self) -> dict[str, tuple[Request, Proposal]]:
        """The proposals that wait, of requests whose refund was not asked for meanwhile."""
        return {
            proposal.id: (request, proposal)
            for request in self.requests_in(*ANSWERABLE).values()
            for proposal in request.proposals.values()
            if (request.claim is None or request.claim.state == "due") and proposal.ground not in request.overturned
        }

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
            request.close(self.now)
