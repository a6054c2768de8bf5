"""Drafts of support requests: saved at every step of the form, checked, and sent once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...domain.audit_actions import AuditAction
from ...domain.inspections.declarations import Declaration
from ...domain.support.state_machine import Kind
from ...errors import Conflict, NotFound
from ...models.audit import AuditOutcome
from ...models.drafts import RequestDraft
from ...models.inspections import Inspection
from ...models.products import Product
from ...models.support import SupportRequest
from ...remote.probes.protocol import Credentials
from ..core.runtime import Runtime
from ..core.unit_of_work import Cause, UnitOfWork
from ..inspections.add_declaration import declare
from ..inspections.requests import read_inspection
from .eligibility_checks import check_again, read_check, start_check
from .submission import NewRequest, purchase_of, submit
from .transitions import locked_request

DRAFT_LIFETIME = timedelta(days=30)
"""A draft that was not changed for so long is deleted."""


@dataclass(frozen=True, kw_only=True)
class DraftContent:
    """The contents of the form. `purchase_id` None: a question about `product_id` before any purchase."""

    purchase_id: str | None
    product_id: str | None
    kind: Kind
    subject: str
    body: str
    shop_url: str | None


def save_draft(
    runtime: Runtime,
    uow: UnitOfWork,
    draft_id: str,
    customer_id: str,
    content: DraftContent,
    *,
    credentials: Credentials | None = None,
    declared: Declaration | None = None,
) -> RequestDraft:
    """Save a draft, and start the check that it needs: none before a purchase, none twice of the same site.

    One that was sent is returned unchanged. Raises `NotFound` for another's draft or purchase, and as `start_check`.
    """
    product_id = _product_of(uow.session, customer_id, content)
    uow.audit(AuditAction.DRAFT_SAVED, draft_id)
    values = {**vars(content), "product_id": product_id, "customer_id": customer_id, "changed_at": uow.now}
    uow.session.execute(insert_new(uow.session, RequestDraft), {"id": draft_id, **values})
    draft = own_draft(uow.session, customer_id, draft_id=draft_id, lock=True)
    if draft.sent_at is not None:
        return draft
    same_site = (draft.purchase_id, draft.shop_url) == (content.purchase_id, content.shop_url)
    is_checked = same_site and _has_check(uow.session, draft)
    for name, value in values.items():
        setattr(draft, name, value)
    if content.purchase_id is None:
        draft.check_id = None
    elif not is_checked or credentials:
        purchase = purchase_of(uow.session, content.purchase_id, customer_id)
        draft.check_id = start_check(
            runtime, uow, purchase, shop_url=content.shop_url, credentials=credentials, declared=declared
        ).check_id
    elif declared is not None and draft.check_id is not None:
        declare(uow, draft.check_id, declared)
    return draft


def own_draft(
    session: Session,
    customer_id: str,
    *,
    draft_id: str | None = None,
    check_id: str | None = None,
    lock: bool = False,
) -> RequestDraft:
    """A customer's draft by its id, or by its check. Raises `NotFound`, also for another customer's."""
    named = RequestDraft.id == draft_id if draft_id is not None else RequestDraft.check_id == check_id
    query = select(RequestDraft).where(named, RequestDraft.customer_id == customer_id)
    found = session.scalar((query.with_for_update() if lock else query).execution_options(populate_existing=True))
    if found is None:
        raise NotFound("no such draft")
    return found


def draft_after(session: Session, customer_id: str, check_id: str) -> RequestDraft:
    """The draft of which this was an earlier check. Raises `NotFound` when there is none."""
    purchase_id = purchase_of(session, read_inspection(session, check_id).purchase_id or "", customer_id).id
    own = select(RequestDraft).where(
        RequestDraft.customer_id == customer_id,
        RequestDraft.purchase_id == purchase_id,
        RequestDraft.check_id.is_not(None),
    )
    found = session.scalar(own.order_by(RequestDraft.changed_at.desc()).limit(1))
    if found is None:
        raise NotFound("no such draft")
    return found


def unsent_drafts(session: Session, customer_id: str, *, limit: int = 5) -> list[RequestDraft]:
    """The customer's drafts that were not sent, newest first."""
    own = select(RequestDraft).where(RequestDraft.customer_id == customer_id, RequestDraft.sent_at.is_(None))
    return list(session.scalars(own.order_by(RequestDraft.changed_at.desc()).limit(limit)))


def recheck_draft(
    runtime: Runtime, uow: UnitOfWork, customer_id: str, check_id: str, credentials: Credentials | None
) -> RequestDraft:
    """Check the draft's site again, with these credentials or those given before."""
    draft = own_draft(uow.session, customer_id, check_id=check_id, lock=True)
    purchase = purchase_of(uow.session, draft.purchase_id or "", customer_id)
    draft.check_id = check_again(runtime, uow, purchase, check_id, credentials=credentials).check_id
    draft.changed_at = uow.now
    return draft


def send_draft(uow: UnitOfWork, customer_id: str, draft_id: str, *, as_it_is: bool) -> SupportRequest:
    """Submit the draft; sent again, it returns the same request. Raises `Conflict` while its check is running."""
    draft = own_draft(uow.session, customer_id, draft_id=draft_id, lock=True)
    if draft.sent_at is not None:
        uow.audit(AuditAction.REQUEST_SUBMITTED, draft.request_id, outcome=AuditOutcome.UNCHANGED)
        return locked_request(uow.session, draft.request_id)
    if (
        draft.check_id is not None
        and read_check(uow.session, draft.check_id, customer_id=customer_id, settings=uow.settings).running
    ):
        detail = "the check of the site is running; the request can be sent once it is done"
        raise Conflict(detail, code="still_checking", state="running", asked="done")
    new = NewRequest(
        request_id=draft.request_id,
        customer_id=customer_id,
        product_id=draft.product_id,
        purchase_id=draft.purchase_id,
        subject=draft.subject,
        body=draft.body,
        submitted_at=uow.now,
        kind=draft.kind,
        shop_url=draft.shop_url,
        check_id=draft.check_id,
        presale=draft.purchase_id is None,
        as_it_is=as_it_is,
    )
    request = submit(uow, new, Cause(actor="customer", reason=""))
    draft.sent_at = uow.now
    draft.subject = ""
    draft.body = ""
    return request


def delete_old_drafts(session: Session, now: datetime) -> int:
    """Delete the drafts that were not changed for `DRAFT_LIFETIME`; return how many."""
    old = delete(RequestDraft).where(RequestDraft.changed_at <= now - DRAFT_LIFETIME).returning(RequestDraft.id)
    return len(session.scalars(old).all())


def _has_check(session: Session, draft: RequestDraft) -> bool:
    """Whether the draft's check still exists: old ones are purged (`services/privacy/retention.py`)."""
    if draft.check_id is None:
        return False
    return session.scalar(select(Inspection.number).where(Inspection.id == draft.check_id)) is not None


def _product_of(session: Session, customer_id: str, content: DraftContent) -> str:
    if content.purchase_id is not None:
        return purchase_of(session, content.purchase_id, customer_id).product_id
    product = session.get(Product, content.product_id) if content.product_id else None
    if product is None:
        raise NotFound("no such product")
    return product.id
