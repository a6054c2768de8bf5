"""How does a request for support come in: judged once, accepted or told what is missing, its clocks started?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.civil_days import day_of, end_of
from ...domain.support.eligibility import EligibilityOutcome
from ...domain.support.state_machine import OPEN, ClockName, Handling, Kind
from ...errors import NotFound
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.support import SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from ..inspections.requests import close_inspection, hold_credentials
from .eligibility import Judgement, checks_as_json, entitlement_as_json, judge_submission
from .sla_clocks import start_clock
from .transitions import locked_request, make_move, publish_request_event, refuse_unless

_MOVES = {
    EligibilityOutcome.ACCEPTED: "accept",
    EligibilityOutcome.REFUSABLE: "accept",
    EligibilityOutcome.NEEDS_INFORMATION: "ask_information",
    EligibilityOutcome.NOT_ENTITLED: "find_not_entitled",
}


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """One request as it came. `as_it_is`: nobody can be asked, or the customer said so; what is unknown stays so."""

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


def submit(uow: UnitOfWork, submitted: NewRequest, cause: Cause) -> SupportRequest:
    """Record a request, judge it once, and start what it starts (`domain.md` 16, 17, 20).

    The same words about the same purchase, while a request is open, are attached to it. A request known by its id is
    returned as it stands.
    """
    known = uow.session.scalar(select(SupportRequest).where(SupportRequest.id == submitted.request_id))
    if known is not None:
        return known
    request = _new(uow, submitted)
    if submitted.presale:
        request.handling = Handling.ACCEPTED
        uow.session.add(request)
        uow.session.flush()
        publish_request_event(uow, request, "accepted", {"outcome": "presale", "grounds": []}, cause)
        return request
    purchase = uow.session.get_one(Purchase, submitted.purchase_id)
    original = _same_open_request(uow.session, request)
    judged = judge_submission(
        uow.session,
        purchase,
        at=submitted.submitted_at,
        shop_url=submitted.shop_url,
        check_id=submitted.check_id,
        zone=uow.zone,
    )
    _freeze(request, judged)
    uow.session.add(request)
    uow.session.flush()
    if original is not None:
        request.duplicate_of = original.id
        request.handling = Handling.CLOSED
        request.closed_at = uow.now
        request.closed_reason = "duplicate"
        if submitted.check_id not in (None, original.check_id):
            close_inspection(uow, submitted.check_id)
        publish_request_event(uow, request, "closed", {"reason": "duplicate", "duplicate_of": original.id}, cause)
        return request
    if submitted.check_id is not None:
        hold_credentials(uow, submitted.check_id)
    outcome = judged.eligibility.outcome
    if outcome is EligibilityOutcome.NEEDS_INFORMATION and submitted.as_it_is:
        outcome = EligibilityOutcome.REFUSABLE if judged.eligibility.grounds else EligibilityOutcome.ACCEPTED
    make_move(request, _MOVES[outcome])
    _follow(uow, request, outcome, cause)
    return request


def _follow(uow: UnitOfWork, request: SupportRequest, outcome: EligibilityOutcome, cause: Cause) -> None:
    if outcome is EligibilityOutcome.NOT_ENTITLED:
        told = {"code": request.entitlement["code"], "remedy": request.entitlement["remedy"]}
        request.closed_at = uow.now
        request.closed_reason = "not_entitled"
        if request.check_id is not None:
            close_inspection(uow, request.check_id)
        publish_request_event(uow, request, "not_entitled", told, cause)
    elif outcome is EligibilityOutcome.NEEDS_INFORMATION:
        last_day = day_of(uow.now, uow.zone) + timedelta(days=uow.settings.information_days)
        request.waits_until = end_of(last_day, uow.zone)
        told_missing = {"missing": request.missing, "waits_until": request.waits_until}
        publish_request_event(uow, request, "needs_information", told_missing, cause)
    else:
        start_clocks(uow, request, request.submitted_at)
        publish_request_event(uow, request, "accepted", {"outcome": outcome, "grounds": request.grounds}, cause)


def start_clocks(uow: UnitOfWork, request: SupportRequest, from_at: datetime) -> None:
    """All requests start the acknowledgement clock; only an anomaly the fix clock (`domain.md` 16)."""
    request.clocks_from = from_at
    request.waits_until = None
    start_clock(uow, request, ClockName.ACKNOWLEDGEMENT, from_at, uow.settings.acknowledgement_days)
    if request.kind is Kind.ANOMALY:
        start_clock(uow, request, ClockName.FIX, from_at, uow.settings.fix_days)


def complete_information(
    uow: UnitOfWork, request_id: str, *, shop_url: str | None, check_id: str | None, cause: Cause
) -> SupportRequest:
    """The customer has said what was missing: judge the site again, never the entitlement (`domain.md` 17).

    The clocks start when it was completed.
    """
    request = locked_request(uow.session, request_id)
    refuse_unless(
        request.handling is Handling.NEEDS_INFORMATION,
        "nothing is missing",
        state=request.handling,
        asked=Handling.ACCEPTED,
    )
    purchase = uow.session.get_one(Purchase, request.purchase_id)
    request.shop_url = shop_url or request.shop_url
    _check_anew(uow, request, check_id)
    judged = judge_submission(
        uow.session,
        purchase,
        at=request.submitted_at,
        shop_url=request.shop_url,
        check_id=request.check_id,
        zone=uow.zone,
    )
    eligibility = judged.eligibility
    request.checks = checks_as_json(eligibility)
    request.missing = list(eligibility.missing)
    request.grounds = [ground.value for ground in eligibility.grounds]
    if eligibility.outcome in (EligibilityOutcome.NEEDS_INFORMATION, EligibilityOutcome.NOT_ENTITLED):
        return request
    make_move(request, "accept")
    start_clocks(uow, request, uow.now)
    publish_request_event(uow, request, "accepted", {"outcome": eligibility.outcome, "grounds": request.grounds}, cause)
    return request


def _check_anew(uow: UnitOfWork, request: SupportRequest, check_id: str | None) -> None:
    """Another check takes the place of the one before, whose credentials nobody needs any more."""
    if check_id is None or check_id == request.check_id:
        return
    if request.check_id is not None:
        close_inspection(uow, request.check_id)
    request.check_id = check_id
    hold_credentials(uow, check_id)


def send_as_is(uow: UnitOfWork, request_id: str, cause: Cause) -> SupportRequest:
    """The customer sends the request as it is; what stayed unknown is on record, and the clocks start now."""
    request = locked_request(uow.session, request_id)
    make_move(request, "send_as_is")
    start_clocks(uow, request, uow.now)
    outcome = EligibilityOutcome.REFUSABLE if request.grounds else EligibilityOutcome.ACCEPTED
    publish_request_event(uow, request, "accepted", {"outcome": outcome, "grounds": request.grounds}, cause)
    return request


def purchase_of(session: Session, purchase_id: str, customer_id: str | None) -> Purchase:
    """The purchase, if it is this customer's (None: anybody's). Raises `NotFound`."""
    purchase = session.get(Purchase, purchase_id)
    if purchase is None or (customer_id is not None and purchase.customer_id != customer_id):
        raise NotFound(f"no purchase {purchase_id}")
    return purchase


def _new(uow: UnitOfWork, submitted: NewRequest) -> SupportRequest:
    product = uow.session.get_one(Product, submitted.product_id)
    words = " ".join(f"{submitted.subject}\n{submitted.body}".casefold().split())
    return SupportRequest(
        id=submitted.request_id,
        purchase_id=submitted.purchase_id,
        customer_id=submitted.customer_id,
        product_id=submitted.product_id,
        seller_id=product.seller_id,
        presale=submitted.presale,
        kind=submitted.kind,
        subject=submitted.subject,
        body=submitted.body,
        fingerprint=hashlib.sha256(words.encode()).hexdigest(),
        shop_url=submitted.shop_url,
        check_id=submitted.check_id,
        submitted_at=submitted.submitted_at,
        recorded_at=uow.now,
        handling=Handling.SUBMITTED,
        entitlement={},
        checks=[],
        grounds=[],
        waived=[],
        missing=[],
        sequence=0,
    )


def _freeze(request: SupportRequest, judged: Judgement) -> None:
    request.entitlement = entitlement_as_json(judged.entitlement)
    request.listing_id = judged.listing_id
    request.checks = checks_as_json(judged.eligibility)
    request.grounds = [ground.value for ground in judged.eligibility.grounds]
    request.missing = list(judged.eligibility.missing)


def _same_open_request(session: Session, request: SupportRequest) -> SupportRequest | None:
    query = select(SupportRequest).where(
        SupportRequest.purchase_id == request.purchase_id,
        SupportRequest.fingerprint == request.fingerprint,
        SupportRequest.handling.in_(OPEN),
    )
    # The purchase is locked first: of two that come at once, one is the original.
    session.get(Purchase, request.purchase_id, with_for_update=True)
    return session.scalar(query.order_by(SupportRequest.number).limit(1))
