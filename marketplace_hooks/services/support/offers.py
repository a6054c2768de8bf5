"""Offers of paid updates: the seller proposes one, the customer accepts or declines (`rules.md` 22).

An offer never stops the fix clock of an anomaly. Accepted, it settles the request once the release has been bought
(`fix_deliveries.py`); declined, the fix is still owed. What was accepted stands until it is bought: no other offer
replaces it. An answer counts for the offer that the customer has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ...domain.audit_actions import AuditAction
from ...domain.releases.downloads import DownloadVerdict
from ...models.releases import ReleasePurchase
from ...models.support import SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from .fix_releases import download_verdict, require_offerable
from .messages import acknowledge
from .moves import settle
from .transitions import locked_request, publish_request_event, refuse_unless, require_answerable


@dataclass(frozen=True, kw_only=True)
class OfferSeen:
    """The offer that an answer is about, as far as it says so."""

    release_id: str | None = None
    amount: Mapping[str, Any] | None = None


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
    refuse_unless(
        not awaits_purchase(uow.session, request),
        "the customer has accepted an offer and may buy it at any moment",
        what="the offer",
        code="offer_awaits_purchase",
        state="accepted",
        asked="replaced",
    )
    require_offerable(uow, request, release_id, amount)
    request.offer = {"release_id": release_id, "amount": dict(amount), "text": text, "answer": None}
    publish_request_event(uow, request, "offer_made", {"release_id": release_id, "amount": dict(amount)}, cause)


def awaits_purchase(session: Session, request: SupportRequest) -> bool:
    """Whether the customer has accepted an offer and has not bought it yet: it stands until then."""
    offer = request.offer
    if offer is None or offer["answer"] != "accepted":
        return False
    return session.get(ReleasePurchase, (offer["release_id"], request.purchase_id)) is None


def answer_offer(
    uow: UnitOfWork, request_id: str, *, accepted: bool, seen: OfferSeen | None = None, cause: Cause
) -> SupportRequest:
    """The customer accepts the paid update, or declines it. Either way the fix is still owed, until it was bought.

    `seen` is the offer that the customer had before them: another one is not answered.
    """
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
    _refuse_another(answered, seen or OfferSeen(), answer)
    request.offer = answered
    release_id = str(answered["release_id"])
    data = {"release_id": release_id, "amount": answered["amount"], "accepted": accepted}
    publish_request_event(uow, request, "offer_answered", data, cause)
    if accepted and download_verdict(uow, request, release_id) is DownloadVerdict.AVAILABLE:
        settle(uow, request, how="paid_update", release_id=release_id, text="", at=uow.now, cause=cause)
    return request


def _refuse_another(offer: Mapping[str, Any], seen: OfferSeen, answer: str) -> None:
    """Raise `Conflict` where the offer is no longer the one that was seen."""
    is_same = seen.release_id in (None, offer["release_id"]) and seen.amount in (None, offer["amount"])
    amount = offer["amount"]
    state = f"{offer['release_id']} for {amount['amount_cents']} {amount['currency']}"
    refuse_unless(
        is_same,
        "the seller has made another offer since; read it again",
        what="the offer",
        code="offer_changed",
        state=state,
        asked=answer,
    )
