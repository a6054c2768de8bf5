"""Rendering of sellers, products, packs and releases as lines of a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain.catalog.statuses import Side, Status
from ..models.packs import Pack, PackMember
from ..models.products import Listing, Product, Seller, SideState, SubjectKind, Withdrawal
from ..models.releases import Release
from ..models.support import SellerClosure
from .grouping import grouped

Rendered = dict[str, tuple[datetime | None, dict[str, Any]]]


def money(cents: int | None, currency: str | None) -> dict[str, Any] | None:
    """An amount as a line says it; None where there is none."""
    return None if cents is None else {"amount_cents": cents, "currency": currency}


def render_sellers(session: Session, ids: Collection[str]) -> Rendered:
    """The sellers with these ids."""
    accounts = select(SideState).where(
        SideState.subject_kind == SubjectKind.SELLER, SideState.subject_id.in_(ids), SideState.side == Side.ACCOUNT
    )
    held = {one.subject_id: one for one in session.scalars(accounts) if one.held}
    declared = select(SellerClosure).where(SellerClosure.seller_id.in_(ids), SellerClosure.cancelled_at.is_(None))
    closures = grouped(session.scalars(declared).all(), "seller_id")
    found: Rendered = {}
    for row in session.scalars(select(Seller).where(Seller.id.in_(ids))):
        account = held.get(row.id)
        suspended = None if account is None else {"reason": account.held_reason, "since": account.held_since}
        columns = {name: getattr(row, name) for name in ("name", "country", "region", "locale", "email")}
        data = {
            "seller_id": row.id,
            **columns,
            "helpdesk_relays": row.helpdesk_relays,
            "suspended": suspended,
            "closures": [_declared(one) for one in closures.get(row.id, ())],
        }
        found[row.id] = (row.described_at, data)
    return found


def _declared(closure: SellerClosure) -> dict[str, Any]:
    return {
        "closure_id": closure.id,
        "first_day": closure.first_day,
        "last_day": closure.last_day,
        "declared_at": closure.declared_at,
        "announced_at": closure.announced_at,
        "announced_before": closure.announced_before or [],
    }


def render_products(session: Session, ids: Collection[str]) -> Rendered:
    """The products with these ids, with every revision of their listings."""
    listings = select(Listing).where(Listing.product_id.in_(ids)).order_by(Listing.version)
    revisions = grouped(session.scalars(listings).all(), "product_id")
    statuses = _statuses(session, SubjectKind.PRODUCT, ids)
    reinstated = select(Withdrawal).where(
        Withdrawal.subject_kind == SubjectKind.PRODUCT,
        Withdrawal.subject_id.in_(ids),
        Withdrawal.reinstated_at.is_not(None),
    )
    withdrawals = grouped(session.scalars(reinstated).all(), "subject_id")
    found: Rendered = {}
    for row in session.scalars(select(Product).where(Product.id.in_(ids))):
        of_product = revisions.get(row.id, [])
        current = [one for one in of_product if one.version == row.description_version]
        data = {
            "product_id": row.id,
            "seller_id": row.seller_id,
            "kind": row.kind.value,
            "technical_name": row.technical_name,
            "title": row.title,
            # A description in no language is none, which a line says by leaving it out.
            **({"description": row.description} if row.description else {}),
            "categories": row.categories,
            "price": money(row.price_cents, row.currency),
            "version": row.description_version,
            "listing": _announced(current[0]) if current else None,
            "listings": [
                {"version": one.version, "price": money(one.price_cents, one.currency), **_announced(one)}
                for one in of_product
                if one.version != row.description_version
            ],
            "statuses": statuses.get(row.id, []),
            "withdrawals": [_reinstated(one) for one in withdrawals.get(row.id, ())],
        }
        found[row.id] = (None, data)
    return found


def _reinstated(withdrawal: Withdrawal) -> dict[str, Any]:
    return {
        "actor": withdrawal.side.value,
        "reason": withdrawal.reason,
        "since": max(withdrawal.received_at, withdrawal.effective_at),
        "reinstated_at": withdrawal.reinstated_at,
        "reinstated_reason": withdrawal.reinstated_reason or "",
    }


def _announced(listing: Listing) -> dict[str, Any]:
    return {
        "features": listing.features,
        "compatible_from": listing.compatible_from,
        "compatible_to": listing.compatible_to,
        "incompatible_modules": listing.incompatible_modules,
        "conflicting_overrides": listing.conflicting_overrides or [],
        "published_at": listing.published_at,
    }


def render_packs(session: Session, ids: Collection[str]) -> Rendered:
    """The packs with these ids, with what is in them."""
    inside = select(PackMember).where(PackMember.pack_id.in_(ids)).order_by(PackMember.position)
    members = grouped(session.scalars(inside).all(), "pack_id")
    statuses = _statuses(session, SubjectKind.PACK, ids)
    found: Rendered = {}
    for row in session.scalars(select(Pack).where(Pack.id.in_(ids))):
        data = {
            "pack_id": row.id,
            "seller_id": row.seller_id,
            "title": row.title,
            "price": money(row.price_cents, row.currency),
            "product_ids": [one.product_id for one in members.get(row.id, [])],
            "version": row.description_version,
            "statuses": statuses.get(row.id, []),
        }
        found[row.id] = (None, data)
    return found


def render_releases(session: Session, ids: Collection[str]) -> Rendered:
    """The releases with these ids."""
    columns = ("product_id", "number", "kind", "compatible_from", "compatible_to", "published_at", "download_url")
    found: Rendered = {}
    for row in session.scalars(select(Release).where(Release.id.in_(ids))):
        described = {name: getattr(row, name) for name in (*columns, "sha256", "manifest", "fixes")}
        price = money(row.price_cents, row.currency)
        found[row.id] = (row.described_at, {"release_id": row.id, **described, "price": price})
    return found


def _statuses(session: Session, kind: SubjectKind, ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """What each side of each subject has asked for last."""
    states = select(SideState).where(
        SideState.subject_kind == kind, SideState.subject_id.in_(ids), SideState.side != Side.ACCOUNT
    )
    by_subject = grouped(session.scalars(states).all(), "subject_id")
    ended = select(Withdrawal).where(
        Withdrawal.subject_kind == kind, Withdrawal.subject_id.in_(ids), Withdrawal.reinstated_at.is_(None)
    )
    withdrawals = {one.subject_id: one for one in session.scalars(ended)}
    return {id_: _statuses_of(by_subject.get(id_, []), withdrawals.get(id_)) for id_ in {*by_subject, *withdrawals}}


def _statuses_of(states: Sequence[SideState], withdrawal: Withdrawal | None) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for state in states:
        if state.held:
            asked = (Status.OFFLINE_TEMPORARY, state.held_reason, state.held_since)
            found[state.side] = _status(state.side, *asked, state.version)
        elif state.version:
            found[state.side] = _status(state.side, Status.ONLINE, None, None, state.version)
    if withdrawal is not None:
        version = next((state.version for state in states if state.side is withdrawal.side), 0)
        asked = (Status.OFFLINE_PERMANENT, withdrawal.reason, max(withdrawal.received_at, withdrawal.effective_at))
        found[withdrawal.side] = _status(withdrawal.side, *asked, version)
    return list(found.values())


def _status(side: Side, status: Status, reason: str | None, since: datetime | None, version: int) -> dict[str, Any]:
    """The status of one side; a change made here has no version, and the first event about it comes after it."""
    return {
        "actor": side.value,
        "status": status.value,
        "reason": reason or "",
        "since": since,
        "version": max(version, 1),
    }
