"""Submission of support requests: each is recorded, judged once, and starts its clocks or says what is missing.

The entitlement is judged as of the submission (`rules.md` 17): what happens later changes nothing, but for what was
missing then and has been given since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.audit_actions import AuditAction
from ...domain.civil_days import day_of, end_of
from ...domain.support.eligibility import Eligibility, EligibilityOutcome
from ...domain.support.state_machine import OPEN, ClockName, Handling, Kind, Move
from ...errors import NotFound
from ...models.inspections import Inspection
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.support import SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from ..inspections.requests import close_inspection, hold_credentials
from .eligibility import Judgement, checks_as_json, entitlement_as_json, judge_submission
from .fix_deliveries import deliver_earlier_fix
from .sla_clocks import start_clock
from .transitions import locked_request, make_move, publish_request_event, refuse_unless

_MOVES: Mapping[EligibilityOutcome, Move] = {
    EligibilityOutcome.ACCEPTED: Move.ACCEPT,
    EligibilityOutcome.REFUSABLE: Move.ACCEPT,
    EligibilityOutcome.NEEDS_INFORMATION: Move.ASK_INFORMATION,
    EligibilityOutcome.NOT_ENTITLED: Move.FIND_NOT_ENTITLED,
}


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """A request as it was sent. `as_it_is`: it is accepted with what is unknown, since nobody can or will say more."""

    request_id: str
    customer_id: str
    product_id: str
    purchase_id: str | None
    subject: str
    body: str
    submitted_at: datetime
    kind: Kind = Kind.ANOMALY
    shop_url: str | None = None
    check_id: str | None = None
    presale: bool = False
    as_it_is: bool = False


def submit(uow: UnitOfWork, new: NewRequest, cause: Cause) -> SupportRequest:
    """Record a request, judge it once, and start what it starts (`rules.md` 16, 17, 20).

    The same words about the same purchase, while a request is open, are attached to it. A request whose id is known is
    returned as it stands.
    """
    known = known_request(uow.session, new.request_id)
    uow.audit(AuditAction.REQUEST_SUBMITTED, new.request_id)
    if known is not None:
        return known
    request = _record(uow, new)
    if new.presale:
        request.handling = Handling.ACCEPTED
        uow.session.add(request)
        uow.session.flush()
        publish_request_event(uow, request, "accepted", {"outcome": "presale", "grounds": []}, cause)
        return request
    purchase = uow.session.get_one(Purchase, new.purchase_id)
    original = _same_open_request(uow.session, request)
    judgement = judge_request(uow, request, purchase)
    _store_judgement(request, judgement)
    uow.session.add(request)
    uow.session.flush()
    if original is not None:
        _close_duplicate(uow, request, original, cause)
        return request
    if request.check_id is not None:
        hold_credentials(uow, request.check_id)
    outcome = judgement.eligibility.outcome
    if outcome is EligibilityOutcome.NEEDS_INFORMATION and new.as_it_is:
        outcome = outcome_as_is(request)
    make_move(request, _MOVES[outcome])
    _apply_outcome(uow, request, outcome, cause)
    return request


def record_accepted(uow: UnitOfWork, new: NewRequest) -> SupportRequest:
    """Record a request that was accepted elsewhere before: judged for the record alone, and without a clock."""
    request = _record(uow, new)
    request.handling = Handling.ACCEPTED
    if new.purchase_id is not None:
        purchase = uow.session.get_one(Purchase, new.purchase_id)
        _store_judgement(request, judge_request(uow, request, purchase))
    uow.session.add(request)
    uow.session.flush()
    return request


def _close_duplicate(uow: UnitOfWork, request: SupportRequest, original: SupportRequest, cause: Cause) -> None:
    request.duplicate_of = original.id
    request.handling = Handling.CLOSED
    request.closed_at = uow.now
    request.closed_reason = "duplicate"
    if request.check_id is not None and request.check_id != original.check_id:
        close_inspection(uow, request.check_id)
    publish_request_event(uow, request, "closed", {"reason": "duplicate", "duplicate_of": original.id}, cause)


def judge_request(uow: UnitOfWork, request: SupportRequest, purchase: Purchase) -> Judgement:
    """Judge a request as of the instant at which it was submitted."""
    if request.check_id is not None:
        # Whoever ends this inspection waits until the request is recorded, and then sees that it is judged by it.
        uow.session.scalar(select(Inspection.number).where(Inspection.id == request.check_id).with_for_update())
    return judge_submission(
        uow.session,
        purchase,
        at=request.submitted_at,
        now=uow.now,
        shop_url=request.shop_url,
        check_id=request.check_id,
        settings=uow.settings,
    )


def outcome_as_is(request: SupportRequest) -> EligibilityOutcome:
    """The outcome when what is missing stays unknown: unknown never refuses anybody."""
    return EligibilityOutcome.REFUSABLE if request.grounds else EligibilityOutcome.ACCEPTED


def _apply_outcome(uow: UnitOfWork, request: SupportRequest, outcome: EligibilityOutcome, cause: Cause) -> None:
    """What follows from the first judgement: closed as not entitled, waiting for information, or its clocks started."""
    if outcome is EligibilityOutcome.NOT_ENTITLED:
        data = {"code": request.entitlement["code"], "remedy": request.entitlement["remedy"]}
        request.closed_at = uow.now
        request.closed_reason = "not_entitled"
        if request.check_id is not None:
            close_inspection(uow, request.check_id)
        publish_request_event(uow, request, "not_entitled", data, cause)
    elif outcome is EligibilityOutcome.NEEDS_INFORMATION:
        last_day = day_of(uow.now, uow.zone) + timedelta(days=uow.settings.information_days)
        request.waits_until = end_of(last_day, uow.zone)
        missing = {"missing": request.missing, "waits_until": request.waits_until}
        publish_request_event(uow, request, "needs_information", missing, cause)
    else:
        begin_support(uow, request, outcome, request.submitted_at, cause)


def begin_support(
    uow: UnitOfWork, request: SupportRequest, outcome: EligibilityOutcome, from_at: datetime, cause: Cause
) -> None:
    """The request is accepted: its clocks start from an instant. A release that named it before resolves it."""
    start_clocks(uow, request, from_at)
    publish_request_event(uow, request, "accepted", {"outcome": outcome, "grounds": request.grounds}, cause)
    deliver_earlier_fix(uow, request, cause)


def start_clocks(uow: UnitOfWork, request: SupportRequest, from_at: datetime) -> None:
    """All requests start the acknowledgement clock; only an anomaly the fix clock (`rules.md` 16).

    What the seller wrote before, while something was missing, was no answer to the whole request.
    """
    request.clocks_from = from_at
    request.acknowledged_at = None
    request.waits_until = None
    start_clock(uow, request, ClockName.ACKNOWLEDGEMENT, from_at, uow.settings.acknowledgement_days)
    if request.kind is Kind.ANOMALY:
        start_clock(uow, request, ClockName.FIX, from_at, uow.settings.fix_days)


def complete_information(
    uow: UnitOfWork, request_id: str, *, shop_url: str | None, check_id: str | None, cause: Cause
) -> SupportRequest:
    """The customer adds what was missing of the site; the clocks start once nothing is missing (`rules.md` 17)."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.REQUEST_COMPLETED, request_id)
    refuse_unless(
        request.handling is Handling.NEEDS_INFORMATION,
        "nothing is missing",
        state=request.handling,
        asked=Handling.ACCEPTED,
    )
    request.shop_url = shop_url or request.shop_url
    replace_check(uow, request, check_id)
    accept_if_complete(uow, request, cause)
    return request


