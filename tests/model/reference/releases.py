"""Releases in the reference: who may download which, and who bought one (rules 15 and 22)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .catalog import Product


@dataclass
class Release:
    """A version of a product. `price` is of a paid one, `fixes` are the requests that it names."""

    id: str
    product: Product
    published_at: datetime
    price: int | None = None
    fixes: list[str] = field(default_factory=list)
    bought_by: set[str] = field(default_factory=set)

    @property
    def is_paid(self) -> bool:
        return self.price is not None
