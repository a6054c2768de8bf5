"""Order of the inbox: status changes first, each subject in order, and what failed holds back its own subject alone."""

from __future__ import annotations

import contextlib
import errno
import itertools
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import psycopg
import pytest
import time_machine
from sqlalchemy import make_url, select, update

from marketplace_hooks.errors import DatabaseUnavailable
from marketplace_hooks.events import processor
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.events.registry import EVENTS
from marketplace_hooks.jobs.scheduler import run_due
from marketplace_hooks.models.inbox import SHARDS, InboxEvent
from marketplace_hooks.services.inbox import leasing
from marketplace_hooks.services.inbox.order import earlier_about_charge, next_events

from ...support.bulk_purchases import gather_statistics, without_autovacuum
from ...support.inbox_rows import Event, insert_events
from ...support.marketplace import OFFLINE, ONLINE, Marketplace, sample
from ...support.recorded_statements import plans, recorded_statements, rows_visited

Opens = Callable[..., Marketplace]
BACKLOG = 120
BATCH = 10


def upserted(product_id: str, version: int) -> Event:
    data = {**sample("product.upserted")["data"], "product_id": product_id, "seller_id": "seller-1", "version": version}
    return "product.upserted", data


def changed(product_id: str, version: int, status: str = OFFLINE) -> Event:
    data = {**sample("product.status_changed")["data"], "product_id": product_id, "status": status}
    return "product.status_changed", {**data, "version": version}


def once_more_than(batches: int) -> Callable[[], bool]:
    """A `stop` for so many batches of the first claim: it is asked before the claim and before each batch."""
    calls = itertools.count()
    return lambda: next(calls) > batches


def applied_ids(marketplace: Marketplace) -> list[str]:
    is_applied = select(InboxEvent.event_id).where(InboxEvent.state == "applied", InboxEvent.applied_at.is_not(None))
    return marketplace.all(is_applied)


@pytest.fixture
def shop(make_marketplace: Opens) -> Marketplace:
    marketplace = make_marketplace(DRAIN_BATCH=BATCH)
    marketplace.publish_products("mod-1", "mod-2")
    return marketplace


def test_a_status_change_is_in_the_first_batch_however_much_waits_before_it(shop: Marketplace) -> None:
    shop.publish_products(*(f"old-{number}" for number in range(BACKLOG)))
    insert_events(shop.runtime, (upserted(f"old-{number}", 1_000) for number in range(BACKLOG)))
    insert_events(shop.runtime, [changed("mod-1", 1_001)])
    process_pending(shop.runtime, "tests", stop=once_more_than(1))
    assert shop.status("mod-1") == OFFLINE
    waiting = shop.all(select(InboxEvent).where(InboxEvent.state == "received"))
    assert len(waiting) >= BACKLOG - BATCH


def test_what_came_before_it_about_its_product_is_taken_along_in_order(shop: Marketplace) -> None:
    shop.publish_products(*(f"old-{number}" for number in range(BACKLOG)))
    backlog = [upserted(f"old-{number}", 1_000) for number in range(BACKLOG)]
    own = insert_events(shop.runtime, [*backlog, upserted("mod-1", 1_000), changed("mod-1", 1_001)])[-2:]
    after = insert_events(shop.runtime, [upserted("mod-1", 1_002)])
    process_pending(shop.runtime, "tests", stop=once_more_than(1))
    assert set(own) <= set(applied_ids(shop))
    assert after[0] not in applied_ids(shop)
    shop.run_all_now()
    assert shop.event(after[0]).state == "applied"


def test_a_crowded_product_does_not_delay_the_status_change_of_another(shop: Marketplace) -> None:
    crowd = [upserted("mod-1", version) for version in range(1_000, 1_000 + BACKLOG)]
    insert_events(shop.runtime, [*crowd, changed("mod-1", 2_000), changed("mod-2", 2_001)])
    process_pending(shop.runtime, "tests", stop=once_more_than(1))
    process_pending(shop.runtime, "tests", stop=once_more_than(1))
    assert (shop.status("mod-1"), shop.status("mod-2")) == (ONLINE, OFFLINE)
    shop.run_all_now()
    assert shop.status("mod-1") == OFFLINE


