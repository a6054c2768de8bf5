"""Proposals of sellers' machines: checked like the act itself, judged once, and overtaken by a contest."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace_hooks.errors import Conflict, NotFound, PayloadRejected
from marketplace_hooks.models.proposals import ProposedAct
from marketplace_hooks.services.support.proposals import contest, judge_proposal, propose
from marketplace_hooks.services.support.waiting_proposals import waiting_proposals

from ...support.marketplace import Marketplace
from ...support.support_desk import CAUSE, REQUEST, clocks, in_transaction, request, set_up_request, set_up_support

REFUSAL: dict[str, Any] = {"ground": "source_modified", "text": "You changed a.php", "evidence": {"file": "a.php"}}


@pytest.fixture
def desk(marketplace: Marketplace) -> Marketplace:
    set_up_support(marketplace)
    set_up_request(marketplace)
    return marketplace


def proposal_of(desk: Marketplace, act: ProposedAct = ProposedAct.REFUSAL, **details: Any) -> str:
    """Propose an act, by default a refusal; return the proposal's id."""
    given = details or REFUSAL
    in_transaction(desk, lambda uow: propose(uow, REQUEST, act, given, author="seller-1", cause=CAUSE))
    return in_transaction(desk, lambda uow: waiting_proposals(uow.session, REQUEST)[-1].id)


def judge(desk: Marketplace, proposal_id: str, *, confirmed: bool) -> None:
    in_transaction(
        desk, lambda uow: judge_proposal(uow, REQUEST, proposal_id, confirmed=confirmed, actor="Ida", cause=CAUSE)
    )


def test_a_proposal_is_judged_once_and_only_if_it_is_known(desk: Marketplace) -> None:
    proposal_id = proposal_of(desk)
    judge(desk, proposal_id, confirmed=False)
    with pytest.raises(Conflict, match="is declined and cannot become confirmed"):
        judge(desk, proposal_id, confirmed=True)
    with pytest.raises(NotFound):
        judge(desk, "prop_unknown", confirmed=True)
    assert request(desk).refusal is None


def test_what_a_person_could_not_do_cannot_be_proposed(desk: Marketplace) -> None:
    with pytest.raises(PayloadRejected):
        proposal_of(desk, ProposedAct.RESOLUTION, how="explanation", release_id=None, text=" ")
    assert in_transaction(desk, lambda uow: waiting_proposals(uow.session, REQUEST)) == []


def test_a_confirmed_refusal_names_who_confirmed_it(desk: Marketplace) -> None:
    judge(desk, proposal_of(desk), confirmed=True)
    assert (request(desk).handling, request(desk).refusal) == ("refused", {**REFUSAL, "by": "Ida"})
    assert clocks(desk) == {"acknowledgement": "met", "fix": "frozen"}


def test_a_contested_proposal_stands_and_its_confirmation_only_acknowledges(desk: Marketplace) -> None:
    proposal_id = proposal_of(desk)
    in_transaction(desk, lambda uow: contest(uow, REQUEST, text="I did not", cause=CAUSE))
    assert (request(desk).handling, clocks(desk)["acknowledgement"]) == ("contested", "running")
    judge(desk, proposal_id, confirmed=True)
    assert (request(desk).handling, clocks(desk)["acknowledgement"]) == ("contested", "met")
