"""Inbox writer: every event is stored once before it is answered, whatever else is stored with it or breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from marketplace_hooks.database.engine import Database
from marketplace_hooks.errors import DatabaseUnavailable
from marketplace_hooks.models.inbox import InboxConflict, InboxEvent
from marketplace_hooks.services.inbox.writer import InboxWriter, IncomingEvent, InsertResult

from ...support.postgres import Postgres

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def incoming(event_id: str, body: bytes = b"{}", *, subject: str = "product:1") -> IncomingEvent:
    digest = hashlib.sha256(body).hexdigest()
    return IncomingEvent(
        source="marketplace",
        event_id=event_id,
        type="product.upserted",
        subject=subject,
        shard=7,
        sent_at=AT,
        received_at=AT,
        body=body,
        body_sha256=digest,
    )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def writer(database: Database) -> InboxWriter:
    return InboxWriter(database)


def count(database: Database, table: type[InboxEvent | InboxConflict]) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_event_reads_back_as_it_was_stored(writer: InboxWriter, database: Database) -> None:
    assert writer.insert(incoming("evt_1", b'{"caf\xc3\xa9": 1}')) == InsertResult(duplicate=False)
    with database.read_session() as session:
        event = session.scalars(select(InboxEvent)).one()
        assert (event.body, event.shard, event.state, event.sent_at) == (b'{"caf\xc3\xa9": 1}', 7, "received", AT)


def test_of_many_threads_with_events_of_their_own_nobody_waits_in_vain(writer: InboxWriter, database: Database) -> None:
    with ThreadPoolExecutor(max_workers=24) as threads:
        results = list(threads.map(writer.insert, [incoming(f"evt_{number}") for number in range(600)]))
    assert results == [InsertResult(duplicate=False)] * 600
    assert count(database, InboxEvent) == 600


def test_of_one_id_posted_by_many_threads_exactly_one_is_new(writer: InboxWriter, database: Database) -> None:
    with ThreadPoolExecutor(max_workers=24) as threads:
        results = list(threads.map(writer.insert, [incoming(f"evt_{number % 5}") for number in range(200)]))
    assert sorted(one.duplicate for one in results) == [False] * 5 + [True] * 195
    assert count(database, InboxEvent) == 5
    assert count(database, InboxConflict) == 0


def test_another_body_under_the_same_id_is_put_aside_even_when_both_come_at_once(
    writer: InboxWriter, database: Database
) -> None:
    results = writer._insert_all([incoming("evt_1", b"one"), incoming("evt_2"), incoming("evt_1", b"two")])
    assert results == [
        InsertResult(duplicate=False),
        InsertResult(duplicate=False),
        InsertResult(duplicate=True, conflict=True),
    ]
    assert (count(database, InboxEvent), count(database, InboxConflict)) == (2, 1)


def test_an_event_that_the_database_refuses_takes_no_other_with_it(writer: InboxWriter, database: Database) -> None:
    bad = incoming("evt_bad", subject=None)  # type: ignore[arg-type] # what the column refuses on both databases.
    results = writer._insert_all([incoming("evt_1"), bad, incoming("evt_2")])
    assert results[0] == results[2] == InsertResult(duplicate=False)
    assert isinstance(results[1], Exception)
    assert not isinstance(results[1], DatabaseUnavailable)
    assert count(database, InboxEvent) == 2


def test_connections_lost_while_idle_are_replaced_unseen(restartable_postgres: Postgres, postgresql_url: str) -> None:
    database = Database(postgresql_url)
    writer = InboxWriter(database)
    with ThreadPoolExecutor(max_workers=8) as threads:
        list(threads.map(writer.insert, [incoming(f"evt_{number}") for number in range(50)]))
        restartable_postgres.restart()
        results = list(threads.map(writer.insert, [incoming(f"evt_{number}") for number in range(40, 90)]))
    assert sum(not one.duplicate for one in results) == 40
    assert count(database, InboxEvent) == 90
    database.dispose()


def test_while_the_database_is_away_every_event_is_refused(restartable_postgres: Postgres, postgresql_url: str) -> None:
    database = Database(postgresql_url)
    writer = InboxWriter(database)
    writer.insert(incoming("evt_0"))
    restartable_postgres.stop(immediate=True)
    with ThreadPoolExecutor(max_workers=8) as threads:
        futures = [threads.submit(writer.insert, incoming(f"evt_{number}")) for number in range(20)]
        assert {type(one.exception(60)) for one in futures} == {DatabaseUnavailable}
    restartable_postgres.start()
    assert writer.insert(incoming("evt_1")) == InsertResult(duplicate=False)
    database.dispose()
