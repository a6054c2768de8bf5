"""Offers of paid updates: the seller proposes one, the customer accepts or declines (`rules.md` 22).

An offer never stops the fix clock of an anomaly. Accepted, it settles the request once the release has been bought
(`fix_deliveries.py`); declined, the fix is still owed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.audit_actions import AuditAction
from ...domain.releases.downloads import DownloadVerdict
from ...models.support import SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from .fix_releases import download_verdict, require_offerable
from .messages import acknowledge
from .moves import settle
from .transitions import locked_request, publish_request_event, refuse_unless, require_answerable


def make_offer(
    uow: UnitOfWork,
    request_id: str,
    *,
    release_id: str,
    amount: Mapping[str, Any],
    text: str,
    cause: Cause,
) -> SupportRequest:
    """The seller proposes a paid update, which also acknowledges the request."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.OFFER_MADE, request_id, release_id=release_id)
    require_answerable(request, "an update is offered while a fix is awaited")
    require_offerable(uow, request, release_id, amount)
    acknowledge(uow, request, uow.now, cause)
    put_offer(uow, request, release_id=release_id, amount=amount, text=text, cause=cause)
    return request


def put_offer(
    uow: UnitOfWork, request: SupportRequest, *, release_id: str, amount: Mapping[str, Any], text: str, cause: Cause
) -> None:
    """Show the customer the offer, which they may answer at once. It acknowledges nothing."""
    require_answerable(request, "an update is offered while a fix is awaited")
    require_offerable(uow, request, release_id, amount)
    request.offer = {"release_id": release_id, "amount": dict(amount), "text": text, "answer": None}
    publish_request_event(uow, request, "offer_made", {"release_id": release_id, "amount": dict(amount)}, cause)


def answer_offer(uow: UnitOfWork, request_id: str, *, accepted: bool, cause: Cause) -> SupportRequest:
    """The customer accepts the paid update, or declines it. Either way the fix is still owed, until it was bought."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.OFFER_ANSWERED, request_id, accepted=accepted)
    offer = request.offer
    answer = "accepted" if accepted else "declined"
    refuse_unless(
        offer is not None and offer["answer"] is None,
        "no offer waits for an answer",
        what="the offer",
        code="no_offer",
        state="none" if offer is None else str(offer["answer"]),
        asked=answer,
    )
    require_answerable(request, "an offer is answered while a fix is awaited")
    answered = {**(offer or {}), "answer": answer}
    request.offer = answered
    release_id = str(answered["release_id"])
    data = {"release_id": release_id, "amount": answered["amount"], "accepted": accepted}
    publish_request_event(uow, request, "offer_answered", data, cause)
    if accepted and download_verdict(uow, request, release_id) is DownloadVerdict.AVAILABLE:
        settle(uow, request, how="paid_update", release_id=release_id, text="", at=uow.now, cause=cause)
    return request
