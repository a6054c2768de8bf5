"""What would each job have to learn after its fork, and how does it know already?

A work horse is forked for every job and lives for milliseconds. Importing the driver, linking the mappings, asking the
database who it is, and above all compiling every statement would take it several times as long as its work. Learnt once
before the first fork, all this is inherited by every horse.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import logging
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
from ..remote.redis.queue import NullWakeups
from ..services.core.runtime import Runtime
from ..services.inbox.leasing import SHARDS_AT_ONCE

log = logging.getLogger(__name__)

_TOUCHED = (Shard, InboxEvent, Seller, Product, SideState, Withdrawal, Pack, Cascade, OutgoingEvent)


def warm_up(runtime: Runtime) -> None:
    """Hide a product that nobody has, show it again, and undo it all. What is real is neither read nor locked.

    The play brings shards of its own, as many as a drain claims at once, with events older than any: so it gets
    exactly these. Never raises: a worker that could not rehearse is only slower at first.
    """
    try:
        with rolled_back(runtime.database) as stage:
            # Batches of all but one, and of one: a statement for several rows is not that for a single one.
            settings = replace(runtime.settings, drain_batch=SHARDS_AT_ONCE - 1)
            play = replace(runtime, settings=settings, database=stage, wakeups=NullWakeups())
            with stage.session() as session:
                lanes, product_id = _set_the_scene(session, play.now())
            for version, status in enumerate((Status.OFFLINE_TEMPORARY, Status.ONLINE), start=1):
                with stage.session() as session:
                    session.execute(insert(InboxEvent), list(_told(lanes, product_id, status, version, play.now())))
                process_pending(play, "rehearsal", stop=_after_two_batches())
    except Exception as error:
        log.warning("the first job will take a little longer: %s", error, exc_info=True)


def preconnect(runtime: Runtime) -> Callable[[], None]:
    """What a spare work horse does while it waits: connect, and read what a job will read. It never raises.

    It does not rehearse: that takes as long as a job, and an event told just then would wait for its end. Later calls
    see to it that the connection still lives.
    """
    knows = False

    def preconnect() -> None:
        nonlocal knows
        with contextlib.suppress(Exception), runtime.database.reading() as session:
            for query in [select(1)] if knows else [select(table).where(false()) for table in _TOUCHED]:
                session.execute(query).all()
        knows = True

    return preconnect


def _set_the_scene(session: Session, now: datetime) -> tuple[list[int], str]:
    """A seller, a product and empty shards, all outside of what can be real; gives the shards and the product."""
    name = f"rehearsal-{secrets.token_hex(8)}"
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
    # By chance, so that workers that start together do not wait for each other.
    last = -1 - SHARDS_AT_ONCE * secrets.randbelow(2_000)
    lanes = [last - number for number in range(SHARDS_AT_ONCE)]
    session.execute(insert(Shard), [{"shard": lane} for lane in lanes])
    return lanes, name


def _told(
    lanes: list[int], product_id: str, status: Status, version: int, now: datetime
) -> Iterator[dict[str, object]]:
    """One event for each shard; they all tell the same."""
    data = {"product_id": product_id, "status": status, "actor": Side.SELLER, "reason": "", "version": version}
    envelope = {"type": "product.status_changed", "timestamp": format_instant(now), "data": data}
    body = json.dumps(envelope).encode()
    oldest = -1 - secrets.randbelow(2**40)
    for number, lane in enumerate(lanes):
        yield {
            "id": oldest - number,
            "source": "rehearsal",
            "event_id": f"{product_id}-{oldest - number}",
            "type": envelope["type"],
            "subject": f"product:{product_id}",
            "shard": lane,
            "sent_at": now,
            "received_at": now,
            "body": body,
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "state": InboxState.RECEIVED,
            "attempts": 0,
        }


def _after_two_batches() -> Callable[[], bool]:
    """A `stop` that lets a drain claim once and apply twice: another claim would find what is real."""
    asked = itertools.count(1)
    return lambda: next(asked) > 3
