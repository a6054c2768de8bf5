"""Sellers: their accounts, and what a suspension does to everything that they sell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update

from ...database.types import constant
from ...domain.catalog.statuses import Effect, Side, Status, StatusRequest, judge
from ...models.cascades import Cascade
from ...models.packs import Pack
from ...models.products import Product, Seller, SideState, SubjectKind, Withdrawal
from ...models.search import RenewalScope
from ..core.runtime import JobKind
from ..core.unit_of_work import Cause, UnitOfWork
from .cascades import Step, close_if_done, start_cascade
from .locked_subjects import LockedSubject, LockedSubjects
from .search_index import request_renewal
from .status_changes import StatusChangeOutcome, empty_slot, fill_slot, lift_hold, open_hold
from .visibility_events import PageKind, publish_visibility_changes

PRODUCT_PAGES = PageKind(
    table=Product, kind=SubjectKind.PRODUCT, visible=lambda: Product.status == constant(Status.ONLINE)
)


def upsert_seller(
    uow: UnitOfWork, locked_subjects: LockedSubjects, described: Mapping[str, Any], *, sent_at: datetime
) -> bool:
    """Record a seller as described at `sent_at`; False when something newer is already known."""
    locked = locked_subjects.get(SubjectKind.SELLER, described["seller_id"])
    columns = {name: described[name] for name in ("name", "country", "region", "locale", "email", "helpdesk_relays")}
    if locked is None:
        row = Seller(id=described["seller_id"], sequence=0, described_at=sent_at, **columns)
        locked_subjects.add(LockedSubject(kind=SubjectKind.SELLER, row=row))
        return True
    if sent_at < locked.row.described_at:
        return False
    if described["name"] != locked.row.name:
        request_renewal(uow.session, RenewalScope.SELLER, locked.row.id, uow.now)
        uow.wakeups.add(JobKind.CASCADES)
    for name, value in columns.items():
        setattr(locked.row, name, value)
    locked.row.described_at = sent_at
    return True


def change_account(
    uow: UnitOfWork,
    locked_subjects: LockedSubjects,
    locked: LockedSubject,
    asked: StatusRequest,
    cause: Cause,
    *,
    received_at: datetime | None = None,
) -> StatusChangeOutcome:
    """Suspend the account (asked for `offline_temporary`) or lift the suspension (`online`), at once or scheduled.

    The account's hold counts for all that the seller sells: their status is derived anew by set statements in this
    transaction, so that every page vanishes with its commit; the cascade then publishes each.
    """
    received_at = received_at or uow.now
    apply_scheduled_account(uow, locked_subjects, locked, until=received_at)
    if asked.sent_at is not None:
        if locked.row.account_at is not None and asked.sent_at < locked.row.account_at:
            return StatusChangeOutcome(effect=Effect.SUPERSEDED, status=_status(locked.side(Side.ACCOUNT, uow.session)))
        locked.row.account_at = asked.sent_at
    return _change_account(uow, locked_subjects, locked, replace(asked, sent_at=None), cause, received_at)


def apply_scheduled_account(
    uow: UnitOfWork, locked_subjects: LockedSubjects, locked: LockedSubject, *, until: datetime | None = None
) -> None:
    """Carry out the account's scheduled change, if its instant has come by `until` (default: now)."""
    state = locked.side(Side.ACCOUNT, uow.session)
    due_at = state.scheduled_at
    if due_at is None or due_at > (until or uow.now):
        return
    asked = StatusRequest(side=Side.ACCOUNT, status=Status(state.scheduled_status or ""))
    cause = Cause.from_json(state.scheduled_cause or {})
    received_at = state.scheduled_received_at or due_at
    empty_slot(state)
    _change_account(uow, locked_subjects, locked, asked, cause, received_at, due_at=due_at)


def _change_account(
    uow: UnitOfWork,
    locked_subjects: LockedSubjects,
    locked: LockedSubject,
    asked: StatusRequest,
    cause: Cause,
    received_at: datetime,
    *,
    due_at: datetime | None = None,
) -> StatusChangeOutcome:
    """Judge and record one change of an account; `due_at` is the instant of one that was scheduled."""
    state = locked.side(Side.ACCOUNT, uow.session)
    effect = judge(locked.facts_for(state), asked, received_at)
    if effect is Effect.SCHEDULE:
        fill_slot(state, asked, cause, received_at)
    if effect not in (Effect.HOLD, Effect.LIFT):
        return StatusChangeOutcome(effect=effect, status=_status(state))
    if effect is Effect.HOLD:
        open_hold(state, cause, max(received_at, due_at or asked.effective_at or received_at))
    else:
        lift_hold(state)
    cascade = start_cascade(uow, locked, cause, change="suspended" if effect is Effect.HOLD else "unsuspended")
    close_if_done(uow, locked, cascade, cause)
    uow.session.flush()
    derive_statuses_of_seller(uow, locked.row.id, suspended=state.held)
    status = _status(state)
    locked_subjects.invalidate()
    return StatusChangeOutcome(effect=effect, status=status, cascade_id=cascade["id"])


def _status(state: SideState) -> Status:
    return Status.OFFLINE_TEMPORARY if state.held else Status.ONLINE


def derive_statuses_of_seller(uow: UnitOfWork, seller_id: str, *, suspended: bool) -> None:
    """Derive the status of everything that one seller sells anew, now that the account is suspended or not."""
    for table, kind in ((Product, SubjectKind.PRODUCT), (Pack, SubjectKind.PACK)):
        _derive_statuses(uow, table, kind, seller_id, suspended=suspended)


def _derive_statuses(uow: UnitOfWork, table: type[Any], kind: SubjectKind, seller_id: str, *, suspended: bool) -> None:
    """`status_of` (`domain/catalog/statuses.py`) as one UPDATE over everything that one seller sells.

    The rows are locked by a statement of their own first: the UPDATE then sees the holds committed until its start.
    """
    lock = select(table.id).where(table.seller_id == seller_id).order_by(table.id).with_for_update()
    uow.session.execute(lock).all()
    withdrawn = (
        select(Withdrawal.id)
        .where(Withdrawal.subject_kind == kind, Withdrawal.subject_id == table.id, Withdrawal.reinstated_at.is_(None))
        .exists()
    )
    held = (
        select(SideState.side)
        .where(SideState.subject_kind == kind, SideState.subject_id == table.id, SideState.held)
        .exists()
    )
    otherwise = (
        constant(Status.OFFLINE_TEMPORARY)
        if suspended
        else case((held, constant(Status.OFFLINE_TEMPORARY)), else_=constant(Status.ONLINE))
    )
    derived = case((withdrawn, constant(Status.OFFLINE_PERMANENT)), else_=otherwise)
    change = update(table).where(table.seller_id == seller_id).values(status=derived, changed_at=uow.now)
    uow.session.execute(change.execution_options(synchronize_session=False))


def announce_products_of_seller(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
    """Every product of the seller: hidden with the account, shown again when no other side holds it."""
    publish_visibility_changes(uow, cascade, progress, limit, PRODUCT_PAGES, Product.seller_id == cascade.subject_id)
