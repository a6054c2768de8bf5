"""Warm-up of a worker: a dry run before the first fork, and the early connection of each work horse.

A work horse is forked for every job and lives for milliseconds. Importing the driver, configuring the mappers, asking
the database for its version, and above all compiling every statement would take several times as long as the job. Done
once before the first fork, all of it is inherited by every work horse.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import false, insert, select
from sqlalchemy.orm import Session

from ..database.dry_run import rolled_back
from ..domain.catalog.statuses import Side, Status
from ..domain.instants import format_instant
from ..events.processor import process_pending
from ..models.cascades import Cascade
from ..models.inbox import InboxEvent, InboxState, Shard
from ..models.outbox import OutgoingEvent
from ..models.packs import Pack
from ..models.products import Product, ProductKind, Seller, SideState, Withdrawal
from ..remote.redis.null_wakeups import NullWakeups
from ..services.core.actor import acting_as
from ..services.core.counters import Counters
from ..services.core.runtime import Runtime
from ..services.inbox.leasing import SHARDS_AT_ONCE, has_urgent
from ..telemetry.log_context import get_logger
from ..telemetry.tracing import untraced

log = get_logger(__name__)

_TABLES = (Shard, InboxEvent, Seller, Product, SideState, Withdrawal, Pack, Cascade, OutgoingEvent)
"""What a job of the inbox reads."""


@acting_as(None)
@untraced()
def warm_up(runtime: Runtime) -> None:
    """Hide a product made for this and show it again, in a transaction that is rolled back.

    It neither reads nor locks real rows: the dry run has shards of its own, as many as a worker claims at once, with
    events older than any real one, so it is given exactly these. Never raises: without it the first job is only slower.
    """
    try:
        with rolled_back(runtime.database) as database:
            # Batches of all but one, and of one: the statement for several rows is not that for a single one.
            settings = replace(runtime.settings, drain_batch=SHARDS_AT_ONCE - 1)
            counters = Counters(database)  # every work horse would inherit the runtime's, and store them.
            dry = replace(runtime, settings=settings, database=database, wakeups=NullWakeups(), counters=counters)
            with database.session() as session:
                shards, product_id = _insert_product(session, dry.now())
            for version, status in enumerate((Status.OFFLINE_TEMPORARY, Status.ONLINE), start=1):
                with database.session() as session:
                    session.execute(insert(InboxEvent), list(_events(shards, product_id, status, version, dry.now())))
                process_pending(dry, "warm-up", stop=_after_two_batches(), looks_around=False)
            with database.read_session() as session:
                has_urgent(session, dry.now(), dry.settings)
    except Exception as error:
        log.warning("the first job will take a little longer: %s", error, exc_info=True)


def preconnect(runtime: Runtime) -> Callable[[], None]:
    """What an idle preforked work horse calls: connect, and read from the tables of a job. It never raises.

    It makes no dry run: that takes as long as a job, and an event received meanwhile would wait for its end. Later
    calls check that the connection is alive.
    """
    is_connected = False

    def preconnect() -> None:
        nonlocal is_connected
        with contextlib.suppress(Exception), runtime.database.read_session() as session:
            for query in [select(1)] if is_connected else [select(table).where(false()) for table in _TABLES]:
                session.execute(query).all()
        is_connected = True

    return preconnect


def _insert_product(session: Session, now: datetime) -> tuple[list[int], str]:
    """A seller, a product and free shards, with ids that no real row has; the shards and the product's id."""
    name = f"warm-up-{secrets.token_hex(8)}"
    session.add(Seller(id=name, name=name, country="FR", locale="fr", helpdesk_relays=[], described_at=now))
    session.flush()
    session.add(
        Product(
            id=name,
            seller_id=name,
            kind=ProductKind.MODULE,
            technical_name=name,
            title={},
            description={},
            categories=[],
            price_cents=0,
            currency="EUR",
            description_version=1,
            status=Status.ONLINE,
            created_at=now,
            changed_at=now,
        )
    )
    # Negative and random, so that workers that start together do not wait for each other.
    last = -1 - SHARDS_AT_ONCE * secrets.randbelow(2_000)
    shards = [last - number for number in range(SHARDS_AT_ONCE)]
    session.execute(insert(Shard), [{"shard": shard} for shard in shards])
    return shards, name


def _events(
    shards: list[int], product_id: str, status: Status, version: int, now: datetime
) -> Iterator[dict[str, object]]:
    """One row of the inbox for each shard, all with the same change of status.

    They are urgent, as a change of status is: else a worker's claim would prefer the shards of real ones.
    """
    data = {"product_id": product_id, "status": status, "actor": Side.SELLER, "reason": "", "version": version}
    envelope = {"type": "product.status_changed", "timestamp": format_instant(now), "data": data}
    body = json.dumps(envelope).encode()
    oldest = -1 - secrets.randbelow(2**40)
    for number, shard in enumerate(shards):
        yield {
            "id": oldest - number,
            "source": "warm-up",
            "event_id": f"{product_id}-{oldest - number}",
            "type": envelope["type"],
            "subject": f"product:{product_id}",
            "shard": shard,
            "sent_at": now,
            "received_at": now,
            "body": body,
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "state": InboxState.RECEIVED,
            "attempts": 0,
            "urgent": True,
        }


def _after_two_batches() -> Callable[[], bool]:
    """A `stop` that allows one claim and two batches: a second claim would find real events."""
    calls = itertools.count(1)
    return lambda: next(calls) > 3