def test_a_worker_at_a_backlog_applies_status_changes_in_shards_that_nobody_holds(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "SHARDS_AT_ONCE", 1)
    monkeypatch.setattr(processor, "LOOK_AROUND_S", 0)
    insert_events(shop.runtime, (upserted("mod-1", version) for version in range(1_000, 1_000 + 3 * BATCH)))
    claim = leasing.claim_shards

    def claim_and_receive(*arguments: object, **options: bool) -> list[int]:
        """The status change comes once the worker has its shard."""
        shards = claim(*arguments, **options)  # type: ignore[arg-type] # as it was called
        if shop.status("mod-2") == ONLINE and not options and not received:
            received.extend(insert_events(shop.runtime, [changed("mod-2", 2_000)]))
        return shards

    received: list[str] = []
    monkeypatch.setattr(leasing, "claim_shards", claim_and_receive)
    process_pending(shop.runtime, "tests", stop=once_more_than(2))
    assert shop.status("mod-2") == OFFLINE
    assert shop.all(select(InboxEvent).where(InboxEvent.state == "received"))


def crowd_of(products: int, events: int, *, urgent: bool) -> list[Event]:
    """Events about so many products in turn, every second one a status change if some are `urgent`."""
    make = (upserted, changed if urgent else upserted)
    return [make[number // products % 2](f"old-{number % products}", 1_000 + number) for number in range(events)]


# PostgreSQL learns only from time to time how many events wait: until then it takes the inbox for empty.
@pytest.mark.parametrize("products", [2, 500])
@pytest.mark.parametrize("urgent", [False, True], ids=["none urgent", "some urgent"])
@pytest.mark.parametrize("resting", [False, True], ids=["none rests", "some rest"])
def test_choosing_the_next_events_takes_time_in_proportion_to_those_that_wait(
    shop: Marketplace, products: int, urgent: bool, resting: bool
) -> None:
    database = shop.runtime.database
    if database.is_sqlite:
        pytest.skip("SQLite gathers no statistics by itself")
    waiting = 2_000
    with without_autovacuum(database, ["mh_inbox", "mh_shards"]):
        gather_statistics(database)
        event_ids = insert_events(shop.runtime, crowd_of(products, waiting, urgent=urgent))
        now = shop.runtime.now()
        if resting:
            few = InboxEvent.event_id.in_(event_ids[:: waiting // 250])
            with database.session() as session:
                session.execute(update(InboxEvent).where(few).values(due_at=now + timedelta(minutes=1)))
        with database.read_session() as session, recorded_statements(database.engine) as statements:
            next_events(session, range(SHARDS), 100, now)
            leasing.has_pending(session, now, shop.runtime.settings)
            leasing.has_urgent(session, now, shop.runtime.settings)
            earlier_about_charge(session, "ch-1", shop.event(event_ids[-1]).id)
        visited = [rows_visited(shop.runtime, statement) for statement in statements]
    assert max(visited) <= 6 * waiting, visited
    assert visited[-1] == 0
    if not urgent:
        assert visited[-2] <= 2 * SHARDS


# --- rests after a failure


@contextlib.contextmanager
def locked_product(marketplace: Marketplace, product_id: str) -> Iterator[None]:
    """Hold the row of a product, or on SQLite the lock of the file."""
    url = marketplace.runtime.database.url
    if marketplace.runtime.database.is_sqlite:
        with contextlib.closing(sqlite3.connect(str(url.database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as other:
        other.execute("SELECT 1 FROM mh_products WHERE id = %s FOR UPDATE", [product_id])
        yield
        other.rollback()


# docs/operate.md, "When something dies": the database fails while an event is applied.
def test_a_lock_that_lasts_costs_no_attempt_and_delays_nobody_else(
    clock: time_machine.Traveller, make_marketplace: Opens
) -> None:
    marketplace = make_marketplace(DATABASE_WAIT_S=0.2, APPLY_ATTEMPTS=1)
    marketplace.publish_products("mod-1", "mod-2")
    first, second = (marketplace.change_status(product_id, OFFLINE) for product_id in ("mod-1", "mod-2"))
    with locked_product(marketplace, "mod-1"):
        if marketplace.runtime.database.is_sqlite:  # where one lock is everybody's.
            with pytest.raises(DatabaseUnavailable):
                process_pending(marketplace.runtime, "tests")
        else:
            process_pending(marketplace.runtime, "tests")
            assert marketplace.event(second).state == "applied"
        assert (marketplace.event(first).state, marketplace.event(first).attempts) == ("received", 0)
    clock.shift(40)  # a rest, and the lease of a worker that could not even release it.
    run_due(marketplace.runtime, "scheduler")
    process_pending(marketplace.runtime, "tests")
    assert [marketplace.event(event).state for event in (first, second)] == ["applied", "applied"]


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOSPC, "No space left on device")])
def test_running_out_of_memory_or_space_costs_no_attempt(
    clock: time_machine.Traveller, make_marketplace: Opens, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    marketplace = make_marketplace(APPLY_ATTEMPTS=1)
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", OFFLINE)
    known = EVENTS["product.status_changed"]
    with monkeypatch.context() as out_of_it:
        out_of_it.setitem(EVENTS, known.name, replace(known, handle=Mock(side_effect=error)))
        for _ in range(6):
            marketplace.run_all_now()
            clock.shift(2)
        assert (marketplace.event(event_id).state, marketplace.event(event_id).attempts) == ("received", 0)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event_id) == ("applied", "changed")


def test_the_scheduler_sees_to_an_event_whose_rest_is_over(
    clock: time_machine.Traveller, make_marketplace: Opens
) -> None:
    marketplace = make_marketplace()
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", OFFLINE)
    runtime = marketplace.runtime
    with runtime.database.session() as session:
        event_row = marketplace.event(event_id).id
        assert leasing.rest(session, event_row, runtime.now(), runtime, error="a mistake of ours", counts=True)
    run_due(runtime, "scheduler")
    assert marketplace.event(event_id).state == "received"
    clock.shift(1)
    run_due(runtime, "scheduler")
    assert marketplace.state_and_outcome(event_id) == ("applied", "changed")


# docs/operate.md, "When something dies": a handler fails because of a bug of ours.
def test_rests_grow_and_the_last_attempt_ends_them(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", OFFLINE)
    runtime = marketplace.runtime
    rests_s = []
    rests = True
    while rests:
        with runtime.database.session() as session:
            rests = leasing.rest(
                session, marketplace.event(event_id).id, runtime.now(), runtime, error="a mistake", counts=True
            )
        if due_at := marketplace.event(event_id).due_at:
            rests_s.append((due_at - runtime.now()).total_seconds())
    assert rests_s == [1.0, 10.0, 60.0, 600.0]
    assert (marketplace.event(event_id).state, marketplace.event(event_id).attempts) == ("failed", 5)


def test_an_earlier_event_about_a_charge_is_found_by_its_index(marketplace: Marketplace) -> None:
    charged = sample("subscription.renewed")["data"]
    reports = [{**charged, "purchase_id": f"p-{number}", "charge_id": f"ch-{number}"} for number in range(2_000)]
    event_ids = insert_events(marketplace.runtime, [("subscription.renewed", report) for report in reports])
    database = marketplace.runtime.database
    gather_statistics(database)
    number = marketplace.event(event_ids[1_000]).id
    with database.read_session() as session, recorded_statements(database.engine) as statements:
        assert earlier_about_charge(session, "ch-1000", number + 1) == event_ids[1_000]
        assert earlier_about_charge(session, "ch-1000", number) is None
        assert earlier_about_charge(session, "ch-1001", number) is None
    shown = [plan for statement in statements for plan in plans(marketplace.runtime, statement)]
    assert sum("ix_mh_inbox_charge" in plan for plan in shown) >= 3
    assert not any(re.search("(Seq Scan on|SCAN) mh_inbox", plan) for plan in shown), shown
