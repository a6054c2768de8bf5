"""Scopes of bearer tokens: what a token may do of all that its role may."""

from __future__ import annotations

import enum
from collections.abc import Collection


class Scope(enum.StrEnum):
    """`read` allows nothing that changes something; the others each allow one area of the API."""

    READ = "read"
    PRODUCTS = "products"
    BUSINESS_CARE = "business_care"
    SUPPORT = "support"
    EVENTS = "events"


def permits(scopes: Collection[Scope], *, area: Scope | None, is_read: bool) -> bool:
    """Whether a token with these scopes may make a call. None at all: whatever its role may.

    `area` None: what belongs to no area, such as tokens themselves; a token that is narrowed to areas may not.
    """
    areas = set(scopes) - {Scope.READ}
    return (is_read or Scope.READ not in scopes) and (not areas or area in areas)
