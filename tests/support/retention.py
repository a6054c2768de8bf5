"""Rows made old, and what a purge takes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from marketplace_hooks.services.privacy.retention import purge

from .marketplace import Marketplace


def purged(marketplace: Marketplace) -> dict[str, int]:
    """How many rows of each kind a purge takes now."""
    return {what: count for what, count in purge(marketplace.runtime).items() if count}


def days_ago(marketplace: Marketplace, days: float) -> datetime:
    return marketplace.runtime.now() - timedelta(days=days)


def change(marketplace: Marketplace, table: type[Any], *where: Any, **values: Any) -> None:
    with marketplace.runtime.database.session() as session:
        session.execute(update(table).where(*where).values(**values))


def count(marketplace: Marketplace, table: type[Any]) -> int:
    [found] = marketplace.all(select(func.count()).select_from(table))
    return int(found)
