"""Entities of a snapshot: what its lines describe, and what each of them needs to be known before it."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""The timestamp of a line without one: any event about its entity is newer."""


class EntityKind(enum.StrEnum):
    """The kinds of lines, in the order in which they are written: parents first."""

    SELLER = "seller"
    CUSTOMER = "customer"
    PRODUCT = "product"
    PACK = "pack"
    RELEASE = "release"
    PURCHASE = "purchase"
    REQUEST = "request"


class Entity(NamedTuple):
    """One line that was read. `data` is validated; `given` are the fields that the line itself has."""

    kind: EntityKind
    id: str
    timestamp: datetime
    data: dict[str, Any]
    given: tuple[str, ...]


class Parent(NamedTuple):
    """Another entity that must be known, here or by another line, and where a line names it."""

    kind: EntityKind
    id: str
    path: str


def parents(kind: EntityKind, data: Mapping[str, Any]) -> Iterator[Parent]:
    """The parents of an entity with this data."""
    match kind:
        case EntityKind.PRODUCT:
            yield Parent(EntityKind.SELLER, data["seller_id"], "data.seller_id")
        case EntityKind.PACK:
            yield Parent(EntityKind.SELLER, data["seller_id"], "data.seller_id")
            for number, product_id in enumerate(data["product_ids"]):
                yield Parent(EntityKind.PRODUCT, product_id, f"data.product_ids.{number}")
        case EntityKind.RELEASE:
            yield Parent(EntityKind.PRODUCT, data["product_id"], "data.product_id")
        case EntityKind.PURCHASE:
            yield from _parents_of_purchase(data)
        case EntityKind.REQUEST:
            for parent in (EntityKind.PURCHASE, EntityKind.CUSTOMER, EntityKind.PRODUCT):
                if data[f"{parent}_id"] is not None:
                    yield Parent(parent, data[f"{parent}_id"], f"data.{parent}_id")
        case _:
            pass


def _parents_of_purchase(data: Mapping[str, Any]) -> Iterator[Parent]:
    yield Parent(EntityKind.CUSTOMER, data["customer_id"], "data.customer_id")
    yield Parent(EntityKind.PRODUCT, data["product_id"], "data.product_id")
    if data["pack_id"] is not None:  # what the product cost in it may be a share of the pack's price.
        yield Parent(EntityKind.PACK, data["pack_id"], "data.pack_id")
    for number, release in enumerate(data["releases"]):
        yield Parent(EntityKind.RELEASE, release["release_id"], f"data.releases.{number}.release_id")
