"""Proposals that wait for a person: those of a request that nobody has judged, and that nothing has overtaken.

What comes after a proposal overtakes it: the seller's or the customer's next act, or that its reason may no longer be
used. Confirmed all the same, it only acknowledges the request from its receipt (`rules.md` 22).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import Handling
from ...models.proposals import ProposedAct, SellerProposal
from ...models.support import SupportRequest
from ..core.unit_of_work import UnitOfWork
from .refusals import is_usable_ground


def waiting_proposals(session: Session, request_id: str) -> list[SellerProposal]:
    """The proposals of a request that wait while it is answerable, in the order of receipt."""
    query = (
        select(SellerProposal)
        .join(SupportRequest, SupportRequest.id == SellerProposal.request_id)
        .where(SellerProposal.request_id == request_id, SellerProposal.confirmed.is_(None))
        .where(SellerProposal.overtaken_at.is_(None))
        .where(SupportRequest.handling.in_((Handling.ACCEPTED, Handling.ACKNOWLEDGED)))
        .order_by(SellerProposal.received_at, SellerProposal.id)
    )
    return list(session.scalars(query))


def overtake_proposals(uow: UnitOfWork, request: SupportRequest) -> None:
    """The request is about to be refused or resolved: that is the answer, whatever was proposed before."""
    for proposal in waiting_proposals(uow.session, request.id):
        proposal.overtaken_at = uow.now


def overtake_unusable_refusals(uow: UnitOfWork, request: SupportRequest) -> None:
    """A reason was waived, or does not apply to the request's new kind: what was proposed for it can be no refusal."""
    for proposal in waiting_proposals(uow.session, request.id):
        is_refusal = proposal.act is ProposedAct.REFUSAL
        if is_refusal and not is_usable_ground(uow.session, request, Ground(proposal.details["ground"])):
            proposal.overtaken_at = uow.now
