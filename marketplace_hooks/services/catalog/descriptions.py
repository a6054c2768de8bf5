"""Descriptions of products and packs: the newest version counts, in whatever order they arrive."""

from __future__ import annotations

from typing import Any

from ..core.unit_of_work import UnitOfWork
from .locked_subjects import LockedSubject
from .product_categories import CategoryChanges


def describe(uow: UnitOfWork, locked: LockedSubject, version: int, **columns: Any) -> bool:
    """Write these columns of a newer description; False, and nothing is written, when one as new is known.

    What follows from a description is written with it: the words by which search finds the row (`models/descriptions`),
    and the rows of a product's categories.
    """
    if version <= locked.row.description_version:
        return False
    for name, value in columns.items():
        setattr(locked.row, name, value)
    locked.row.description_version = version
    locked.row.changed_at = uow.now
    if "categories" in columns:
        uow.deferred(CategoryChanges).set(locked.row.id, columns["categories"])
    return True
