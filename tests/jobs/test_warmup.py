"""A rehearsal teaches the process every statement of a drain, and the database is as it was."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import CacheStats

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.types import Base
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.jobs.warmup import preconnect, warm_up
from marketplace_hooks.models.inbox import InboxEvent, InboxState, Shard
from marketplace_hooks.models.products import Product, SideState
from marketplace_hooks.services.core.runtime import Runtime, make_runtime

from ..support.statement_cache import each_for_itself

NOW = datetime.now(UTC)


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    found = make_runtime(Settings(instance=tmp_path, database_url=database_url))
    yield found
    found.database.dispose()


def publish(database: Database, number: int, type_: str, **data: object) -> None:
    body = json.dumps({"type": type_, "timestamp": NOW.isoformat(), "data": data}).encode()
    row = {
        "source": "marketplace",
        "event_id": f"evt_{number}",
        "type": type_,
        "subject": "product:mod-1",
        "shard": 5,
        "sent_at": NOW,
        "received_at": NOW,
        "body": body,
        "body_sha256": "0" * 64,
        "state": InboxState.RECEIVED,
        "attempts": 0,
    }
    with database.begin() as connection:
        connection.execute(insert(InboxEvent), [row])


def tell_of_a_product(database: Database) -> None:
    publish(database, 1, "seller.upserted", seller_id="s", name="S", country="FR", locale="fr")
    publish(
        database,
        2,
        "product.upserted",
        product_id="mod-1",
        seller_id="s",
        kind="module",
        technical_name="one",
        title={"fr": "Un"},
        price={"amount_cents": 100, "currency": "EUR"},
        version=1,
        listing={"features": [], "compatible_from": None, "compatible_to": None, "published_at": NOW.isoformat()},
    )


def tell_of_a_hold(database: Database, number: int, status: str) -> None:
    publish(
        database,
        number,
        "product.status_changed",
        product_id="mod-1",
        status=status,
        actor="seller",
        reason="rest",
        version=number,
    )


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_afterwards_every_row_of_every_table_is_as_before(runtime: Runtime) -> None:
    tell_of_a_product(runtime.database)
    before = everything(runtime.database)
    warm_up(runtime)
    assert everything(runtime.database) == before


def test_real_events_that_wait_are_left_to_real_drains_even_while_it_plays(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tell_of_a_product(runtime.database)
    settled: list[str] = []

    def watch(*arguments: object) -> None:
        statement = str(arguments[2])
        given = arguments[3]
        if statement.startswith("UPDATE mh_inbox"):
            settled.append(repr(given))

    event.listen(runtime.database.engine, "before_cursor_execute", watch)
    with caplog.at_level(logging.WARNING):
        warm_up(runtime)
    assert not caplog.records
    assert len(settled) == 4, "the play applied nothing"
    assert not any("'of': 1}" in one or "'of': 2}" in one for one in settled)
    assert process_pending(runtime, "real") == 2


def test_the_first_hold_after_it_compiles_nothing_new(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    tell_of_a_product(runtime.database)
    process_pending(runtime, "real")
    tell_of_a_hold(runtime.database, 3, "offline_temporary")
    fresh = make_runtime(runtime.settings)
    with each_for_itself():
        with caplog.at_level(logging.WARNING):
            warm_up(fresh)
        assert not caplog.records
        generated = statements_generated(fresh.database.engine)
        assert process_pending(fresh, "real") == 1
        tell_of_a_hold(runtime.database, 4, "online")
        assert process_pending(fresh, "real") == 1
    assert generated == []
    with fresh.database.reading() as session:
        assert session.scalars(select(Product)).one().status == "online"
        assert not session.scalars(select(SideState)).one().held
    fresh.database.dispose()


def statements_generated(engine: Engine) -> list[str]:
    """What the engine has to compile from now on, as it comes."""
    found: list[str] = []

    def look(*arguments: object) -> None:
        context: Any = arguments[4]
        if context.compiled is not None and context.cache_hit is not CacheStats.CACHE_HIT:
            found.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", look)
    return found


def test_without_a_database_the_worker_starts_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    runtime = make_runtime(Settings(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'empty.db'}"))
    warm_up(runtime)
    assert "a little longer" in caplog.text
    runtime.database.dispose()


def test_a_horse_that_stands_by_reads_and_writes_nothing_that_stays(runtime: Runtime) -> None:
    tell_of_a_product(runtime.database)
    before = everything(runtime.database)
    prepare = preconnect(runtime)
    for _ in range(2):
        prepare()
    assert everything(runtime.database) == before
    assert process_pending(runtime, "real") == 2


def test_a_horse_that_stands_by_keeps_no_writer_waiting_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    runtime = make_runtime(Settings(instance=tmp_path, database_url=sqlite_url))
    written: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *how: written.append(str(how[2])))
    with Database(sqlite_url).begin() as writer:  # nobody else may write, and it does not wait.
        writer.execute(select(1))
        preconnect(runtime)()
    assert len(written) > 5
    assert {statement for statement in written if not statement.startswith("SELECT")} == {"BEGIN"}
    runtime.database.dispose()


def test_a_horse_that_stands_by_bears_with_a_database_that_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = make_runtime(Settings(instance=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    prepare = preconnect(gone)
    for _ in range(2):
        prepare()
    assert not caplog.records


def test_shards_held_by_somebody_stay_theirs(runtime: Runtime) -> None:
    until = NOW + timedelta(seconds=30)
    with runtime.database.session() as session:
        for shard in session.scalars(select(Shard)):
            shard.owner = "somebody"
            shard.leased_until = until
    warm_up(runtime)
    with runtime.database.reading() as session:
        assert {tuple(row) for row in session.execute(select(Shard.owner, Shard.leased_until))} == {("somebody", until)}
