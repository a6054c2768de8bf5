"""Silent sessions: transactions of ours whose process is frozen or cut off, and which are ended so that others go on.

A lease that has run out does not help while the transaction that held it still locks the rows. PostgreSQL says how long
a session has waited for its client. That is asked about, and not `idle_in_transaction_session_timeout` set, because a
client that stops in the middle of an `executemany` is not idle. SQLite knows no sessions: there the system says which
process holds the lock for writing, and whether it is stopped.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from sqlalchemy import text

from .engine import Database

# A session that has written or locked a row has a `backend_xid`; whoever only reads holds up nobody. Our processes have
# one application name, which nobody else has: a host's own sessions are left alone.
_END_SILENT = text(
    """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name')
        AND backend_xid IS NOT NULL AND wait_event_type = 'Client'
        AND state_change < clock_timestamp() - make_interval(secs => :silent_s)
    """
)
_WRITE_LOCK = 120
"""The byte of its `-shm` file by which SQLite locks a database in WAL mode for writing (its file format, 2.3.1)."""


class SilentSessions:
    """The transactions of one database that have been silent for `silent_s`; `end` ends them.

    Nothing of ours pauses so long inside a transaction. It is measured by the server's clock, or by a monotonic one.
    """

    def __init__(self, database: Database, silent_s: float) -> None:
        self._database = database
        self._silent_s = silent_s
        self._stopped_writer: tuple[int, str] | None = None
        self._stopped_since_s = 0.0

    def end(self) -> int:
        """End them; return how many there were."""
        return self._kill_stopped_writer() if self._database.is_sqlite else self._terminate_backends()

    def _terminate_backends(self) -> int:
        with self._database.read_session() as session:
            return len(session.execute(_END_SILENT, {"silent_s": self._silent_s}).all())

    def _kill_stopped_writer(self) -> int:
        """Kill the process that holds SQLite's lock for writing, if it has been stopped for so long."""
        pid = _writer_of(f"{self._database.url.database}-shm")
        started = pid and started_if_stopped(pid)
        if not (pid and started):
            self._stopped_writer = None
            return 0
        if self._stopped_writer != (pid, started):
            self._stopped_writer = (pid, started)
            self._stopped_since_s = time.monotonic()
        if time.monotonic() - self._stopped_since_s < self._silent_s:
            return 0
        os.kill(pid, signal.SIGKILL)
        return 1


def _writer_of(shared_memory: str) -> int | None:
    """The process that holds the lock for writing; None when nobody does, or the system does not say."""
    with contextlib.suppress(OSError):
        inode = os.stat(shared_memory).st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            match line.split():
                case [_, "POSIX", _, "WRITE", pid, file, first, last] if file.endswith(f":{inode}"):
                    if int(first) <= _WRITE_LOCK and (last == "EOF" or _WRITE_LOCK <= int(last)):
                        return int(pid)
    return None


def started_if_stopped(pid: int) -> str:
    """When a stopped process was started, in the system's own count; empty for one that runs or is gone."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[19] if fields[0] == "T" else ""
    return ""
