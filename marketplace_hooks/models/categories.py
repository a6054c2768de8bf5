"""Table of product categories, with the status by which lists on sale are read.

A row for each product and category, with the product's status: a foreign key that cascades makes the database itself
copy that, whoever changes it. So a category's page and the list of categories are read from one index, and what is
hidden leaves both in the transaction that hides it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Select, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.loose_index_scan import each_once
from ..database.types import Base, checked, constant
from ..domain.catalog.statuses import Status


class ProductCategory(Base):
    """One product in one category. `status` is the product's own, copied by the foreign key."""

    __tablename__ = "mh_product_categories"

    product_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    category: Mapped[str] = mapped_column(String(100), primary_key=True)
    status: Mapped[Status] = mapped_column(checked(Status, "status"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["product_id", "status"],
            ["mh_products.id", "mh_products.status"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index("ix_mh_product_categories_status", "status", "category", "product_id"),
    )


def categories_on_sale(limit: int) -> Select[Any]:
    """The categories in which something is online."""
    return each_once(ProductCategory.category, ProductCategory.status == constant(Status.ONLINE)).limit(limit)
