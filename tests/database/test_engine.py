"""Database access: a single write is not starved by long work; files are private."""

from __future__ import annotations

import sqlite3
import stat
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.limits import DatabaseLimits
from marketplace_hooks.errors import DatabaseUnavailable

CHUNK_S = 0.05
CHUNKS = 60


def test_a_writer_begins_between_the_chunks_of_long_work(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    done = threading.Semaphore(0)
    waits = threading.Event()
    count = 0

    def work_long() -> None:
        nonlocal count
        for count in range(1, CHUNKS + 1):
            with database.begin():
                done.release()
                if count == 2:
                    waits.wait()
                time.sleep(CHUNK_S)  # what a chunk's statements take.
            database.yield_to_writers()

    worker = threading.Thread(target=work_long)
    worker.start()
    done.acquire()
    done.acquire()
    waits.set()
    with database.begin():
        passed = count
    worker.join()
    database.dispose()
    assert passed < CHUNKS / 4


def test_a_writer_that_waits_too_long_gets_an_error_that_may_be_retried(sqlite_url: str) -> None:
    database = Database(sqlite_url, limits=DatabaseLimits(wait_s=0.05))
    with closing(sqlite3.connect(str(make_url(sqlite_url).database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable) as refused, database.begin():
            raise AssertionError("it began")
        assert refused.value.can_run_again
        other.execute("ROLLBACK")
    with database.begin() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    database.dispose()


def test_a_new_file_of_customers_data_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "new.db"
    database = Database(f"sqlite:///{path}")
    with database.begin() as session:
        session.execute(text("CREATE TABLE customers (number INTEGER)"))
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    database.dispose()
    assert set(modes.values()) == {0o600}, modes
