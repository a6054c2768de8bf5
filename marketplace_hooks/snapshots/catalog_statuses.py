"""Statuses of imported sellers, products and packs: what a line says of a side of which nothing is known here.

A product that an event has made known before its line is imported may be on sale here and withdrawn there: no event
about that will come again. Nobody is told: what is hidden here was hidden long ago.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from ..database.types import constant
from ..domain.catalog.statuses import Side, Status
from ..models.packs import Pack, PackMember
from ..models.products import Product, SubjectKind, Withdrawal
from ..models.subscriptions import Subscription, SubscriptionState
from ..services.catalog.locked_subjects import LockedSubject
from ..services.catalog.sellers import derive_statuses_of_seller
from ..services.catalog.status_changes import empty_slot, open_hold
from ..services.core.unit_of_work import Cause, UnitOfWork
from .entities import UNDATED


def record_suspension(uow: UnitOfWork, locked: LockedSubject, suspended: Mapping[str, Any] | None) -> bool:
    """Record that the account is suspended, unless something is known of it; whether it was recorded."""
    if suspended is None or locked.row.account_at is not None or Side.ACCOUNT in locked.sides:
        return False
    cause = Cause(actor=Side.MARKETPLACE, reason=suspended["reason"])
    open_hold(locked.side(Side.ACCOUNT, uow.session), cause, suspended["since"])
    locked.row.account_at = suspended["since"]
    return True


def record_statuses(uow: UnitOfWork, locked: LockedSubject, statuses: Sequence[Mapping[str, Any]]) -> bool:
    """Record what each side asked for last, unless it has asked for something here; whether it is offline by that."""
    before = locked.row.status
    for one in in_order(statuses):
        side = Side(one["actor"])
        known = locked.sides.get(side)
        if known is None or (known.version == 0 and known.changed_here_at is None):
            _record_status(uow, locked, side, one)
    locked.row.status = locked.derived_status()
    if locked.row.status in (before, Status.ONLINE):
        return False
    locked.row.shown = False
    locked.row.changed_at = uow.now
    return True


def in_order(statuses: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The statuses of a line in the order in which they began: of two withdrawals the first is the one that counts."""
    return sorted(statuses, key=lambda one: one["since"] or UNDATED)


def offline_statuses(statuses: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of a line's statuses that keep the subject offline."""
    offline = [one for one in in_order(statuses) if one["status"] != Status.ONLINE]
    withdrawals = [one for one in offline if one["status"] == Status.OFFLINE_PERMANENT]
    return [one for one in offline if one not in withdrawals[1:]]


def _record_status(uow: UnitOfWork, locked: LockedSubject, side: Side, one: Mapping[str, Any]) -> None:
    state = locked.side(side, uow.session)
    state.version = one["version"]
    cause = Cause(actor=side, reason=one["reason"])
    if one["status"] == Status.OFFLINE_TEMPORARY:
        open_hold(state, cause, one["since"])
    elif one["status"] == Status.OFFLINE_PERMANENT and locked.withdrawal is None:
        locked.withdrawal = Withdrawal(
            subject_kind=locked.kind,
            subject_id=locked.row.id,
            side=side,
            reason=cause.reason,
            cause=cause.as_json(),
            received_at=one["since"],
            effective_at=one["since"],
        )
        uow.session.add(locked.withdrawal)
        for slot in list(locked.slots()):
            empty_slot(slot)


def record_reinstated_withdrawals(uow: UnitOfWork, withdrawals: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Record the undone withdrawals of products, by the products' ids, except where any withdrawal is known here."""
    query = select(Withdrawal.subject_id).where(
        Withdrawal.subject_kind == SubjectKind.PRODUCT, Withdrawal.subject_id.in_(withdrawals)
    )
    known = set(uow.session.scalars(query)) if withdrawals else set()
    for product_id, of_product in withdrawals.items():
        for one in of_product if product_id not in known else ():
            cause = Cause(actor=one["actor"], reason=one["reason"])
            row = Withdrawal(
                subject_kind=SubjectKind.PRODUCT,
                subject_id=product_id,
                side=Side(one["actor"]),
                reason=cause.reason,
                cause=cause.as_json(),
                received_at=one["since"],
                effective_at=one["since"],
                reinstated_at=one["reinstated_at"],
                reinstated_reason=one["reinstated_reason"],
            )
            uow.session.add(row)


def hide_everything_of(uow: UnitOfWork, sellers: Collection[str]) -> None:
    """Hide what sellers sell who are known here and turn out to be suspended."""
    if not sellers:
        return
    uow.session.flush()
    for seller_id in sellers:
        derive_statuses_of_seller(uow, seller_id, suspended=True)
    theirs = select(Product.id).where(Product.seller_id.in_(sellers))
    containing = select(PackMember.pack_id).where(PackMember.product_id.in_(theirs))
    hidden = (
        update(Product).where(Product.seller_id.in_(sellers)),
        update(Pack).where(or_(Pack.seller_id.in_(sellers), Pack.id.in_(containing))),
    )
    for statement in hidden:
        uow.session.execute(statement.values(shown=False).execution_options(synchronize_session=False))


def hide_packs_of(uow: UnitOfWork, products: Collection[str]) -> None:
    """Hide the packs that contain these products, which are known here and turn out to be offline."""
    if not products:
        return
    uow.session.flush()
    containing = select(PackMember.pack_id).where(PackMember.product_id.in_(products))
    hidden = update(Pack).where(Pack.id.in_(containing)).values(shown=False)
    uow.session.execute(hidden.execution_options(synchronize_session=False))


def stop_renewals_of(uow: UnitOfWork, products: Collection[str]) -> None:
    """Stop the renewals of those of these products that turn out to be withdrawn, as their withdrawals did there."""
    if not products:
        return
    uow.session.flush()
    standing = (
        select(func.max(Withdrawal.effective_at))
        .where(
            Withdrawal.subject_kind == SubjectKind.PRODUCT,
            Withdrawal.subject_id == Subscription.product_id,
            Withdrawal.reinstated_at.is_(None),
        )
        .correlate(Subscription)
        .scalar_subquery()
    )
    withdrawn = select(Product.id).where(Product.id.in_(products), Product.status == Status.OFFLINE_PERMANENT)
    going_on = or_(
        Subscription.state == constant(SubscriptionState.ACTIVE),
        Subscription.state == constant(SubscriptionState.PAYMENT_PENDING),
    )
    not_yet = or_(Subscription.withdrawn_from.is_(None), Subscription.withdrawal_lifted_at.is_not(None))
    stop = update(Subscription).where(Subscription.product_id.in_(withdrawn), going_on, not_yet)
    values = {"withdrawn_from": standing, "withdrawal_lifted_at": None, "notice_at": None}
    uow.session.execute(stop.values(values).execution_options(synchronize_session=False))
