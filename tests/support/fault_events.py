"""Events of the fault tests, inserted as rows or posted, and assertions about the rows that result."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.jobs.scheduler import run_all_now
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.products import Product
from marketplace_hooks.remote.signatures import signed_headers

from .inbox_rows import Event, body_of, insert_events
from .processes import SECRET, Deployment


def seller(id_: str = "s1") -> Event:
    return "seller.upserted", {"seller_id": id_, "name": "Seller", "country": "FR", "locale": "fr"}


def suspended(id_: str = "s1", *, lifted: bool = False) -> Event:
    return f"seller.{'un' if lifted else ''}suspended", {"seller_id": id_, "reason": "audit"}


def product(id_: str, version: int = 1, seller_id: str = "s1") -> Event:
    price = {"amount_cents": 9900, "currency": "EUR"}
    announced = {"features": ["one"], "compatible_from": "8.0.0", "compatible_to": None}
    listing = {**announced, "published_at": "2026-01-01T00:00:00Z"}
    described = {"kind": "module", "technical_name": id_, "title": {"en": id_}, "price": price, "listing": listing}
    return "product.upserted", {"product_id": id_, "seller_id": seller_id, "version": version, **described}


def pack(id_: str, product_ids: list[str], seller_id: str = "s1") -> Event:
    priced = {"title": {"en": id_}, "price": {"amount_cents": 15000, "currency": "EUR"}, "version": 1}
    return "pack.upserted", {"pack_id": id_, "seller_id": seller_id, "product_ids": product_ids, **priced}


def customer(id_: str = "c1") -> Event:
    described = {"name": "A", "email": "a@shop.example", "locale": "fr", "professional": False}
    return "customer.upserted", {"customer_id": id_, **described}


def purchase(id_: str, product_id: str, bought_at: datetime) -> Event:
    price = {"amount_cents": 9900, "currency": "EUR"}
    bought = {"customer_id": "c1", "product_id": product_id, "purchased_at": bought_at.isoformat()}
    return "purchase.completed", {"purchase_id": id_, **bought, "price_paid": price}


def changed(
    id_: str,
    status: str,
    version: int,
    *,
    actor: str = "seller",
    effective_at: datetime | None = None,
) -> Event:
    data: dict[str, Any] = {"product_id": id_, "status": status, "actor": actor, "reason": "test", "version": version}
    return "product.status_changed", data if effective_at is None else {
        **data,
        "effective_at": format_instant(effective_at),
    }


def hidden(id_: str, version: int, **more: Any) -> Event:
    return changed(id_, "offline_temporary", version, **more)


def shown(id_: str, version: int, **more: Any) -> Event:
    return changed(id_, "online", version, **more)


def signed(event: Event, event_id: str | None = None) -> tuple[dict[str, str], bytes]:
    """The headers and the body to post."""
    body = body_of(event)
    return signed_headers(event_id or f"evt-{uuid.uuid4().hex}", datetime.now(UTC), body, [SECRET]), body


def set_up(deployment: Deployment, events: Iterable[Event]) -> None:
    """Insert these events and apply them in this process."""
    insert_events(deployment, events)
    run_all_now(deployment.runtime, "set up")
    assert deployment.read(all_applied)


def all_applied(session: Session) -> bool:
    """Whether every event in the inbox has been applied."""
    states = set(session.scalars(select(InboxEvent.state).distinct()))
    return states <= {InboxState.APPLIED}


def count_unapplied(session: Session) -> int:
    """How many events have not been applied."""
    unapplied = select(func.count()).select_from(InboxEvent).where(InboxEvent.state != InboxState.APPLIED)
    return session.scalar(unapplied) or 0


def status_of(session: Session, product_id: str) -> str:
    return str(session.scalar(select(Product.status).where(Product.id == product_id)))


def statuses(session: Session) -> dict[str, str]:
    return {id_: str(status) for id_, status in session.execute(select(Product.id, Product.status))}


def outcomes(session: Session) -> dict[str, str | None]:
    """The outcome of each event, by its id."""
    return {event_id: outcome for event_id, outcome in session.execute(select(InboxEvent.event_id, InboxEvent.outcome))}


def count_inbox(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(InboxEvent)) or 0


def published(session: Session, *types: str) -> list[tuple[str, str]]:
    """The outgoing events of these types: (type, subject), in the order of their writing."""
    query = select(OutgoingEvent.type, OutgoingEvent.subject_id).order_by(OutgoingEvent.id)
    return [(type_, id_) for type_, id_ in session.execute(query) if type_ in types]


def assert_published_for_each(deployment: Deployment, type_: str, ids: list[str]) -> None:
    """An event of this type was published for each of these subjects and no other; `ids` are sorted."""
    assert sorted(deployment.read(lambda session: published(session, type_))) == [(type_, id_) for id_ in ids]


def assert_published_once(deployment: Deployment) -> None:
    """No cause published an event twice about one subject, and each subject's sequence has no gap."""
    counts: Counter[tuple[str, ...]] = Counter()
    sequences: dict[tuple[str, str], list[int]] = defaultdict(list)
    for event in deployment.read(
        lambda session: list(session.scalars(select(OutgoingEvent).order_by(OutgoingEvent.id)))
    ):
        counts[event.type, event.subject_id, str(event.cause["event_id"]), str(event.cascade_id)] += 1
        sequences[event.subject_kind, event.subject_id].append(event.sequence)
    assert {key: count for key, count in counts.items() if count > 1} == {}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in map(sorted, sequences.values())), sequences


def soon(in_s: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=in_s)
