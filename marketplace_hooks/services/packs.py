"""What is in each pack, and whom must we tell that its page has vanished or come back?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, or_, select

from ..domain.statuses import Status
from ..domain.visibility import pack_is_visible as judge_visible
from ..store.cascades import Cascade
from ..store.packs import Pack, PackMember, pack_is_visible
from ..store.products import Product, SubjectKind
from ..store.searching import words_of
from .announcements import Pages, announce_pages
from .cascades import Step, step
from .standings import Standing, Standings
from .statuses import follow_account
from .work import Cause, Work

PACK_PAGES = Pages(table=Pack, kind=SubjectKind.PACK, visible=pack_is_visible)


def upsert_pack(work: Work, standings: Standings, described: Mapping[str, Any], cause: Cause) -> bool:
    """Record a pack as it is described now; False when a newer description is already known.

    Its seller and products must be known. A changed membership may hide or show the page; that is told at once.
    """
    standing = standings.get(SubjectKind.PACK, described["pack_id"])
    if standing is not None and described["version"] <= standing.row.description_version:
        return False
    columns = {
        "seller_id": described["seller_id"],
        "title": described["title"],
        "words": words_of(described["title"].values()),
        "price_cents": described["price"]["amount_cents"],
        "currency": described["price"]["currency"],
        "description_version": described["version"],
        "changed_at": work.now,
    }
    members = list(dict.fromkeys(described["product_ids"]))
    is_new = standing is None
    if standing is None:
        row = Pack(
            id=described["pack_id"], status=Status.ONLINE, shown=False, sequence=0, created_at=work.now, **columns
        )
        standing = Standing(kind=SubjectKind.PACK, row=row)
        standings.add(standing)
        row.status = standing.derived_status()
    moved = described["seller_id"] != standing.row.seller_id
    for name, value in columns.items():
        setattr(standing.row, name, value)
    if moved:
        standings.find_account(standing)
        follow_account(work, standing, cause)
    _set_members(work, standing, members)
    standings.touch_membership(members)
    shown = _may_be_shown(standing, standings)
    if shown is not standing.row.shown:
        standing.row.shown = shown
        if not is_new:
            ids = {"pack_id": standing.row.id, "seller_id": standing.row.seller_id, "status": standing.row.status}
            work.tell("pack.shown" if shown else "pack.hidden", SubjectKind.PACK, standing.row, ids, cause)
    return True


def _may_be_shown(standing: Standing, standings: Standings) -> bool:
    products = (standings.get(SubjectKind.PRODUCT, id_) for id_ in standing.members)
    return judge_visible(standing.row.status, {one.row.id: one.row.status for one in products if one is not None})


def _set_members(work: Work, standing: Standing, members: list[str]) -> None:
    if members == standing.members:
        return
    work.session.execute(delete(PackMember).where(PackMember.pack_id == standing.row.id))
    rows = [
        {"pack_id": standing.row.id, "product_id": product_id, "position": position}
        for position, product_id in enumerate(members)
    ]
    if rows:
        work.session.execute(insert(PackMember), rows)
    standing.members = members


@step("packs", applies=lambda standing, change: standing.in_packs)
def announce_packs_of_product(work: Work, cascade: Cascade, progress: Step, limit: int) -> None:
    """The packs that contain the product: hidden with it, shown again when nothing else blocks them."""
    containing = select(PackMember.pack_id).where(PackMember.product_id == cascade.subject_id)
    announce_pages(work, cascade, progress, limit, PACK_PAGES, Pack.id.in_(containing))


@step("pack_page")
def announce_pack(work: Work, cascade: Cascade, progress: Step, limit: int) -> None:
    """The pack itself, after a change of its own."""
    announce_pages(work, cascade, progress, limit, PACK_PAGES, Pack.id == cascade.subject_id)


@step("packs_of_seller")
def announce_packs_of_seller(work: Work, cascade: Cascade, progress: Step, limit: int) -> None:
    """The seller's own packs, and all that contain one of the seller's products."""
    containing = (
        select(PackMember.pack_id)
        .join(Product, Product.id == PackMember.product_id)
        .where(Product.seller_id == cascade.subject_id)
    )
    concerned = or_(Pack.seller_id == cascade.subject_id, Pack.id.in_(containing))
    announce_pages(work, cascade, progress, limit, PACK_PAGES, concerned)
