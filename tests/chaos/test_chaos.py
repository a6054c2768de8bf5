"""Under kills, freezes, flushes, restarts, full disks and stepped clocks, nothing is lost, doubled or out of order.

The short run, on both databases, with short leases. A longer one is a command: `python -m tests.chaos --help`.
"""

from __future__ import annotations

from pathlib import Path

from tests.support import databases
from tests.support.postgres import Postgres
from tests.support.redis import RedisServer

from .run import run_chaos
from .stack import Stack

SECONDS = 6.0
FAULT_S = 0.7
PAUSE_S = 1.0


def run_shortly(folder: Path, url: str, redis: RedisServer, postgres: Postgres | None) -> None:
    stack = Stack(folder, url, redis, postgres)
    try:
        report = run_chaos(stack, seed=20260302, seconds=SECONDS, fault_s=FAULT_S, pause_s=PAUSE_S)
    finally:
        stack.close()
    assert report.events > 50, report


def test_nothing_is_lost_doubled_or_out_of_order_under_faults_on_sqlite(
    sqlite_url: str, tmp_path: Path, private_redis: RedisServer
) -> None:
    run_shortly(tmp_path, sqlite_url, private_redis, None)


def test_nothing_is_lost_doubled_or_out_of_order_under_faults_on_postgresql(
    restartable_postgres: Postgres, tmp_path: Path, private_redis: RedisServer
) -> None:
    with databases.postgres_database(restartable_postgres) as url:
        databases.apply_migrations(url)
        run_shortly(tmp_path, url, private_redis, restartable_postgres)
