"""Pid file: the `marketplace-hooks up` that runs for an instance, for other commands to find."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

_FILE = "up.json"
_LOCK = "up.lock"


@dataclass(frozen=True, kw_only=True)
class Running:
    """One running `up`: where it is served, and the URL of its embedded Redis-compatible server, if it has one."""

    url: str
    redis_url: str | None
    pid: int

    @property
    def is_alive(self) -> bool:
        """Whether that process still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def claim(instance: Path) -> BinaryIO | None:
    """Take the lock of the instance, held for as long as the file stays open; None while another `up` holds it.

    The system releases the lock of a process that dies. The process id in the pid file would not do: in a container
    that was restarted, it can be our own.
    """
    instance.mkdir(parents=True, exist_ok=True)
    lock = (instance / _LOCK).open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def announce(instance: Path, running: Running) -> None:
    """Write the pid file."""
    draft = instance / f"{_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(running)))
    draft.replace(instance / _FILE)


def remove_pidfile(instance: Path) -> None:
    """Remove the pid file: `up` has ended."""
    (instance / _FILE).unlink(missing_ok=True)


def find_running(instance: Path) -> Running | None:
    """The `up` that runs for this instance now; None when there is none."""
    try:
        running = Running(**json.loads((instance / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return running if running.is_alive else None
