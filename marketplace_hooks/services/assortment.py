"""What does one seller sell, in which state, held by whom, with what scheduled, and in how many packs?

A fixed number of statements for each page of the list, however much is on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..domain.statuses import Status
from ..store.packs import PackMember
from .catalogue import Page, ProductCard, Sight, find_products
from .holdings import Holdings, holdings_of_products

OWN = Sight(everything=True)
"""Of one seller's products all are seen: the list is narrowed to the seller's."""


@dataclass(frozen=True, kw_only=True)
class OwnProduct:
    """A product as its seller's list shows it; `packs` counts all packs that contain it."""

    card: ProductCard
    holdings: Holdings
    packs: int


def own_products(
    session: Session,
    seller_id: str,
    *,
    search: str | None = None,
    status: Status | None = None,
    after: str | None = None,
    limit: int = 25,
) -> Page[OwnProduct]:
    """The seller's products by id, those after `after`; `search` is words of the name, all wanted."""
    found = find_products(
        session, search=search, seller_id=seller_id, status=status, after=after, limit=limit, sight=OWN
    )
    ids = [card.product_id for card in found.items]
    holdings = holdings_of_products(session, seller_id, ids)
    packs = _packs_with(session, ids)
    items = [
        OwnProduct(card=card, holdings=holdings[card.product_id], packs=packs.get(card.product_id, 0))
        for card in found.items
    ]
    return Page(items=items, next_after=found.next_after)


def _packs_with(session: Session, product_ids: list[str]) -> dict[str, int]:
    if not product_ids:
        return {}
    member = PackMember.product_id
    query = select(member, func.count()).where(member.in_(product_ids)).group_by(member)
    return {product_id: count for product_id, count in session.execute(query)}
