"""The dry run of a worker compiles every statement of its first job, and leaves the database as it was."""

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
from marketplace_hooks.services.core.counters import read_counters
from marketplace_hooks.services.core.runtime import Runtime, make_runtime

from ..support.statement_cache import separate_statement_caches

NOW = datetime.now(UTC)


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    found = make_runtime(Settings(instance=tmp_path, database_url=database_url))
    yield found
    found.database.dispose()


def receive(database: Database, number: int, type_: str, **data: object) -> None:
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
        "urgent": type_ == "product.status_changed",
    }
    with database.begin() as connection:
        connection.execute(insert(InboxEvent), [row])


def receive_product(database: Database) -> None:
    receive(database, 1, "seller.upserted", seller_id="s", name="S", country="FR", locale="fr")
    receive(
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


def receive_hold(database: Database, number: int, status: str) -> None:
    receive(
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
    with database.read_session() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_afterwards_every_row_of_every_table_is_as_before(runtime: Runtime) -> None:
    receive_product(runtime.database)
    before = everything(runtime.database)
    warm_up(runtime)
    assert everything(runtime.database) == before


def test_real_events_are_left_to_real_jobs_even_during_the_dry_run(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receive_product(runtime.database)
    receive_hold(runtime.database, 3, "offline_temporary")
    applied: list[set[int]] = []

    def watch(*arguments: Any) -> None:
        if str(arguments[2]).startswith("UPDATE mh_inbox"):
            rows = arguments[3] if arguments[5] else [arguments[3]]
            applied.append({row["result_id"] if isinstance(row, dict) else row[-1] for row in rows})

    event.listen(runtime.database.engine, "before_cursor_execute", watch)
    with caplog.at_level(logging.WARNING):
        warm_up(runtime)
    event.remove(runtime.database.engine, "before_cursor_execute", watch)
    assert not caplog.records
    assert len(applied) == 4, "the dry run applied nothing"
    assert all(id_ < 0 for ids in applied for id_ in ids)
    assert process_pending(runtime, "real") == 3


def test_what_the_dry_run_applies_is_not_counted(runtime: Runtime) -> None:
    warm_up(runtime)
    runtime.counters.store()
    with runtime.database.read_session() as session:
        assert not any(read_counters(session).values())


def test_the_first_hold_after_a_dry_run_compiles_nothing(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    receive_product(runtime.database)
    process_pending(runtime, "real")
    receive_hold(runtime.database, 3, "offline_temporary")
    fresh = make_runtime(runtime.settings)
    with separate_statement_caches():
        with caplog.at_level(logging.WARNING):
            warm_up(fresh)
        assert not caplog.records
        compiled = statements_compiled(fresh.database.engine)
        assert process_pending(fresh, "real") == 1
        receive_hold(runtime.database, 4, "online")
        assert process_pending(fresh, "real") == 1
    assert compiled == []
    with fresh.database.read_session() as session:
        assert session.scalars(select(Product)).one().status == "online"
        assert not session.scalars(select(SideState)).one().held
    fresh.database.dispose()


def statements_compiled(engine: Engine) -> list[str]:
    """What the engine has to compile from now on, as it comes."""
    found: list[str] = []

    def record(*arguments: object) -> None:
        context: Any = arguments[4]
        if context.compiled is not None and context.cache_hit is not CacheStats.CACHE_HIT:
            found.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", record)
    return found


def test_without_a_database_the_worker_starts_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    runtime = make_runtime(Settings(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'empty.db'}"))
    warm_up(runtime)
    assert "a little longer" in caplog.text
    runtime.database.dispose()


def test_an_idle_work_horse_changes_no_row(runtime: Runtime) -> None:
    receive_product(runtime.database)
    before = everything(runtime.database)
    connect = preconnect(runtime)
    for _ in range(2):
        connect()
    assert everything(runtime.database) == before
    assert process_pending(runtime, "real") == 2


def test_an_idle_work_horse_delays_no_writer_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    runtime = make_runtime(Settings(instance=tmp_path, database_url=sqlite_url))
    statements: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *call: statements.append(str(call[2])))
    with Database(sqlite_url).begin() as writer:  # nobody else may write, and it does not wait.
        writer.execute(select(1))
        preconnect(runtime)()
    assert len(statements) > 5
    assert {statement for statement in statements if not statement.startswith("SELECT")} == {"BEGIN"}
    runtime.database.dispose()


def test_an_idle_work_horse_survives_a_database_that_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gone = make_runtime(Settings(instance=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    connect = preconnect(gone)
    for _ in range(2):
        connect()
    assert not caplog.records


def test_shards_held_by_somebody_stay_theirs(runtime: Runtime) -> None:
    until = NOW + timedelta(seconds=30)
    with runtime.database.session() as session:
        for shard in session.scalars(select(Shard)):
            shard.owner = "somebody"
            shard.leased_until = until
    warm_up(runtime)
    with runtime.database.read_session() as session:
        assert {tuple(row) for row in session.execute(select(Shard.owner, Shard.leased_until))} == {("somebody", until)}
