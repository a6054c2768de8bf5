"""The service under chaos: `up` with its children as a service manager runs it, on real servers that may be broken."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from ..support.ports import takes_connections
from ..support.postgres import Postgres
from ..support.processes import STARTED_WITHIN_S, Deployment, Process, wait_until
from ..support.redis import RedisServer
from .stream import SOURCES

ROLES = {
    "web": ("granian", "multiprocessing"),
    "worker": ("marketplace_hooks worker",),
    "scheduler": ("marketplace_hooks scheduler",),
    "up": ("marketplace_hooks up",),
}
RESTART_PAUSE_S = 1.0
FULL_AT_BYTES = 64 * 1024


class Stack:
    """One `up`, started again whenever it ends, its Redis, and its database."""

    def __init__(
        self, folder: Path, database_url: str, redis: RedisServer, postgres: Postgres | None, **settings: Any
    ) -> None:
        """`postgres` is the server of the database, which may be stopped; None: the database is SQLite's."""
        self.redis = redis
        self.postgres = postgres
        self.clock = folder / "clock"
        self.clock.write_text("0")
        secrets = " ".join(f"{source}={secret}" for source, secret in SOURCES.items())
        self.deployment = Deployment(folder, database_url, redis.url, WEBHOOK_SECRETS=secrets, **settings)
        self._closing = threading.Event()
        self._manager = threading.Thread(target=self._keep_up, daemon=True)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._manager.start()
        port = self.deployment.port
        wait_until(lambda: takes_connections(port), 2 * STARTED_WITHIN_S, "up did not start", self.deployment)

    def _keep_up(self) -> None:
        """What a service manager does: when it ends, start it again."""
        while not self._closing.is_set():
            up = self._start_up()
            while up.is_running and not self._closing.wait(0.1):
                pass
            self._closing.wait(RESTART_PAUSE_S)

    def _start_up(self) -> Process:
        arguments = ("up", "--port", str(self.deployment.port), "--workers", "2")
        return self.deployment.start(*arguments, environment={"TEST_CLOCK": str(self.clock)})

    def pids(self, role: str) -> list[int]:
        """The processes of a role, the first ones and those that they forked."""
        found = self.deployment.leftovers().items()
        return sorted(pid for pid, command in found if any(word in command for word in ROLES[role]))

    def step_clock(self, ahead_s: float) -> None:
        """Set the wall clock of all processes so far ahead of the true one."""
        self.clock.write_text(str(ahead_s))

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """No process of it can write far into a file, for the length of a `with`: the database cannot grow."""
        limited = list(self.deployment.leftovers())
        for pid in limited:
            self._limit_files(pid, FULL_AT_BYTES)
        try:
            yield
        finally:
            for pid in limited:
                self._limit_files(pid, resource.RLIM_INFINITY)

    @staticmethod
    def _limit_files(pid: int, size: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

    @contextlib.contextmanager
    def locked_database(self) -> Iterator[None]:
        """Somebody else holds SQLite's write lock for the length of a `with`."""
        path = make_url(str(self.deployment.database.url)).database
        with contextlib.closing(sqlite3.connect(str(path), timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")

    def signal(self, pid: int, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    def restore(self) -> None:
        """Put right what a fault may have left: servers run, clocks are true."""
        self.step_clock(0)
        self.redis.start()
        if self.postgres is not None:
            self.postgres.start()

    def close(self) -> None:
        """Stop it as SIGTERM does; nothing of it may be left."""
        self._closing.set()
        self._manager.join()
        time.sleep(RESTART_PAUSE_S / 2)
        self.deployment.close()
