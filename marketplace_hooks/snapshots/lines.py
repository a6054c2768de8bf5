"""Format of a snapshot: one line of JSON for each entity, `{"kind": …, "timestamp": …, "data": …}`.

`data` is that of the inbound event that describes such an entity, with its history as lists beside it. `timestamp` is
the envelope's: when a seller, a customer or a release was described so. Without it, any event is newer.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from marshmallow import Schema, ValidationError

from ..domain.instants import parse_instant
from ..events.envelope import NotAnEnvelope, parse_strictly
from ..events.fields import every_error, future_instant, future_instants
from .catalog_schemas import PackLineSchema, ProductLineSchema, ReleaseLineSchema, SellerLineSchema
from .customer_schemas import CustomerLineSchema, RequestLineSchema
from .plain_purchases import plain_purchase
from .purchase_schemas import PurchaseLineSchema, period_faults, purchase_faults

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


_KINDS: Mapping[str, EntityKind] = {kind.value: kind for kind in EntityKind}
_SCHEMAS: Mapping[EntityKind, Schema] = {
    EntityKind.SELLER: SellerLineSchema(),
    EntityKind.CUSTOMER: CustomerLineSchema(),
    EntityKind.PRODUCT: ProductLineSchema(),
    EntityKind.PACK: PackLineSchema(),
    EntityKind.RELEASE: ReleaseLineSchema(),
    EntityKind.PURCHASE: PurchaseLineSchema(),
    EntityKind.REQUEST: RequestLineSchema(),
}

LineError = dict[str, str]
"""A `path` in the line and a `message`."""


class InvalidLine(ValueError):
    """A line that is no entity; `errors` are all that is wrong with it."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__("the line is not valid")
        self.errors = errors


@dataclass(frozen=True, kw_only=True, slots=True)
class Entity:
    """One line that was read. `data` is validated; `given` are the fields that the line itself has."""

    kind: EntityKind
    id: str
    timestamp: datetime
    data: dict[str, Any]
    given: tuple[str, ...] = field(compare=False)

    def parents(self) -> Iterator[tuple[EntityKind, str, str]]:
        """The kind and the id of each parent that must be known, here or by another line, and its path in this one."""
        return _parents(self.kind, self.data)


def parse_line(text: bytes, now: datetime, zone: tzinfo) -> Entity:
    """The entity of one line. Raises `InvalidLine` with every error; nothing in it may lie in the future of `now`."""
    try:
        content = parse_strictly(text)
    except NotAnEnvelope as error:
        message = str(error).replace("the body", "the line")
        raise InvalidLine([{"path": "", "message": message}]) from None
    kind, timestamp, given = _parts(content)
    if kind is EntityKind.PURCHASE and (plain := plain_purchase(given, now)) is not None:
        errors = [*future_instant(timestamp, now, "timestamp"), *period_faults(plain, zone)]
        return _entity(kind, timestamp, plain, given, errors)
    try:
        data = _SCHEMAS[kind].load(given)
    except ValidationError as error:
        raise InvalidLine(every_error(error.messages, "data")) from None
    errors = [
        *future_instant(timestamp, now, "timestamp"),
        *future_instants(_SCHEMAS[kind], data, now, "data"),
    ]
    if kind is EntityKind.PURCHASE:
        errors += [*purchase_faults(data), *period_faults(data, zone)]
    return _entity(kind, timestamp, data, given, errors)


def _entity(
    kind: EntityKind, timestamp: datetime, data: dict[str, Any], given: dict[str, Any], errors: list[LineError]
) -> Entity:
    if errors:
        raise InvalidLine(errors)
    return Entity(kind=kind, id=data[f"{kind}_id"], timestamp=timestamp, data=data, given=tuple(given))


def _parts(content: Any) -> tuple[EntityKind, datetime, dict[str, Any]]:
    if not isinstance(content, dict) or not isinstance(content.get("data"), dict):
        raise InvalidLine([{"path": "", "message": "The line must be an object with kind and data."}])
    named = content.get("kind")
    kind = _KINDS.get(named) if isinstance(named, str) else None
    if kind is None:
        raise InvalidLine([{"path": "kind", "message": f"Must be one of: {', '.join(_KINDS)}."}])
    timestamp = content.get("timestamp")
    at = UNDATED if timestamp is None else parse_instant(timestamp)
    if at is None:
        raise InvalidLine([{"path": "timestamp", "message": "Must be an instant with its offset."}])
    return kind, at, content["data"]


def _parents(kind: EntityKind, data: Mapping[str, Any]) -> Iterator[tuple[EntityKind, str, str]]:
    match kind:
        case EntityKind.PRODUCT:
            yield EntityKind.SELLER, data["seller_id"], "data.seller_id"
        case EntityKind.PACK:
            yield EntityKind.SELLER, data["seller_id"], "data.seller_id"
            for number, product_id in enumerate(data["product_ids"]):
                yield EntityKind.PRODUCT, product_id, f"data.product_ids.{number}"
        case EntityKind.RELEASE:
            yield EntityKind.PRODUCT, data["product_id"], "data.product_id"
        case EntityKind.PURCHASE:
            yield EntityKind.CUSTOMER, data["customer_id"], "data.customer_id"
            yield EntityKind.PRODUCT, data["product_id"], "data.product_id"
            for number, release in enumerate(data["releases"]):
                yield EntityKind.RELEASE, release["release_id"], f"data.releases.{number}.release_id"
        case EntityKind.REQUEST:
            for parent in (EntityKind.PURCHASE, EntityKind.CUSTOMER, EntityKind.PRODUCT):
                if data[f"{parent}_id"] is not None:
                    yield parent, data[f"{parent}_id"], f"data.{parent}_id"
        case _:
            pass
