"""What stands in the rows before a measurement: a seller, products, packs; and events that wait in the inbox."""

from __future__ import annotations

import hashlib
import json
import secrets
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.domain.statuses import Status
from marketplace_hooks.services.installation import Installation
from marketplace_hooks.store.inbox import SHARDS, InboxEvent, InboxState
from marketplace_hooks.store.packs import Pack, PackMember
from marketplace_hooks.store.products import Product, ProductKind, Seller

SELLER = "seller-1"
_CHUNK = 1_000


def make_products(installation: Installation, count: int) -> list[str]:
    """One seller with so many products online; return their ids."""
    now = datetime.now(UTC)
    ids = [f"product-{number:06}" for number in range(count)]
    with installation.database.session() as session:
        seller = {
            "id": SELLER,
            "name": "S",
            "country": "FR",
            "locale": "fr",
            "helpdesk_relays": [],
            "described_at": now,
        }
        session.execute(insert(Seller), [seller])
        for some in _chunks(ids):
            session.execute(insert(Product), [_product(id_, now) for id_ in some])
    return ids


def make_packs(installation: Installation, count: int, members: list[str]) -> None:
    """So many packs, each of them with all these members."""
    now = datetime.now(UTC)
    with installation.database.session() as session:
        for some in _chunks([f"pack-{number:06}" for number in range(count)]):
            session.execute(insert(Pack), [_pack(id_, now) for id_ in some])
            rows = [
                {"pack_id": id_, "product_id": member, "position": position}
                for id_ in some
                for position, member in enumerate(members)
            ]
            session.execute(insert(PackMember), rows)


def post_status(product_id: str, status: Status, version: int) -> tuple[str, bytes]:
    """A webhook-id and a body that changes the status of a product, by its seller."""
    data = {"product_id": product_id, "status": status, "actor": "seller", "reason": "benchmark", "version": version}
    body = {"type": "product.status_changed", "timestamp": format_instant(datetime.now(UTC)), "data": data}
    return f"evt_{secrets.token_hex(12)}", json.dumps(body).encode()


def fill_inbox(installation: Installation, changes: Iterable[tuple[str, Status, int]]) -> int:
    """Put status changes into the inbox as if they had been received and no bell had rung; return how many."""
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for product_id, status, version in changes:
        event_id, body = post_status(product_id, status, version)
        subject = f"product:{product_id}"
        rows.append(
            {
                "source": "marketplace",
                "event_id": event_id,
                "type": "product.status_changed",
                "subject": subject,
                "shard": zlib.crc32(subject.encode()) % SHARDS,
                "sent_at": now,
                "received_at": now,
                "body": body,
                "body_sha256": hashlib.sha256(body).hexdigest(),
                "state": InboxState.RECEIVED,
                "attempts": 0,
            }
        )
    with installation.database.session() as session:
        for some in _chunks(rows):
            session.execute(insert(InboxEvent), some)
    return len(rows)


def waiting(installation: Installation) -> int:
    """How many events wait to be applied."""
    with installation.database.reading() as session:
        count = select(func.count()).where(InboxEvent.state == InboxState.RECEIVED)
        return session.scalar(count) or 0


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def _product(id_: str, now: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "seller_id": SELLER,
        "kind": ProductKind.MODULE,
        "technical_name": "benchmark",
        "title": {"fr": "Produit", "en": "Product"},
        "description": {},
        "categories": [],
        "words": "product",
        "price_cents": 9_900,
        "currency": "EUR",
        "description_version": 1,
        "status": Status.ONLINE,
        "shown": True,
        "created_at": now,
        "changed_at": now,
    }


def _pack(id_: str, now: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "seller_id": SELLER,
        "title": {"fr": "Pack", "en": "Pack"},
        "words": "pack",
        "price_cents": 19_900,
        "currency": "EUR",
        "description_version": 1,
        "status": Status.ONLINE,
        "shown": True,
        "created_at": now,
        "changed_at": now,
    }
