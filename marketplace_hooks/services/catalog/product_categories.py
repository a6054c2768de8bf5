"""Categories of products: the rows that lists by category are read from, written by set at the end of a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BindParameter, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from ...models.categories import ProductCategory
from ...models.products import Product


class CategoryChanges:
    """The categories that each described product is in from now on, by the product's id."""

    def __init__(self) -> None:
        self._categories: dict[str, list[str]] = {}

    def set(self, product_id: str, categories: Sequence[str]) -> None:
        """Put the product in exactly these categories; the last call for a product counts."""
        self._categories[product_id] = list(dict.fromkeys(categories))

    def write(self, session: Session) -> None:
        """Replace the rows of these products, each with the product's status as it stands in the database."""
        if not self._categories:
            return
        session.execute(delete(ProductCategory).where(ProductCategory.product_id.in_(list(self._categories))))
        category: BindParameter[str] = bindparam("named")
        named = select(Product.id, category, Product.status).where(Product.id == bindparam("of"))
        rows = [{"of": id_, "named": name} for id_, names in self._categories.items() for name in names]
        if rows:
            add = insert(ProductCategory).from_select(["product_id", "category", "status"], named)
            session.connection().execute(add, rows)
        self._categories.clear()
