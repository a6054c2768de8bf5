"""Erasure of a customer: personal data goes everywhere at once, and what must be accounted for stays.

Ids, amounts and dates stay (`webhooks.md` 16). The customer's words and addresses are sought wherever they may be
stored: a table that stores more of them is one function more in `ERASURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import delete, func, literal, or_, select, update
from sqlalchemy.orm import Session

from ...domain.audit_actions import AuditAction
from ...domain.privacy import ACTORS, check_without_personal_data, without_personal_data
from ...models.access import IdempotentCall, Role, Token
from ...models.audit import AuditEntry
from ...models.drafts import RequestDraft
from ...models.inspections import Evidence, Inspection, InspectionState, SiteCredential
from ...models.outbox import OutgoingEvent
from ...models.proposals import SellerProposal
from ...models.purchases import Customer, Purchase, SiteBinding
from ...models.subscriptions import RenewalChange
from ...models.support import RefundClaim, RequestRefusal, SupportMessage, SupportRequest
from ..access.idempotency import person_scope
from ..access.sessions import forget_sessions_of
from ..core.unit_of_work import Cause, UnitOfWork
from ..outbox.payload_retention import redact_words
from .customer_trace import CustomerTrace, trace_customer
from .erased_events import erase_received_events

SUBJECT = "customer"


def erase_customer(uow: UnitOfWork, customer_id: str, cause: Cause) -> bool:
    """Erase a customer, and publish it once. False: it was done before, and what came since is erased too.

    A customer who is not known yet is recorded as erased, by the id alone: a description that comes late is dropped.
    """
    customer = uow.session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
    if customer is None:
        customer = Customer(id=customer_id, described_at=uow.now, sequence=0)
        uow.session.add(customer)
    is_new = customer.erased_at is None
    uow.audit(AuditAction.CUSTOMER_ERASED, customer_id)
    customer.name = customer.email = customer.locale = ""
    customer.professional = False
    customer.erased_at = customer.erased_at or uow.now
    uow.session.flush()
    trace = trace_customer(uow.session, customer_id)
    for erase in ERASURES:
        erase(uow, trace)
    if is_new:
        uow.publish("customer.erased", SUBJECT, customer, {"customer_id": customer_id}, cause)
    return is_new


def is_erased(session: Session, customer_id: str) -> bool:
    """Whether the customer has been erased: then what comes late is dropped, too."""
    customer = session.get(Customer, customer_id)
    return customer is not None and customer.erased_at is not None


def _erase_site(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """The address of the shop, and the marketplace's reason for an early termination."""
    _change(uow, update(Purchase).where(Purchase.id.in_(trace.purchases)), shop_url=None, terminated_reason=None)
    _change(uow, update(SiteBinding).where(SiteBinding.purchase_id.in_(trace.purchases)), shop_url="")
    named = RenewalChange.purchase_id.in_(trace.purchases) & RenewalChange.actor.not_in(ACTORS)
    _change(uow, update(RenewalChange).where(named), actor="customer")


def _erase_requests(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """Requests and their conversations: no text of either side stays."""
    for request in uow.session.scalars(select(SupportRequest).where(SupportRequest.id.in_(trace.requests))):
        request.subject = request.body = ""
        request.shop_url = None
        request.checks = [check_without_personal_data(one) for one in request.checks]
        for name in ("entitlement", "refusal", "resolution", "offer"):
            setattr(request, name, without_personal_data(getattr(request, name)))
    for refusal in uow.session.scalars(select(RequestRefusal).where(RequestRefusal.request_id.in_(trace.requests))):
        refusal.statement = without_personal_data(refusal.statement)
    messages = update(SupportMessage).where(SupportMessage.request_id.in_(trace.requests))
    _change(uow, messages, author="", subject="", body="", headers=[], files=None, confirmed_by=None)
    for proposal in uow.session.scalars(select(SellerProposal).where(SellerProposal.request_id.in_(trace.requests))):
        proposal.details = without_personal_data(proposal.details)
    _change(uow, update(RefundClaim).where(RefundClaim.request_id.in_(trace.requests)), reason=None)


def _erase_drafts(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """Drafts that were never sent."""
    _quietly(uow, delete(RequestDraft).where(RequestDraft.customer_id == trace.customer_id))


def _erase_inspections(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """What inspections found on the customer's site, and their credentials."""
    theirs = or_(Inspection.purchase_id.in_(trace.purchases), Inspection.id.in_(trace.checks))
    numbers = list(uow.session.scalars(select(Inspection.number).where(theirs)))
    for table in (SiteCredential, Evidence):
        _quietly(uow, delete(table).where(table.inspection_number.in_(numbers)))
    _change(
        uow,
        update(Inspection).where(Inspection.number.in_(numbers)),
        url="",
        host="",
        declared=None,
        exchanges=None,
        unknown_version=None,
        state=InspectionState.DONE,
        finished_at=func.coalesce(Inspection.finished_at, uow.now),
    )


def _erase_outgoing(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """Reasons in free text of outgoing events, whose data is ids, days and amounts; and the answers of endpoints."""
    kinds = (
        (SUBJECT, {trace.customer_id}),
        ("purchase", trace.purchases),
        ("support_request", trace.requests),
        ("request", trace.requests),
    )
    for kind, ids in kinds:
        about = select(OutgoingEvent.id, OutgoingEvent.cause, OutgoingEvent.cascade_id)
        theirs = about.where(OutgoingEvent.subject_kind == kind, OutgoingEvent.subject_id.in_(ids))
        redact_words(uow.session, uow.session.execute(theirs).all())


def _erase_access(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """The customer's API tokens become invalid, and the customer's sessions are over."""
    forget_sessions_of(uow, trace.customer_id)
    theirs = update(Token).where(Token.role == Role.CUSTOMER, Token.subject == trace.customer_id)
    _change(uow, theirs, label="", revoked_at=func.coalesce(Token.revoked_at, uow.now))


def _erase_answers(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """Stored answers to repeated calls: the customer's own, and all those about the customer's requests."""
    tokens = select(literal("token:") + Token.id).where(Token.role == Role.CUSTOMER, Token.subject == trace.customer_id)
    person = person_scope(Role.CUSTOMER, trace.customer_id)
    about = (IdempotentCall.route.contains(f"/{id_}/", autoescape=True) for id_ in trace.requests)
    theirs = or_(IdempotentCall.scope.in_(tokens), IdempotentCall.scope == person, *about)
    _change(uow, update(IdempotentCall).where(theirs, IdempotentCall.body.is_not(None)), body=b"{}")


def _erase_audit_log(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """The customer's name and addresses in the audit log: the id is the pseudonym under which what they did stays."""
    theirs = update(AuditEntry).where(AuditEntry.actor_role == Role.CUSTOMER, AuditEntry.actor_id == trace.customer_id)
    _change(uow, theirs, actor_name="", address=None)


ERASURES: Sequence[Callable[[UnitOfWork, CustomerTrace], None]] = (
    _erase_site,
    _erase_requests,
    _erase_drafts,
    _erase_inspections,
    erase_received_events,
    _erase_outgoing,
    _erase_access,
    _erase_answers,
    _erase_audit_log,
)
"""Every place where something personal is stored beside the customer's own row."""


def _change(uow: UnitOfWork, statement: Any, **values: Any) -> None:
    _quietly(uow, statement.values(**values))


def _quietly(uow: UnitOfWork, statement: Any) -> None:
    uow.session.execute(statement.execution_options(synchronize_session=False))
