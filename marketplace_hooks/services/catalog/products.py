"""Products: their descriptions, and every revision of their listings, with what each announced on a given day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from ...domain.catalog.statuses import Status
from ...models.products import Listing, Product, ProductKind, SubjectKind
from ..core.unit_of_work import Cause, UnitOfWork
from .descriptions import add_described, describe
from .locked_subjects import LockedSubjects
from .product_categories import CategoryChanges
from .search_index import SearchChanges
from .status_changes import apply_new_seller


def upsert_product(
    uow: UnitOfWork,
    locked_subjects: LockedSubjects,
    described: Mapping[str, Any],
    cause: Cause,
    *,
    described_at: datetime | None,
) -> bool:
    """Record a product as it is described now; False when a newer description is already known.

    `described_at` is when the event that says so was sent (None: an import, whose listings bear their own dates). The
    listing of an older description that arrives late is still stored: it says what was announced at its time. A
    product that another seller sells now is held by that seller's account, and no longer by the first one's.
    """
    add_listing(uow, described, described_at=described_at)
    columns = {
        "seller_id": described["seller_id"],
        "kind": ProductKind(described["kind"]),
        "technical_name": described["technical_name"],
        "title": described["title"],
        "description": described["description"],
        "categories": described["categories"],
        "price_cents": described["price"]["amount_cents"],
        "currency": described["price"]["currency"],
    }
    locked = locked_subjects.get(SubjectKind.PRODUCT, described["product_id"])
    if locked is None:
        row = Product(id=described["product_id"], description_version=described["version"], **columns)
        row.shown = add_described(uow, locked_subjects, SubjectKind.PRODUCT, row).row.status is Status.ONLINE
        uow.deferred(CategoryChanges).set(row.id, row.categories)
        return True
    moved = described["seller_id"] != locked.row.seller_id
    if not describe(uow, locked, described["version"], **columns):
        if described["version"] < locked.row.description_version:  # its listing may be the one in force all the same.
            uow.deferred(SearchChanges).add(uow, SubjectKind.PRODUCT, locked.row.id)
        return False
    if moved:
        locked_subjects.load_account(locked)
        apply_new_seller(uow, locked, cause)
    return True


def listing_in_force(session: Session, product_id: str, at: datetime) -> Listing | None:
    """The listing at an instant: the last revision published by then, corrected since or not; None: there was none."""
    return session.scalar(_published_by(product_id, at))


def listing_at_purchase(session: Session, product_id: str, purchased_at: datetime) -> Listing | None:
    """What the listing announced to whoever bought at an instant, however late its events arrived.

    A revision that repeats the date of an earlier one corrects it; to a buyer, only once its own event was sent.
    """
    earlier = aliased(Listing)
    corrected = select(earlier.id).where(
        earlier.product_id == Listing.product_id,
        earlier.published_at == Listing.published_at,
        earlier.version < Listing.version,
    )
    was_sent = or_(Listing.described_at.is_(None), Listing.described_at <= purchased_at, ~corrected.exists())
    return session.scalar(_published_by(product_id, purchased_at).where(was_sent))


def _published_by(product_id: str, at: datetime) -> Select[Listing]:
    """The revisions of a listing that were published by an instant, the last one only."""
    return (
        select(Listing)
        .where(Listing.product_id == product_id, Listing.published_at <= at)
        .order_by(Listing.published_at.desc(), Listing.version.desc())
        .limit(1)
    )


def add_listing(uow: UnitOfWork, described: Mapping[str, Any], *, described_at: datetime | None = None) -> None:
    """Store this revision of the listing, unless it is stored already."""
    listing = described["listing"]
    row = {
        "product_id": described["product_id"],
        "version": described["version"],
        "published_at": listing["published_at"],
        "described_at": described_at,
        "features": listing["features"],
        "compatible_from": listing["compatible_from"],
        "compatible_to": listing["compatible_to"],
        "incompatible_modules": listing["incompatible_modules"],
        "conflicting_overrides": listing.get("conflicting_overrides") or [],
        "price_cents": described["price"]["amount_cents"],
        "currency": described["price"]["currency"],
    }
    uow.insert_later(Listing, row)
