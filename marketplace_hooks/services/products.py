"""What is sold, and what did each listing announce on a given day?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain.statuses import Status
from ..store.products import Listing, Product, ProductKind, SubjectKind
from ..store.searching import words_of
from .standings import Standing, Standings
from .statuses import follow_account
from .work import Cause, Work


def upsert_product(work: Work, standings: Standings, described: Mapping[str, Any], cause: Cause) -> bool:
    """Record a product as it is described now; False when a newer description is already known.

    The listing of an older description that arrives late is still kept: it says what was announced at its time. A
    product that another seller sells now is held by that seller's account, and no longer by the first one's.
    """
    standing = standings.get(SubjectKind.PRODUCT, described["product_id"])
    if standing is not None and described["version"] <= standing.row.description_version:
        _keep_listing(work, described)
        return False
    columns = {
        "seller_id": described["seller_id"],
        "kind": ProductKind(described["kind"]),
        "technical_name": described["technical_name"],
        "title": described["title"],
        "description": described["description"],
        "categories": described["categories"],
        "words": words_of(described["title"].values(), described["technical_name"], described["categories"]),
        "price_cents": described["price"]["amount_cents"],
        "currency": described["price"]["currency"],
        "description_version": described["version"],
        "changed_at": work.now,
    }
    if standing is None:
        row = Product(id=described["product_id"], status=Status.ONLINE, sequence=0, created_at=work.now, **columns)
        row.shown = True
        standing = Standing(kind=SubjectKind.PRODUCT, row=row)
        standings.add(standing)
        row.status = standing.derived_status()
        row.shown = row.status is Status.ONLINE
    else:
        moved = described["seller_id"] != standing.row.seller_id
        for name, value in columns.items():
            setattr(standing.row, name, value)
        if moved:
            standings.find_account(standing)
            follow_account(work, standing, cause)
    work.categories[described["product_id"]] = list(dict.fromkeys(described["categories"]))
    _keep_listing(work, described)
    return True


def listing_in_force(session: Session, product_id: str, at: datetime) -> Listing | None:
    """What the listing announced at an instant: the last revision published by then; None when there was none yet."""
    query = (
        select(Listing)
        .where(Listing.product_id == product_id, Listing.published_at <= at)
        .order_by(Listing.published_at.desc(), Listing.version.desc())
        .limit(1)
    )
    return session.scalar(query)


def _keep_listing(work: Work, described: Mapping[str, Any]) -> None:
    """Keep this revision of the listing, unless it is kept already."""
    listing = described["listing"]
    work.listings.append(
        {
            "product_id": described["product_id"],
            "version": described["version"],
            "published_at": listing["published_at"],
            "features": listing["features"],
            "compatible_from": listing["compatible_from"],
            "compatible_to": listing["compatible_to"],
            "incompatible_modules": listing["incompatible_modules"],
            "price_cents": described["price"]["amount_cents"],
            "currency": described["price"]["currency"],
        }
    )
