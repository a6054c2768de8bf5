"""Names of products, sellers and customers, by id, for lists that hold the ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...models.products import Product, Seller
from ...models.purchases import Customer


def product_titles(session: Session, product_ids: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """The titles of these products, each in its languages."""
    query = select(Product.id, Product.title).where(Product.id.in_({*product_ids}))
    return {id_: title for id_, title in session.execute(query)}


def customer_names(session: Session, customer_ids: Iterable[str]) -> dict[str, str]:
    """The names of these customers, without those who were erased or never described."""
    query = select(Customer.id, Customer.name).where(Customer.id.in_({*customer_ids}), Customer.erased_at.is_(None))
    return {id_: name for id_, name in session.execute(query)}


def seller_names(session: Session, seller_ids: Iterable[str]) -> dict[str, str]:
    """The names of these sellers."""
    query = select(Seller.id, Seller.name).where(Seller.id.in_({*seller_ids}))
    return {id_: name for id_, name in session.execute(query)}
