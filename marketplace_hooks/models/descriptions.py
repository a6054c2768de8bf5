"""Described rows: products and packs, whose search words follow from their description, whoever writes it.

Descriptions are ordered by their version alone. One that changed without a new version would be replaced by an older
one that arrives late, and search would go on finding what it no longer says: both are refused here, at the flush.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, event, inspect, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.text_search import words_of
from ..database.types import BigId, Instant, Json, checked
from ..domain.catalog.statuses import Status

_DESCRIPTION = ("seller_id", "technical_name", "title", "description", "categories", "price_cents", "currency")
_VERSIONED = frozenset({"description_version", *_DESCRIPTION})


class Described:
    """What is sold: a row with a description, a status and outgoing events of its own.

    `words` is what search finds it by, derived from the description; `description_version` orders its descriptions.
    `shown` is what our outgoing events last said of the page, `announced_by` the cascade that had a set of pages said
    so; `sequence` counts those events.
    """

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    seller_id: Mapped[str] = mapped_column(ForeignKey("mh_sellers.id"))
    title: Mapped[dict[str, str]] = mapped_column(Json)
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    description_version: Mapped[int] = mapped_column(BigId)
    status: Mapped[Status] = mapped_column(checked(Status, "status"))
    shown: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    announced_by: Mapped[str | None] = mapped_column(String(40))
    sequence: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    def searchable_texts(self) -> Iterable[str]:
        """The parts of the description that it is found by."""
        raise NotImplementedError


@event.listens_for(Described, "before_insert", propagate=True)
@event.listens_for(Described, "before_update", propagate=True)
def _derive_words(mapper: Any, connection: Any, row: Described) -> None:
    state = inspect(row, raiseerr=True)
    if _VERSIONED.isdisjoint(state.committed_state):
        return  # none of them was set, as with each change of a status; to ask for the history of each takes longer.
    changes = state.attrs
    if changes["description_version"].history.has_changes():
        row.words = words_of(row.searchable_texts())
    elif any(changes[name].history.has_changes() for name in _DESCRIPTION if name in mapper.attrs):
        raise ValueError("a description changes with its version only: services/catalog/descriptions.py")
