"""Rendering of our own rows as the lines of a snapshot, for an export, and to compare a platform's lines with.

Chunk by chunk along the ids, and by a statement for each table: memory stays flat however much there is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain.catalog.statuses import Status
from ..domain.instants import format_instant
from ..domain.support.state_machine import OPEN
from ..models.releases import ReleaseKind
from ..models.support import SupportRequest
from .catalog_rendering import render_packs, render_products, render_releases, render_sellers
from .catalog_statuses import offline_statuses
from .checking import TABLES
from .customer_rendering import render_customers, render_purchases, render_requests
from .entities import Entity, EntityKind
from .periods import as_given, lay_out_periods
from .purchase_rows import site_bindings
from .seller_closures import COMPARED

CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class RenderedEntity:
    """One of our entities as a line says it: `data` in the form that `comparable` gives, and since when it is so."""

    kind: EntityKind
    id: str
    timestamp: datetime | None
    data: dict[str, Any]

    def as_line(self) -> dict[str, Any]:
        """The line of an export."""
        dated = {} if self.timestamp is None else {"timestamp": format_instant(self.timestamp)}
        return {"kind": self.kind.value, **dated, "data": self.data}


Rendered = Mapping[str, tuple[datetime | None, dict[str, Any]]]

_RENDER: Mapping[EntityKind, Callable[[Session, Collection[str]], Rendered]] = {
    EntityKind.SELLER: render_sellers,
    EntityKind.CUSTOMER: render_customers,
    EntityKind.PRODUCT: render_products,
    EntityKind.PACK: render_packs,
    EntityKind.RELEASE: render_releases,
    EntityKind.PURCHASE: render_purchases,
    EntityKind.REQUEST: render_requests,
}


def render(session: Session, kind: EntityKind, ids: Collection[str]) -> dict[str, RenderedEntity]:
    """Those of a kind with these ids that stand here."""
    rendered = _RENDER[kind](session, ids) if ids else {}
    return {
        id_: RenderedEntity(kind=kind, id=id_, timestamp=timestamp, data=comparable(data))
        for id_, (timestamp, data) in rendered.items()
    }


def id_chunks(session: Session, kind: EntityKind) -> Iterator[list[str]]:
    """The ids of every entity of a kind, in their order; of requests, the open ones."""
    table = TABLES[kind]
    query = select(table.id).order_by(table.id).limit(CHUNK)
    if kind is EntityKind.REQUEST:
        query = query.where(SupportRequest.handling.in_(OPEN))
    last = ""
    while ids := list(session.scalars(query.where(table.id > last))):
        yield ids
        last = ids[-1]


_ORDER: Mapping[str, tuple[str, ...]] = {
    "listings": ("version",),
    "closures": ("closure_id",),
    "statuses": ("actor",),
    "withdrawals": ("since",),
    "periods": ("period_index",),
    "renewal_changes": ("received_at", "enabled"),
    "notices": ("period_index", "sent_at"),
    "shop_bindings": ("bound_at",),
    "refunds": ("refunded_at", "refund_id", "amount"),
    "disputes": ("disputed_at",),
    "releases": ("release_id",),
    "messages": ("message_id",),
}
"""The lists of a line whose order means nothing, and by what they are ordered here."""


def comparable(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a line, or of ours, in a form in which equal things are equal: instants in UTC, lists in order."""
    found: dict[str, Any] = _plain(data)
    for name, keys in _ORDER.items():
        if name in found:
            found[name] = sorted(found[name], key=partial(_sort_key, keys))
    return found


def _sort_key(keys: Sequence[str], item: Mapping[str, Any]) -> list[Any]:
    """The values by which an item of a list is ordered: numbers as numbers, what is missing last."""
    values = (item[key] for key in keys)
    return [(value is None, sorted(value.items()) if isinstance(value, dict) else value) for value in values]


def compared(kind: EntityKind, data: Mapping[str, Any]) -> dict[str, Any]:
    """Comparable data without what only one side can know.

    That is when it erased a customer, when a side came back online, and when a closure could be seen here.
    """
    found = dict(data)
    if kind is EntityKind.CUSTOMER and found.get("erased_at") is not None:
        found["erased_at"] = True
    if "closures" in found:
        found["closures"] = [{name: one[name] for name in COMPARED} for one in found["closures"]]
    if "statuses" in found:
        found["statuses"] = [one for one in found["statuses"] if one["status"] != Status.ONLINE]
    return found


def comparable_line(entity: Entity, zone: tzinfo) -> dict[str, Any]:
    """The fields that a line has, as they are compared. What it does not say is not compared."""
    data = dict(entity.data)
    if entity.kind is EntityKind.PURCHASE:
        data["periods"] = [as_given(one) for one in lay_out_periods(data, zone)]
        bound = site_bindings(data)
        data["shop_url"] = bound.pop(data["purchased_at"], None)
        data["shop_bindings"] = [{"bound_at": at, "shop_url": shop_url} for at, shop_url in bound.items()]
    elif entity.kind is EntityKind.RELEASE and data["kind"] != ReleaseKind.PAID:
        data["price"] = None
    elif "statuses" in data:
        data["statuses"] = offline_statuses(data["statuses"])
    given = {name: value for name, value in comparable(data).items() if name in entity.given}
    return compared(entity.kind, given)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
