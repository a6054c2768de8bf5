"""Erasures in tests: a customer is erased, and every value of every table is searched for what was personal."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from marketplace_hooks.database.types import Base

from .marketplace import Marketplace

PERSONAL = ("Odile", "Berthonneau", "odile", "shop.example")
"""Words that are in what the tests publish about the customer, and in nothing else."""


def erases(marketplace: Marketplace, customer_id: str = "customer-1") -> str:
    event = marketplace.publish("customer.erased", customer_id=customer_id)
    marketplace.run_all_now()
    return event


def everything(marketplace: Marketplace) -> Iterator[tuple[str, str]]:
    """Every value in every table of ours, as text."""
    with marketplace.runtime.database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                for column, value in zip(table.c, row, strict=True):
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
                    yield f"{table.name}.{column.name}", text


def leaks(marketplace: Marketplace) -> list[tuple[str, str]]:
    return [(where, text) for where, text in everything(marketplace) if any(word in text for word in PERSONAL)]
