"""What has `marketplace-hooks up` started for this instance, for other commands to find?"""

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
    """Be the one `up` of this instance, for as long as the file stays open; None while another one is.

    The system takes the lock back from whoever dies. The number in the note cannot say so much: in a container that is
    started again, it is our own.
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
    """Leave the note for other commands."""
    draft = instance / f"{_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(running)))
    draft.replace(instance / _FILE)


def withdraw_note(instance: Path) -> None:
    """`up` has ended."""
    (instance / _FILE).unlink(missing_ok=True)


def find_running(instance: Path) -> Running | None:
    """The `up` that runs for this instance now; None when there is none."""
    try:
        running = Running(**json.loads((instance / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return running if running.is_alive else None
