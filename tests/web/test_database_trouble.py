"""A database that is locked, slow, read-only, full or out of connections is a 503 within the wait that is set."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, func, make_url, select, text

from marketplace_hooks.database import limits
from marketplace_hooks.models.inbox import InboxEvent

from ..support import databases
from ..support.api_callers import problem_of
from ..support.marketplace import Marketplace, open_marketplace
from ..support.postgres import Postgres

WAIT_S = 0.2
PATIENCE_S = 30
BODY = b'{"type": "product.upserted", "timestamp": "2026-03-02T09:30:00Z", "data": {}}'


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextlib.contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Hold a lock that no writer of events gets past."""
    if database_url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(str(make_url(database_url).database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with psycopg.connect(plain(database_url)) as other:
        other.execute("LOCK TABLE mh_inbox, mh_locks, mh_products IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@pytest.fixture
def impatient(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return make_marketplace(DATABASE_WAIT_S=WAIT_S)


def count_events(marketplace: Marketplace) -> int:
    with marketplace.runtime.database.read_session() as session:
        return session.scalar(select(func.count()).select_from(InboxEvent)) or 0


def assert_unavailable(marketplace: Marketplace, problem: str) -> None:
    """An event is refused and not stored, `/readyz` says why, and `/healthz` does not care."""
    answer = marketplace.post(BODY)
    assert problem_of(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    client = marketplace.app.test_client()
    ready = client.get("/readyz")
    assert problem_of(ready) == (503, f"database_{problem}")
    assert int(ready.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200


def assert_well_again(marketplace: Marketplace) -> None:
    assert count_events(marketplace) == 0
    assert marketplace.app.test_client().get("/readyz").status_code == 200
    assert marketplace.post(BODY).status_code == 202
    assert count_events(marketplace) == 1


# docs/operate.md, "When something dies": the database is down, locked, slow, full, read-only, out of connections.
def test_a_locked_database_is_a_503_and_nothing_is_stored(impatient: Marketplace, database_url: str) -> None:
    with locked(database_url):
        assert_unavailable(impatient, "busy")
    assert_well_again(impatient)


def test_all_who_wait_for_a_locked_database_are_answered_together(impatient: Marketplace, database_url: str) -> None:
    with locked(database_url), ThreadPoolExecutor(12) as threads:
        posts = [threads.submit(impatient.post, BODY, event_id=f"evt_{number}") for number in range(12)]
        assert {post.result(PATIENCE_S).status_code for post in posts} == {503}
    assert count_events(impatient) == 0


def test_while_all_other_threads_wait_the_last_is_not_held(
    make_marketplace: Callable[..., Marketplace], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SLOW_S", 0.0)
    marketplace = make_marketplace(DATABASE_WAIT_S=2 * PATIENCE_S, WEB_THREADS=2)
    with ThreadPoolExecutor(1) as threads:
        with locked(database_url):
            held = threads.submit(marketplace.post, BODY)
            while not marketplace.runtime.database.bulkhead._entered_s:
                pass
            assert marketplace.post(BODY, event_id="evt_2").status_code == 503
            assert not held.done()
        assert held.result(PATIENCE_S).status_code == 202


def test_a_page_and_a_call_that_wait_for_a_lock_are_a_503(postgresql_url: str, tmp_path: Path) -> None:
    with open_marketplace(postgresql_url, tmp_path, DATABASE_WAIT_S=WAIT_S) as marketplace, locked(postgresql_url):
        client = marketplace.app.test_client()
        for path, kind in (("/", "text/html"), ("/api/v1/products", "application/problem+json")):
            answer = client.get(path, headers={"Accept": "text/html"})
            assert (answer.status_code, answer.mimetype) == (503, kind)
            assert int(answer.headers["Retry-After"]) > 0


def test_a_read_only_database_still_shows_pages_and_takes_no_events(postgresql_url: str, tmp_path: Path) -> None:
    read_only = make_url(postgresql_url).update_query_dict({"options": "-c default_transaction_read_only=on"})
    with open_marketplace(read_only.render_as_string(hide_password=False), tmp_path) as marketplace:
        assert marketplace.app.test_client().get("/api/v1/products").status_code == 200
        assert_unavailable(marketplace, "read_only")


def test_a_read_only_file_still_shows_pages_and_takes_no_events(sqlite_url: str, tmp_path: Path) -> None:
    with open_marketplace(sqlite_url, tmp_path) as marketplace:
        engine = marketplace.runtime.database.engine
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
        assert marketplace.app.test_client().get("/api/v1/products").status_code == 200
        assert_unavailable(marketplace, "read_only")


def test_a_full_disk_is_a_503(impatient: Marketplace, database_url: str) -> None:
    database = impatient.runtime.database
    if database.is_sqlite:
        # As many pages as there are: the next one is refused with the code of a full disk.
        event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count=1"))
        fill = [impatient.post(sample_body(10_000 + number), event_id=f"evt_{number}") for number in range(50)]
        assert problem_of(fill[-1]) == (503, "unavailable")
        return
    with psycopg.connect(plain(database_url), autocommit=True) as other:
        other.execute(
            "CREATE FUNCTION pg_temp.is_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
        )
        for table in ("mh_inbox", "mh_locks"):
            other.execute(
                f"CREATE TRIGGER is_full BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION pg_temp.is_full()"
            )
        assert_unavailable(impatient, "full")
        for table in ("mh_inbox", "mh_locks"):
            other.execute(f"DROP TRIGGER is_full ON {table}")
    assert_well_again(impatient)


def sample_body(size: int) -> bytes:
    return BODY[:-2] + b'"filler": "' + b"x" * size + b'"}}'


def test_a_server_without_a_free_connection_is_a_503(postgresql_url: str, tmp_path: Path) -> None:
    with psycopg.connect(plain(postgresql_url), autocommit=True) as administrator:
        administrator.execute("CREATE ROLE one_too_many LOGIN CONNECTION LIMIT 0")
        try:
            url = make_url(postgresql_url).set(username="one_too_many").render_as_string(hide_password=False)
            with open_marketplace(url, tmp_path) as marketplace:
                assert_unavailable(marketplace, "too_many_connections")
        finally:
            administrator.execute("DROP ROLE one_too_many")


def test_a_frozen_server_is_a_503(restartable_postgres: Postgres, tmp_path: Path) -> None:
    with databases.postgres_database(restartable_postgres) as url:
        databases.apply_migrations(url)
        with open_marketplace(url, tmp_path, DATABASE_WAIT_S=WAIT_S) as marketplace:
            database = marketplace.runtime.database
            backend = database.raw.run(lambda connection: connection.execute("SELECT pg_backend_pid()").fetchone()[0])
            os.kill(backend, signal.SIGSTOP)
            try:
                assert problem_of(marketplace.post(BODY)) == (503, "unavailable")
            finally:
                os.kill(backend, signal.SIGCONT)
            assert marketplace.post(BODY).status_code == 202
            with database.read_session() as session:
                assert session.scalar(text("SELECT 1")) == 1
