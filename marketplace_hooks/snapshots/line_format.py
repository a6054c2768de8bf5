"""Format of a snapshot: one line of JSON for each entity, `{"kind": …, "timestamp": …, "data": …}`.

`data` is that of the inbound event that describes such an entity, with its history as lists beside it. `timestamp` is
the envelope's: when a seller, a customer or a release was described so. Without it, any event is newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from marshmallow import Schema, ValidationError

from ..domain.instants import parse_instant
from ..events.envelope import NotAnEnvelope, parse_strictly
from ..events.fields import every_error, future_instant, future_instants
from .catalog_schemas import PackLineSchema, ProductLineSchema, ReleaseLineSchema, SellerLineSchema
from .customer_schemas import CustomerLineSchema, RequestLineSchema
from .entities import UNDATED, Entity, EntityKind
from .packing import PackedLine, pack_entity, pack_plain
from .plain_purchases import plain_purchase
from .purchase_schemas import PurchaseLineSchema, period_faults, purchase_faults

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


def parse_line(text: bytes, now: datetime, zone: tzinfo) -> PackedLine:
    """One line, packed. Raises `InvalidLine` with every error; nothing in it may lie in the future of `now`."""
    try:
        content = parse_strictly(text)
    except NotAnEnvelope as error:
        message = str(error).replace("the body", "the line")
        raise InvalidLine([{"path": "", "message": message}]) from None
    kind, timestamp, given = _parts(content)
    if kind is EntityKind.PURCHASE and timestamp <= now and (plain := plain_purchase(given, now)) is not None:
        return pack_plain(plain, timestamp, given)
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
    if errors:
        raise InvalidLine(errors)
    return pack_entity(Entity(kind, data[f"{kind}_id"], timestamp, data, tuple(given)))


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
