"""Fixtures of the benchmarks: the events that make a marketplace, and what they apply to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.inbox import leasing
from marketplace_hooks.services.operations import cascade_run
from marketplace_hooks.services.outbox import dispatcher
from tests.support.inbox_rows import Event, insert_events

TITLE = {"fr": "Un module de démonstration", "en": "A module for demonstration"}
PRICE = {"amount_cents": 9_900, "currency": "EUR"}


EVENT_ID = {
    "sqlite": "'evt_019ac0ffee00' || lower(hex(randomblob(10)))",
    "postgresql": "'evt_019ac0ffee00' || substr(replace(gen_random_uuid()::text, '-', ''), 13)",
}
"""SQL for the id of an outgoing event as the product makes them: all of one instant, and random beyond that."""


def apply_events(runtime: Runtime, events: Iterable[Event]) -> None:
    """Apply these events in this process. Raises when one was not applied."""
    insert_events(runtime, events)
    process_pending(runtime, "benchmark")
    with runtime.database.read_session() as session:
        other = session.scalar(select(InboxEvent).where(InboxEvent.state != InboxState.APPLIED).limit(1))
        if other is not None:
            raise RuntimeError(f"{other.type} is {other.state}: {other.errors}")


def is_idle(runtime: Runtime) -> bool:
    """Whether no worker has anything left to do."""
    now = runtime.now()
    kinds = (leasing, cascade_run, dispatcher)
    with runtime.database.read_session() as session:
        return not any(kind.has_pending(session, now, runtime.settings) for kind in kinds)


def seller() -> Event:
    """The seller of everything."""
    data = {"seller_id": "sel-1", "name": "Maison Exemple", "country": "FR", "locale": "fr-FR", "helpdesk_relays": []}
    return "seller.upserted", data


def product(number: int, *, version: int = 1) -> Event:
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
        "version": version,
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
