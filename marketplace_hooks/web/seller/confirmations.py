"""Confirmations by the seller: what a program of theirs proposed counts once a person of their side says so."""

from __future__ import annotations

from werkzeug.wrappers import Response as BaseResponse

from ...models.access import Role
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import proposals
from ..form_reader import ChoiceField, PageForm, TextInputField
from ..i18n.language import gettext, lazy
from ..identity.authorization import audience, signed_in
from .blueprint import blueprint
from .support_moves import run_move
from .support_requests import show_request


class ProposalForm(PageForm):
    """Whether a program's proposal is the seller's own."""

    proposal_id = TextInputField(required=lazy("Choose what you confirm"))
    counts = ChoiceField(("yes", "no"), required=lazy("Choose yes or no"))


@blueprint.post("/seller/requests/<request_id>/confirmations")
@audience(Role.SELLER)
def judge_proposal(request_id: str) -> BaseResponse:
    """Confirm what a program of one's own side proposed, or decline it. Confirmed, it counts at its receipt."""
    form = ProposalForm.read()
    if form.errors:
        return show_request(request_id, status=422, errors=form.messages)
    proposal_id = form.proposal_id.data
    confirmed = form.counts.data == "yes"
    actor = signed_in().subject or Role.SELLER

    def act(uow: UnitOfWork, cause: Cause) -> None:
        proposals.judge_proposal(uow, request_id, proposal_id, confirmed=confirmed, actor=actor, cause=cause)

    yes = gettext("Confirmed. It counts from when it was received.")
    return run_move(request_id, act, yes if confirmed else gettext("Declined: nothing has changed."))
