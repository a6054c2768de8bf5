"""Run of the chaos test by command: `python -m tests.chaos --database sqlite|postgresql --seed N --seconds S`.

With the leases and intervals of the defaults. Prints its figures; exit status 1 when something is not as promised.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

from ..support import databases
from ..support.postgres import start_private_postgres
from ..support.redis import start_private_redis
from .run import run_chaos
from .stack import Stack

DEFAULTS = {"LEASE_S": 30, "SWEEP_INTERVAL_S": 30, "TICK_INTERVAL_S": 1, "SCHEDULER_LOCK_S": 15, "WEB_PROCESSES": 2}
FAULT_S = 4.0
PAUSE_S = 6.0


def main() -> int:
    """Run it once and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, default="sqlite")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long events come and faults happen")
    given = parser.parse_args()
    print(f"{given.seconds:.0f} s of chaos on {given.database}, seed {given.seed}", flush=True)
    with contextlib.ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        redis = start_private_redis()
        opened.callback(redis.close)
        postgres = None
        url = databases.sqlite_url(folder / "chaos.db")
        if given.database == "postgresql":
            postgres = start_private_postgres()
            opened.callback(postgres.close)
            url = postgres.create_database()
        databases.apply_migrations(url)
        stack = Stack(folder, url, redis, postgres, **DEFAULTS)
        try:
            with contextlib.closing(stack):
                report = run_chaos(stack, seed=given.seed, seconds=given.seconds, fault_s=FAULT_S, pause_s=PAUSE_S)
        except AssertionError as failure:
            print(f"\nNot as promised: {failure}")
            return 1
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
