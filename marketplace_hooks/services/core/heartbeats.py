"""Heartbeats: rows that say which background processes are alive, whatever has become of Redis."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import Executable, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...models.deployment import Heartbeat, ProcessKind
from ...telemetry.log_context import get_logger
from .leases import CLOCKS_AGREE_S
from .runtime import Runtime

log = get_logger(__name__)

RENEW_EVERY_S = 15.0
ALIVE_FOR = timedelta(seconds=90)
"""For how long a process counts as alive after its last heartbeat."""
FORGET_AFTER = timedelta(days=1)


class Heartbeats:
    """The heartbeats of this process. A child that is forked from it sends none."""

    def __init__(self, runtime: Runtime, kind: ProcessKind, *, closes_connections: bool = False) -> None:
        """`closes_connections`: for a process that will fork, and must not hand a connection to its children."""
        self._runtime = runtime
        self._kind = kind
        self._closes_connections = closes_connections
        self._pid = os.getpid()
        self._id = f"{socket.gethostname()}:{self._pid}"
        self._started_at = runtime.now()
        self._next_s = 0.0

    def renew(self) -> None:
        """Say that the process is alive, unless it has just done so. Never raises."""
        if os.getpid() != self._pid or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + RENEW_EVERY_S
        now = self._runtime.now()
        values = {"kind": self._kind, "started_at": self._started_at, "seen_at": now}
        dialect = sqlite if self._runtime.database.is_sqlite else postgresql
        insert = dialect.insert(Heartbeat).values(id=self._id, **values)
        self._write(
            insert.on_conflict_do_update(index_elements=[Heartbeat.id], set_=values),
            delete(Heartbeat).where(Heartbeat.seen_at < now - FORGET_AFTER),
        )

    def end(self) -> None:
        """The process ends, as it was asked to. Never raises."""
        self._write(delete(Heartbeat).where(Heartbeat.id == self._id))

    def _write(self, *statements: Executable) -> None:
        try:
            with self._runtime.database.session() as session:
                for statement in statements:
                    session.execute(statement)
        except Exception as error:
            log.warning("a heartbeat could not be written: %s", error)
        finally:
            if self._closes_connections:
                self._runtime.database.dispose()


def count_alive(session: Session, now: datetime) -> Counter[ProcessKind]:
    """How many processes of each kind are alive. A sign from the future is of a clock that was set back since."""
    is_recent = Heartbeat.seen_at.between(now - ALIVE_FOR, now + timedelta(seconds=CLOCKS_AGREE_S))
    alive = select(Heartbeat.kind, func.count()).where(is_recent).group_by(Heartbeat.kind)
    return Counter({kind: count for kind, count in session.execute(alive)})
