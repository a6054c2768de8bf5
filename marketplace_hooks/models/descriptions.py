"""Described rows: products and packs, whose search words follow from their description, whoever writes it.

Descriptions are ordered by their version alone. One that changed without a new version would be replaced by an older
one that arrives late, and search would go on finding what it no longer says: both are refused here, at the flush.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapped

from ..database.text_search import words_of

_DESCRIPTION = ("seller_id", "technical_name", "title", "description", "categories", "price_cents", "currency")


class Described:
    """A row with a description. `words` is what it is found by, `description_version` orders its descriptions."""

    words: Mapped[str]
    description_version: Mapped[int]

    def searchable_texts(self) -> Iterable[str]:
        """The parts of the description that it is found by."""
        raise NotImplementedError


@event.listens_for(Described, "before_insert", propagate=True)
@event.listens_for(Described, "before_update", propagate=True)
def _derive_words(mapper: Any, connection: Any, row: Described) -> None:
    changes = inspect(row, raiseerr=True).attrs
    if changes["description_version"].history.has_changes():
        row.words = words_of(row.searchable_texts())
    elif any(changes[name].history.has_changes() for name in _DESCRIPTION if name in mapper.attrs):
        raise ValueError("a description changes with its version only: services/catalog/descriptions.py")
