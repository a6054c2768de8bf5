"""Purchase summaries: what was bought from whom and for which shop, as the customer's pages name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Status
from ...errors import NotFound
from ...models.products import Product, Seller
from ...models.purchases import Purchase
from .holders import Holder


@dataclass(frozen=True, kw_only=True)
class PurchaseSummary:
    """One purchase as its customer's pages name it. `purchase_id` None: a product that was not bought (yet)."""

    purchase_id: str | None
    product_id: str
    title: Mapping[str, str]
    status: Status
    seller_id: str
    seller_name: str
    shop_url: str | None = None
    purchased_at: datetime | None = None
    price_cents: int = 0
    currency: str = ""


def summarize_purchase(session: Session, holder: Holder) -> PurchaseSummary:
    """The purchase, if it is this customer's. Raises `NotFound`."""
    query = (
        select(Purchase, Product, Seller.name)
        .join(Product, Product.id == Purchase.product_id)
        .join(Seller, Seller.id == Product.seller_id)
        .where(Purchase.id == holder.purchase_id)
    )
    if holder.customer_id is not None:
        query = query.where(Purchase.customer_id == holder.customer_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no purchase {holder.purchase_id}")
    purchase, product, seller_name = row
    return PurchaseSummary(
        purchase_id=purchase.id,
        product_id=product.id,
        title=product.title,
        status=product.status,
        seller_id=product.seller_id,
        seller_name=seller_name,
        shop_url=purchase.shop_url,
        purchased_at=purchase.purchased_at,
        price_cents=purchase.price_cents,
        currency=purchase.currency,
    )


def summarize_product_on_sale(session: Session, product_id: str) -> PurchaseSummary:
    """A product that a customer asks about before buying it. Raises `NotFound`, also for one that is hidden."""
    found = summarize_product(session, product_id)
    if found.status is not Status.ONLINE:
        raise NotFound(f"there is no product {product_id}")
    return found


def summarize_product(session: Session, product_id: str) -> PurchaseSummary:
    """A product and its seller, hidden or not, as a conversation names them. Raises `NotFound`."""
    query = select(Product, Seller.name).join(Seller, Seller.id == Product.seller_id).where(Product.id == product_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no product {product_id}")
    product, seller_name = row
    return PurchaseSummary(
        purchase_id=None,
        product_id=product.id,
        title=product.title,
        status=product.status,
        seller_id=product.seller_id,
        seller_name=seller_name,
    )


def latest_of_product(session: Session, customer_id: str, product_id: str) -> str | None:
    """The customer's last purchase of a product that was not refunded; None when there is none."""
    mine = Purchase.customer_id == customer_id, Purchase.product_id == product_id, Purchase.refunded_at.is_(None)
    query = select(Purchase.id).where(*mine).order_by(Purchase.purchased_at.desc(), Purchase.id.desc())
    return session.scalar(query.limit(1))
