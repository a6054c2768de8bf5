"""Packs: their contents, and the events about pages of packs that are hidden or shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select

from ...domain.catalog.visibility import pack_is_visible as is_visible
from ...models.cascades import Cascade
from ...models.packs import Pack, PackMember, pack_is_visible
from ...models.products import Product, SubjectKind
from ..core.unit_of_work import Cause, UnitOfWork
from .cascades import Step
from .descriptions import add_described, describe
from .locked_subjects import LockedSubject, LockedSubjects
from .pack_revisions import keep_revision
from .status_changes import apply_new_seller
from .visibility_events import PageKind, publish_visibility_changes

PACK_PAGES = PageKind(table=Pack, kind=SubjectKind.PACK, visible=pack_is_visible)


def upsert_pack(
    uow: UnitOfWork,
    locked_subjects: LockedSubjects,
    described: Mapping[str, Any],
    cause: Cause,
    *,
    described_at: datetime,
) -> bool:
    """Record a pack as it is described at `described_at`; False when a newer description is already known.

    Its seller and products must be known. A changed membership may hide or show the page; that is published at once.
    An older description that arrives late is still stored: it says what was sold at its time.
    """
    locked = locked_subjects.get(SubjectKind.PACK, described["pack_id"])
    columns = {
        "seller_id": described["seller_id"],
        "title": described["title"],
        "price_cents": described["price"]["amount_cents"],
        "currency": described["price"]["currency"],
    }
    members = list(dict.fromkeys(described["product_ids"]))
    is_new = locked is None
    if locked is None:
        # Still empty, and so not shown.
        row = Pack(id=described["pack_id"], shown=False, description_version=described["version"], **columns)
        locked = add_described(uow, locked_subjects, SubjectKind.PACK, row)
        keep_revision(uow, described, described_at, beside=None)
    else:
        keep_revision(uow, described, described_at, beside=locked)
        moved = described["seller_id"] != locked.row.seller_id
        if not describe(uow, locked, described["version"], **columns):
            return False
        if moved:
            locked_subjects.load_account(locked)
            apply_new_seller(uow, locked, cause)
    _set_members(uow, locked, members)
    locked_subjects.mark_in_packs(members)
    shown = _may_be_shown(locked, locked_subjects)
    if shown is not locked.row.shown:
        locked.row.shown = shown
        if not is_new:
            ids = {"pack_id": locked.row.id, "seller_id": locked.row.seller_id, "status": locked.row.status}
            uow.publish("pack.shown" if shown else "pack.hidden", SubjectKind.PACK, locked.row, ids, cause)
    return True


def _may_be_shown(locked: LockedSubject, locked_subjects: LockedSubjects) -> bool:
    products = (locked_subjects.get(SubjectKind.PRODUCT, id_) for id_ in locked.members)
    return is_visible(locked.row.status, {one.row.id: one.row.status for one in products if one is not None})


def _set_members(uow: UnitOfWork, locked: LockedSubject, members: list[str]) -> None:
    if members == locked.members:
        return
    uow.session.execute(delete(PackMember).where(PackMember.pack_id == locked.row.id))
    rows = [
        {"pack_id": locked.row.id, "product_id": product_id, "position": position}
        for position, product_id in enumerate(members)
    ]
    if rows:
        uow.session.execute(insert(PackMember), rows)
    locked.members = members


def announce_packs_of_product(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
    """The packs that contain the product: hidden with it, shown again when nothing else blocks them."""
    containing = select(PackMember.pack_id).where(PackMember.product_id == cascade.subject_id)
    publish_visibility_changes(uow, cascade, progress, limit, PACK_PAGES, Pack.id.in_(containing))


def announce_pack(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
    """The pack itself, after a change of its own."""
    publish_visibility_changes(uow, cascade, progress, limit, PACK_PAGES, Pack.id == cascade.subject_id)


def announce_packs_of_seller(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
    """The seller's own packs, and all that contain one of the seller's products."""
    containing = (
        select(PackMember.pack_id)
        .join(Product, Product.id == PackMember.product_id)
        .where(Product.seller_id == cascade.subject_id)
    )
    concerned = or_(Pack.seller_id == cascade.subject_id, Pack.id.in_(containing))
    publish_visibility_changes(uow, cascade, progress, limit, PACK_PAGES, concerned)
