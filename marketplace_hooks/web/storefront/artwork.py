"""Artwork: the picture of a product that has none of its own, always the same for the same product."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...models.products import ProductKind
from ..labels.catalog import CATEGORIES

HUES = 10
PATTERNS = 4
THEME_LAYOUTS = 3


class Pictured(Protocol):
    """What a picture is made from."""

    @property
    def kind(self) -> ProductKind: ...
    @property
    def technical_name(self) -> str: ...
    @property
    def categories(self) -> Sequence[str]: ...


@dataclass(frozen=True, kw_only=True)
class Artwork:
    """A colour and a pattern of the style sheet, and a picture of `icons.svg`, or else two letters."""

    hue: int
    pattern: int
    icon: str | None
    initials: str


def artwork(product: Pictured) -> Artwork:
    """The product's picture: its colour from its name, its subject from its first category that we know."""
    number = zlib.crc32(product.technical_name.encode())
    if product.kind is ProductKind.THEME:
        icon: str | None = f"theme-{number // 7 % THEME_LAYOUTS + 1}"
    else:
        icon = next((category for category in product.categories if category in CATEGORIES), None)
    initials = "".join(char for char in product.technical_name if char.isalnum())[:2]
    return Artwork(hue=number % HUES, pattern=number // 11 % PATTERNS, icon=icon, initials=initials.upper())
