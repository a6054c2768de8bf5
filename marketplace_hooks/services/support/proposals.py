"""Proposals of sellers' programs: a refusal, a resolution or an offer by a bearer token, unless the platform vouches.

A token does not prove that a person acted, so nothing changes: both clocks keep running, and nothing is acknowledged,
until a person on the seller's side confirms it; then it counts from its original receipt (`rules.md` 22). The customer
need not wait: they may answer a proposed offer, and contest a proposed refusal.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from ...domain.audit_actions import AuditAction
from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import Handling
from ...errors import Conflict, NotFound
from ...models.proposals import ProposedAct, SellerProposal
from ...models.support import SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from . import moves, offers
from .messages import acknowledge
from .transitions import locked_request, publish_request_event
from .waiting_proposals import waiting_proposals


def propose(
    uow: UnitOfWork, request_id: str, act: ProposedAct, details: Mapping[str, Any], *, author: str, cause: Cause
) -> SupportRequest:
    """Record what a machine proposes; it is checked as if a person did it. Raises what the act itself would raise."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.PROPOSED, request_id, act=act)
    if act is ProposedAct.REFUSAL:
        ground = Ground(details["ground"])
        moves.require_refusable(uow, request, ground=ground, text=details["text"], evidence=details["evidence"])
    elif act is ProposedAct.RESOLUTION:
        moves.require_resolvable(uow, request, **details)
    else:
        offers.put_offer(uow, request, **details, cause=cause)
    proposal = SellerProposal(
        id=f"prop_{uuid.uuid4().hex[:32]}",
        request_id=request_id,
        act=act,
        details=dict(details),
        author=author,
        received_at=uow.now,
    )
    uow.session.add(proposal)
    uow.session.flush()
    publish_request_event(uow, request, "proposed", {"proposal_id": proposal.id, "act": act}, cause)
    return request


def judge_proposal(
    uow: UnitOfWork, request_id: str, proposal_id: str, *, confirmed: bool, actor: str, cause: Cause
) -> SupportRequest:
    """A person of the seller's side confirms a proposal, which then counts at its receipt, or declines it."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.PROPOSAL_JUDGED, request_id, proposal_id=proposal_id, confirmed=confirmed)
    query = select(SellerProposal).where(SellerProposal.id == proposal_id, SellerProposal.request_id == request_id)
    proposal = uow.session.scalar(query.with_for_update())
    if proposal is None:
        raise NotFound(f"no proposal {proposal_id}")
    if proposal.confirmed is not None:
        state, asked = ("confirmed" if one else "declined" for one in (proposal.confirmed, confirmed))
        because = "it has been judged already"
        raise Conflict.between("the proposal", state, asked, code="already_judged", because=because)
    proposal.confirmed = confirmed
    proposal.decided_by = actor
    proposal.decided_at = uow.now
    if confirmed:
        _carry_through(uow, request, proposal, actor, cause)
    return request


def contest(uow: UnitOfWork, request_id: str, *, text: str, cause: Cause) -> SupportRequest:
    """The customer contests the refusal, also one that is only proposed: it then stands as one from now on."""
    request = locked_request(uow.session, request_id)
    if request.handling in (Handling.ACCEPTED, Handling.ACKNOWLEDGED):
        proposed = [one for one in waiting_proposals(uow.session, request_id) if one.act is ProposedAct.REFUSAL]
        if proposed:
            statement = {**proposed[-1].details, "by": proposed[-1].author}
            moves.put_refusal(uow, request, statement, uow.now, cause)
    return moves.contest(uow, request_id, text=text, cause=cause)


def _carry_through(
    uow: UnitOfWork, request: SupportRequest, proposal: SellerProposal, actor: str, cause: Cause
) -> None:
    """Do what was proposed, as of its receipt. Of what was overtaken meanwhile, only the acknowledgement counts."""
    at = proposal.received_at
    details = proposal.details
    if proposal.overtaken_at is not None or proposal.act is ProposedAct.OFFER:
        acknowledge(uow, request, at, cause)
    elif proposal.act is ProposedAct.RESOLUTION:
        moves.resolve(uow, request.id, **details, cause=cause, at=at)
    else:
        given = {**details, "ground": Ground(details["ground"])}
        moves.refuse(uow, request.id, **given, by=actor, cause=cause, at=at)
