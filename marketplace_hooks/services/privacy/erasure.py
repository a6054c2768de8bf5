"""How is a customer forgotten, everywhere at once, so that what must be accounted for still can be?

Personal data goes; ids, amounts and dates stay (`webhooks.md` 16). It is looked for wherever a customer's words or
addresses may have been kept: a table that keeps more of them is one function more in `PLACES`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.privacy import ACTORS, actor_without_name, without_personal_data
from ...models.access import IdempotentCall, Role, Token
from ...models.drafts import RequestDraft
from ...models.inbox import InboxConflict, InboxEvent, InboxState
from ...models.inspections import Evidence, Inspection, InspectionState, SiteCredential
from ...models.outbox import OutgoingEvent
from ...models.purchases import Customer, Purchase, SiteBinding
from ...models.subscriptions import RenewalChange
from ...models.support import RefundClaim, SupportMessage, SupportRequest
from ..access.idempotency import person_scope
from ..core.unit_of_work import Cause, UnitOfWork

SUBJECT = "customer"


@dataclass(kw_only=True)
class CustomerTrace:
    """By which ids a customer is found in other tables; `events` are rows of the inbox that no subject leads to."""

    customer_id: str
    purchases: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    events: set[int] = field(default_factory=set)


def erase_customer(uow: UnitOfWork, customer_id: str, cause: Cause) -> bool:
    """Forget a customer; told once. False: it was done before, and whatever came since is forgotten too.

    Somebody not known yet is remembered as erased, by the id alone: a description that comes late is not kept.
    """
    customer = uow.session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
    if customer is None:
        customer = Customer(id=customer_id, described_at=uow.now, sequence=0)
        uow.session.add(customer)
    is_new = customer.erased_at is None
    customer.name = customer.email = customer.locale = ""
    customer.professional = False
    customer.erased_at = customer.erased_at or uow.now
    uow.session.flush()
    trace = _trace(uow.session, customer_id)
    for forget in PLACES:
        forget(uow, trace)
    if is_new:
        uow.publish("customer.erased", SUBJECT, customer, {"customer_id": customer_id}, cause)
    return is_new


def is_erased(session: Session, customer_id: str) -> bool:
    """Whether the customer has been forgotten: then nothing that comes late is kept either."""
    customer = session.get(Customer, customer_id)
    return customer is not None and customer.erased_at is not None


def _trace(session: Session, customer_id: str) -> CustomerTrace:
    trace = CustomerTrace(customer_id=customer_id)
    trace.purchases.update(session.scalars(select(Purchase.id).where(Purchase.customer_id == customer_id)))
    asked = select(SupportRequest.id, SupportRequest.check_id).where(SupportRequest.customer_id == customer_id)
    for request_id, check_id in session.execute(asked):
        trace.requests.add(request_id)
        trace.checks.update([check_id] if check_id is not None else [])
    # First by the customer, then by the purchases: what waits or was not understood may name only one of the two.
    for name, wanted in (("customer_id", {customer_id}), ("purchase_id", trace.purchases)):
        for number, data in _waiting_data(session, wanted):
            if wanted.intersection(_texts(data.get(name))):
                trace.events.add(number)
                trace.purchases.update(_texts(data.get("purchase_id")))
                trace.requests.update(_texts(data.get("request_id")))
    return trace


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else []


def _waiting_data(session: Session, ids: set[str]) -> list[tuple[int, dict[str, Any]]]:
    """The data of events that mention one of these ids and are not in our tables: waiting, refused, not understood."""
    written = {json.dumps(id_, ensure_ascii=ascii_only)[1:-1].encode() for id_ in ids for ascii_only in (True, False)}
    if not written:
        return []
    mentions = or_(*(_holds(session, InboxEvent.body, part) for part in sorted(written)))
    elsewhere = InboxEvent.state != constant(InboxState.APPLIED)
    rows = session.execute(select(InboxEvent.id, InboxEvent.body).where(elsewhere, mentions))
    return [(number, json.loads(body or b"{}")["data"]) for number, body in rows]


def _holds(session: Session, column: Any, part: bytes) -> ColumnElement[bool]:
    """SQL for: these bytes occur in that column."""
    if session.get_bind().dialect.name == "sqlite":
        return func.instr(column, literal(part)) > 0
    return func.position(literal(part).op("IN")(column)) > 0


def _forget_site(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """Where the shop is; and what the marketplace wrote about an end before the term."""
    _change(uow, update(Purchase).where(Purchase.id.in_(trace.purchases)), shop_url=None, terminated_reason=None)
    _change(uow, update(SiteBinding).where(SiteBinding.purchase_id.in_(trace.purchases)), shop_url="")
    named = RenewalChange.purchase_id.in_(trace.purchases) & RenewalChange.actor.not_in(ACTORS)
    _change(uow, update(RenewalChange).where(named), actor="customer")


def _forget_requests(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """What was asked and answered: no word of a conversation stays, neither side's."""
    for request in uow.session.scalars(select(SupportRequest).where(SupportRequest.id.in_(trace.requests))):
        request.subject = request.body = ""
        request.shop_url = None
        request.checks = without_personal_data(request.checks)
        for name in ("entitlement", "refusal", "resolution", "offer"):
            setattr(request, name, without_personal_data(getattr(request, name)))
    said = update(SupportMessage).where(SupportMessage.request_id.in_(trace.requests))
    _change(uow, said, author="", subject="", body="", headers=[], confirmed_by=None)
    _change(uow, update(RefundClaim).where(RefundClaim.request_id.in_(trace.requests)), reason=None)


