"""What are we told in a benchmark? Events in the inbox as if they had been posted, and a marketplace made of them."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.events.envelope import parse_envelope
from marketplace_hooks.events.intake import subject_and_shard
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.services.core.runtime import Runtime

Event = tuple[str, dict[str, Any]]
TITLE = {"fr": "Un module de démonstration", "en": "A module for demonstration"}
PRICE = {"amount_cents": 9_900, "currency": "EUR"}


EVENT_ID = {
    "sqlite": "'evt_019ac0ffee00' || lower(hex(randomblob(10)))",
    "postgresql": "'evt_019ac0ffee00' || substr(replace(gen_random_uuid()::text, '-', ''), 13)",
}
"""SQL for the id of an outgoing event as the product makes them: all of one instant, and told apart by chance."""


def body_of(type_: str, data: dict[str, Any]) -> bytes:
    """The body of an event that happens now."""
    envelope = {"type": type_, "timestamp": format_instant(datetime.now(UTC)), "data": data}
    return json.dumps(envelope, ensure_ascii=False).encode()


def put_into_inbox(runtime: Runtime, events: Iterable[Event]) -> int:
    """As many events as given, received now, in one transaction. Nobody is woken."""
    now = datetime.now(UTC)
    run = secrets.token_hex(6)
    rows = []
    for number, (type_, data) in enumerate(events):
        body = body_of(type_, data)
        envelope = parse_envelope(body)
        subject, shard = subject_and_shard(envelope, run)
        rows.append(
            {
                "source": "marketplace",
                "event_id": f"evt_{run}_{number}",
                "type": type_,
                "subject": subject,
                "shard": shard,
                "sent_at": envelope.sent_at,
                "received_at": now,
                "body": body,
                "body_sha256": hashlib.sha256(body).hexdigest(),
                "state": InboxState.RECEIVED,
                "attempts": 0,
            }
        )
    with runtime.database.begin() as connection:
        connection.execute(insert(InboxEvent), rows)
    return len(rows)


def publish(runtime: Runtime, events: Iterable[Event]) -> None:
    """Have the events applied here and now. Raises when one was not."""
    put_into_inbox(runtime, events)
    process_pending(runtime, "benchmark")
    with runtime.database.reading() as session:
        other = session.scalar(select(InboxEvent).where(InboxEvent.state != InboxState.APPLIED).limit(1))
        if other is not None:
            raise RuntimeError(f"{other.type} is {other.state}: {other.errors}")


def seller() -> Event:
    """The one who sells everything here."""
    data = {"seller_id": "sel-1", "name": "Maison Exemple", "country": "FR", "locale": "fr-FR", "helpdesk_relays": []}
    return "seller.upserted", data


def product(number: int) -> Event:
    """A product that is online."""
    listing = {
        "features": ["Does what it says"],
        "compatible_from": "1.7.0.0",
        "compatible_to": "9.0.0",
        "published_at": "2026-01-05T09:00:00Z",
    }
    data = {
        "product_id": product_id(number),
        "seller_id": "sel-1",
        "kind": "module",
        "technical_name": f"module{number}",
        "title": TITLE,
        "price": PRICE,
        "version": 1,
        "listing": listing,
    }
    return "product.upserted", data


def pack(number: int, members: Iterable[int]) -> Event:
    """A pack of these products."""
    data = {
        "pack_id": f"pack-{number:05}",
        "seller_id": "sel-1",
        "title": TITLE,
        "price": PRICE,
        "product_ids": [product_id(member) for member in members],
        "version": 1,
    }
    return "pack.upserted", data


def status_changed(number: int, status: str, version: int) -> Event:
    """The seller takes a product offline or brings it back."""
    reason = "A fault was found in the last release; the fix is under way and will be there soon."
    ids = {"product_id": product_id(number), "version": version}
    return "product.status_changed", {**ids, "status": status, "actor": "seller", "reason": reason}


def product_id(number: int) -> str:
    """The id of the product by that number."""
    return f"mod-{number:05}"