def accept_if_complete(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> None:
    """Judge a request that waits for information again; its clocks start now if nothing is missing any more.

    It never becomes "not entitled" so: it goes on waiting, or is sent as it is.
    """
    judgement = judge_request(uow, request, uow.session.get_one(Purchase, request.purchase_id))
    outcome = judgement.eligibility.outcome
    if outcome is EligibilityOutcome.NOT_ENTITLED:
        return
    _store_judgement(request, judgement)
    if outcome is EligibilityOutcome.NEEDS_INFORMATION:
        return
    make_move(request, Move.ACCEPT)
    begin_support(uow, request, outcome, uow.now, cause)


def replace_check(uow: UnitOfWork, request: SupportRequest, check_id: str | None) -> None:
    """A new check replaces the one before, whose credentials nobody needs any more."""
    if check_id is None or check_id == request.check_id:
        return
    if request.check_id is not None:
        close_inspection(uow, request.check_id)
    request.check_id = check_id
    hold_credentials(uow, check_id)


def send_as_is(uow: UnitOfWork, request_id: str, cause: Cause) -> SupportRequest:
    """The customer sends the request as it is; what stayed unknown is on record, and the clocks start now."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.REQUEST_SENT_AS_IS, request_id)
    make_move(request, Move.SEND_AS_IS)
    begin_support(uow, request, outcome_as_is(request), uow.now, cause)
    return request


def known_request(session: Session, request_id: str) -> SupportRequest | None:
    """The request of this id, if there is one."""
    return session.scalar(select(SupportRequest).where(SupportRequest.id == request_id))


def purchase_of(session: Session, purchase_id: str, customer_id: str | None) -> Purchase:
    """The purchase, if it is this customer's (None: anybody's). Raises `NotFound`."""
    purchase = session.get(Purchase, purchase_id)
    if purchase is None or (customer_id is not None and purchase.customer_id != customer_id):
        raise NotFound(f"no purchase {purchase_id}")
    return purchase


def _record(uow: UnitOfWork, new: NewRequest) -> SupportRequest:
    product = uow.session.get_one(Product, new.product_id)
    text = " ".join(f"{new.subject}\n{new.body}".casefold().split())
    return SupportRequest(
        id=new.request_id,
        purchase_id=new.purchase_id,
        customer_id=new.customer_id,
        product_id=new.product_id,
        seller_id=product.seller_id,
        presale=new.presale,
        kind=new.kind,
        subject=new.subject,
        body=new.body,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        shop_url=new.shop_url,
        check_id=new.check_id,
        submitted_at=new.submitted_at,
        recorded_at=uow.now,
        handling=Handling.SUBMITTED,
        entitlement={},
        checks=[],
        grounds=[],
        waived=[],
        missing=[],
        sequence=0,
    )


def _store_judgement(request: SupportRequest, judgement: Judgement) -> None:
    request.entitlement = entitlement_as_json(judgement.entitlement)
    request.listing_id = judgement.listing_id
    _store_eligibility(request, judgement.eligibility)


def _store_eligibility(request: SupportRequest, eligibility: Eligibility) -> None:
    request.checks = checks_as_json(eligibility)
    request.grounds = [ground.value for ground in eligibility.grounds]
    request.missing = list(eligibility.missing)


def _same_open_request(session: Session, request: SupportRequest) -> SupportRequest | None:
    query = select(SupportRequest).where(
        SupportRequest.purchase_id == request.purchase_id,
        SupportRequest.fingerprint == request.fingerprint,
        SupportRequest.handling.in_(OPEN),
    )
    # The purchase is locked first: of two that come at once, one is the original.
    session.get(Purchase, request.purchase_id, with_for_update=True)
    return session.scalar(query.order_by(SupportRequest.number).limit(1))
