"""Descriptions of products and packs: the newest version counts, in whatever order they arrive."""

from __future__ import annotations

from typing import Any

from ...domain.catalog.statuses import Status
from ...models.packs import Pack
from ...models.products import Product, SubjectKind
from ..core.unit_of_work import UnitOfWork
from .locked_subjects import LockedSubject, LockedSubjects
from .product_categories import CategoryChanges
from .search_index import SearchChanges


def add_described(
    uow: UnitOfWork, locked_subjects: LockedSubjects, kind: SubjectKind, row: Product | Pack
) -> LockedSubject:
    """Add a product or a pack that was not known: online, or at once offline when its seller's account is suspended."""
    row.status = Status.ONLINE
    row.sequence = 0
    row.created_at = row.changed_at = uow.now
    locked = LockedSubject(kind=kind, row=row)
    locked_subjects.add(locked)
    row.status = locked.derived_status()
    uow.deferred(SearchChanges).add(uow, kind, row.id)
    return locked


def describe(uow: UnitOfWork, locked: LockedSubject, version: int, **columns: Any) -> bool:
    """Write these columns of a newer description; False, and nothing is written, when one as new is known.

    What follows from a description is written with it: the row's entry in the search index, and the rows of a product's
    categories.
    """
    if version <= locked.row.description_version:
        return False
    for name, value in columns.items():
        setattr(locked.row, name, value)
    locked.row.description_version = version
    locked.row.changed_at = uow.now
    uow.deferred(SearchChanges).add(uow, locked.kind, locked.row.id)
    if "categories" in columns:
        uow.deferred(CategoryChanges).set(locked.row.id, columns["categories"])
    return True
