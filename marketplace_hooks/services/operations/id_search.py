"""Search by id: what has this id, of everything that an operator may look for.

One statement, a look-up by a unique key for each kind of thing. Ids are given by the marketplace, so that two things of
different kinds may have the same one, and events of two sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from ...models.cascades import Cascade
from ...models.inbox import InboxEvent, has_event_id
from ...models.outbox import Delivery, Endpoint, OutgoingEvent
from ...models.packs import Pack
from ...models.products import Product, Seller
from ...models.purchases import Customer, Purchase
from ...models.releases import Release
from ...models.subscriptions import Charge
from ...models.support import SellerClosure, SupportRequest

LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class FoundId:
    """One thing of this id. `of` is what it belongs to: an event's source, a release's product, and so on."""

    kind: str
    id: str
    of: str | None


def find_ids(session: Session, text: str) -> list[FoundId]:
    """Everything whose id is `text`; of one kind alone for a text such as `product:12`."""
    kind, colon, id_ = text.partition(":")
    queries = _queries(text)
    if colon and kind in queries:
        queries = {kind: _queries(id_)[kind]}
    found = session.execute(union_all(*queries.values()))
    return [FoundId(kind=row[0], id=row[1], of=row[2]) for row in found]


def _queries(id_: str) -> dict[str, Select[Any]]:
    is_number = id_.isascii() and id_.isdecimal() and len(id_) < 20 and int(id_) <= LARGEST_NUMBER
    number = int(id_) if is_number else -1
    is_offered = Endpoint.deleted_at.is_(None)
    return {
        "event": _query("event", InboxEvent.event_id, has_event_id(id_), InboxEvent.source),
        "outgoing": _query("outgoing", OutgoingEvent.event_id, OutgoingEvent.event_id == id_, OutgoingEvent.type),
        "delivery": _query("delivery", cast(Delivery.id, String), Delivery.id == number),
        "endpoint": _query("endpoint", Endpoint.id, (Endpoint.id == id_) & is_offered),
        "cascade": _query("cascade", Cascade.id, Cascade.id == id_),
        "product": _query("product", Product.id, Product.id == id_),
        "pack": _query("pack", Pack.id, Pack.id == id_),
        "seller": _query("seller", Seller.id, Seller.id == id_),
        "customer": _query("customer", Customer.id, Customer.id == id_),
        "purchase": _query("purchase", Purchase.id, Purchase.id == id_),
        "charge": _query("charge", Charge.id, Charge.id == id_, Charge.purchase_id),
        "release": _query("release", Release.id, Release.id == id_, Release.product_id),
        "closure": _query("closure", SellerClosure.id, SellerClosure.id == id_, SellerClosure.seller_id),
        "request": _query("request", SupportRequest.id, SupportRequest.id == id_),
    }


def _query(kind: str, id_: ColumnElement[str] | Any, condition: ColumnElement[bool], of: Any = None) -> Select[Any]:
    belongs_to = cast(null(), String) if of is None else cast(of, String)
    return select(literal(kind).label("kind"), id_.label("id"), belongs_to.label("of")).where(condition)
