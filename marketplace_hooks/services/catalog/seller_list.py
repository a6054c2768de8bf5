"""Seller list: the sellers, how many products each has in which status, and whether the account is suspended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_entities
from ...domain.catalog.statuses import Side, Status
from ...models.products import Product, Seller, SideState, SubjectKind


@dataclass(frozen=True, kw_only=True)
class SellerSummary:
    """A seller with the number of products in each status."""

    seller_id: str
    name: str
    country: str
    is_suspended: bool
    products: Mapping[Status, int] = field(default_factory=dict)


def find_sellers(
    session: Session, *, search: str | None = None, after: str | None = None, is_backward: bool = False, limit: int
) -> Rows[SellerSummary]:
    """The sellers by id, those after `after`; `search` is a whole id or a part of a name, as it is written."""
    query = select(Seller)
    if search is not None:
        query = query.where(or_(Seller.id == search, Seller.name.icontains(search, autoescape=True)))
    position = None if after is None else (after,)
    found = read_entities(session, query, (Seller.id,), position=position, limit=limit, is_backward=is_backward)
    return found.mapped(_summaries(session, found))


def find_seller(session: Session, seller_id: str) -> SellerSummary | None:
    """One seller; None for an unknown id."""
    seller = session.get(Seller, seller_id)
    return None if seller is None else _summaries(session, [seller])[0]


def _summaries(session: Session, sellers: list[Seller]) -> list[SellerSummary]:
    ids = [seller.id for seller in sellers]
    counts: dict[str, dict[Status, int]] = {id_: {} for id_ in ids}
    query = select(Product.seller_id, Product.status, func.count()).where(Product.seller_id.in_(ids))
    for seller_id, status, count in session.execute(query.group_by(Product.seller_id, Product.status)):
        counts[seller_id][status] = count
    held = and_(SideState.subject_kind == SubjectKind.SELLER, SideState.subject_id.in_(ids))
    suspended = set(
        session.scalars(select(SideState.subject_id).where(held, SideState.side == Side.ACCOUNT, SideState.held))
    )
    return [
        SellerSummary(
            seller_id=seller.id,
            name=seller.name,
            country=seller.country,
            is_suspended=seller.id in suspended,
            products=counts[seller.id],
        )
        for seller in sellers
    ]
