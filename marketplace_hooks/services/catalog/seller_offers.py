"""Offers in the lists of who may change them: with their holds, what is scheduled, and what hides a pack.

A fixed number of statements for each page of the list, however much is on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.catalog.statuses import Status
from ...models.packs import PackMember
from ...models.products import Product, SubjectKind
from .cards import PackCard, ProductCard, Visibility
from .holds_view import HoldsView, read_all_holds
from .lists import Page, find_packs, find_products

EVERYTHING = Visibility(everything=True)
"""Sellers see everything that they sell, to which their lists are narrowed; the marketplace sees all."""


@dataclass(frozen=True, kw_only=True)
class SellerProduct:
    """A product as its seller's list, or the marketplace's, shows it; `packs` counts all packs that contain it."""

    card: ProductCard
    holds_view: HoldsView
    packs: int


@dataclass(frozen=True, kw_only=True)
class SellerPack:
    """A pack as its seller's list shows it; `blocking` are the titles of its products that are not online."""

    card: PackCard
    holds_view: HoldsView
    blocking: Sequence[Mapping[str, str]]


def list_products_with_holds(
    session: Session,
    seller_id: str | None,
    *,
    search: str | None = None,
    status: Status | None = None,
    after: str | None = None,
    is_backward: bool = False,
    limit: int = 25,
) -> Page[SellerProduct]:
    """The products of a seller (None: of all) by id, those after `after`; all words of `search` must be in the name."""
    found = find_products(
        session,
        search=search,
        seller_id=seller_id,
        status=status,
        after=after,
        is_backward=is_backward,
        limit=limit,
        visibility=EVERYTHING,
    )
    sellers = {card.product_id: card.seller_id for card in found.items}
    holds_view = read_all_holds(session, SubjectKind.PRODUCT, sellers)
    packs = _packs_with(session, [*sellers])
    items = [
        SellerProduct(card=card, holds_view=holds_view[card.product_id], packs=packs.get(card.product_id, 0))
        for card in found.items
    ]
    return Page(items=found.items.mapped(items), next_after=found.next_after)


def list_seller_packs(
    session: Session,
    seller_id: str,
    *,
    search: str | None = None,
    after: str | None = None,
    is_backward: bool = False,
    limit: int = 25,
) -> Page[SellerPack]:
    """The seller's packs by id, those after `after`; every word of `search` must be in the name."""
    found = find_packs(
        session,
        search=search,
        seller_id=seller_id,
        after=after,
        is_backward=is_backward,
        limit=limit,
        visibility=EVERYTHING,
    )
    ids = [card.pack_id for card in found.items]
    holds_view = read_all_holds(session, SubjectKind.PACK, dict.fromkeys(ids, seller_id))
    blocking = _blocking(session, ids)
    items = [
        SellerPack(card=card, holds_view=holds_view[card.pack_id], blocking=blocking[card.pack_id])
        for card in found.items
    ]
    return Page(items=found.items.mapped(items), next_after=found.next_after)


def _blocking(session: Session, pack_ids: list[str]) -> Mapping[str, list[Mapping[str, str]]]:
    """The titles of the members that hide each of these packs, in its order (`rules.md` 6)."""
    found: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    if pack_ids:
        query = (
            select(PackMember.pack_id, Product.title)
            .join(Product, Product.id == PackMember.product_id)
            .where(PackMember.pack_id.in_(pack_ids), Product.status != constant(Status.ONLINE))
        )
        for pack_id, title in session.execute(query.order_by(PackMember.pack_id, PackMember.position)):
            found[pack_id].append(title)
    return found


def _packs_with(session: Session, product_ids: list[str]) -> dict[str, int]:
    if not product_ids:
        return {}
    member = PackMember.product_id
    query = select(member, func.count()).where(member.in_(product_ids)).group_by(member)
    return {product_id: count for product_id, count in session.execute(query)}