def _forget_drafts(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """What was written and never sent."""
    _quietly(uow, delete(RequestDraft).where(RequestDraft.customer_id == trace.customer_id))


def _forget_inspections(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """What was seen on the customer's site, and with which credentials."""
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
        state=InspectionState.DONE,
        finished_at=func.coalesce(Inspection.finished_at, uow.now),
    )


def _forget_told(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """The bodies of events, as received: what stays of each is what may stay."""
    subjects = [f"{SUBJECT}:{trace.customer_id}"]
    subjects += [f"purchase:{id_}" for id_ in trace.purchases] + [f"request:{id_}" for id_ in trace.requests]
    received = select(InboxEvent.id, InboxEvent.source, InboxEvent.event_id, InboxEvent.body)
    theirs = received.where(or_(InboxEvent.subject.in_(subjects), InboxEvent.id.in_(trace.events)))
    for id_, source, event_id, body in uow.session.execute(theirs).all():
        if body is not None:
            _change(uow, update(InboxEvent).where(InboxEvent.id == id_), body=_bare(body))
        same = InboxConflict.source == source, InboxConflict.event_id == event_id
        for number, other in uow.session.execute(select(InboxConflict.id, InboxConflict.body).where(*same)).all():
            _change(uow, update(InboxConflict).where(InboxConflict.id == number), body=_bare(other))


def _bare(body: bytes) -> bytes:
    envelope = json.loads(body)
    bare = {**envelope, "data": without_personal_data(envelope["data"])}
    kept = {name: bare[name] for name in ("type", "timestamp", "data")}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def _forget_causes(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """Reasons given in free words, in what we told others; their data is ids, days and amounts."""
    about: Select[Any] = select(OutgoingEvent.id, OutgoingEvent.cause)
    kinds = (("purchase", trace.purchases), ("support_request", trace.requests), ("request", trace.requests))
    for kind, ids in kinds:
        theirs = about.where(OutgoingEvent.subject_kind == kind, OutgoingEvent.subject_id.in_(ids))
        # A cascade's reason is the seller's or the marketplace's, and the same for everybody.
        for id_, cause in uow.session.execute(theirs.where(OutgoingEvent.cascade_id.is_(None))).all():
            bare = {**cause, "reason": "", "actor": actor_without_name(cause.get("actor", ""))}
            if bare != cause:
                _change(uow, update(OutgoingEvent).where(OutgoingEvent.id == id_), cause=bare)


def _forget_access(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """Tokens that stood for the customer open nothing any more."""
    theirs = update(Token).where(Token.role == Role.CUSTOMER, Token.subject == trace.customer_id)
    _change(uow, theirs, label="", revoked_at=func.coalesce(Token.revoked_at, uow.now))


def _forget_answers(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """What repeated calls would be answered: the customer's own, and everybody's about the customer's requests."""
    tokens = select(literal("token:") + Token.id).where(Token.role == Role.CUSTOMER, Token.subject == trace.customer_id)
    person = person_scope(Role.CUSTOMER, trace.customer_id)
    about = (IdempotentCall.route.contains(f"/{id_}/", autoescape=True) for id_ in trace.requests)
    theirs = or_(IdempotentCall.scope.in_(tokens), IdempotentCall.scope == person, *about)
    _change(uow, update(IdempotentCall).where(theirs, IdempotentCall.body.is_not(None)), body=b"{}")


PLACES: Sequence[Callable[[UnitOfWork, CustomerTrace], None]] = (
    _forget_site,
    _forget_requests,
    _forget_drafts,
    _forget_inspections,
    _forget_told,
    _forget_causes,
    _forget_access,
    _forget_answers,
)
"""Every place where something personal is kept beside the customer's own row."""


def _change(uow: UnitOfWork, statement: Any, **values: Any) -> None:
    _quietly(uow, statement.values(**values))


def _quietly(uow: UnitOfWork, statement: Any) -> None:
    uow.session.execute(statement.execution_options(synchronize_session=False))
