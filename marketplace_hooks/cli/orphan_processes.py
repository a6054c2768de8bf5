"""Orphans: processes whose supervisor was killed. They are told to end when it dies, but one that is stopped cannot.

A supervisor holds a lock in its folder for as long as it lives, and its processes name that folder in their
environment. So the next supervisor finds the folders of those that were killed, and ends what is left of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..services.core.liveness import FOLDER
from .process_sessions import SessionProcess, list_sessions, send_signal

_PREFIX = "mh-supervisor-"
_LOCK = "lock"
_SIGNS = "signs"


class SupervisorFolder:
    """The folder of one supervisor, locked for as long as it lives; `signs` is where its processes give signs."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        root = Path(self._folder.name)
        self.signs = root / _SIGNS
        self.signs.mkdir()
        # Others take a folder whose lock is free for that of a dead supervisor: the lock appears when it is held.
        draft = root / "draft"
        self._lock = draft.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        draft.rename(root / _LOCK)

    def remove(self) -> None:
        """Remove the folder: the supervisor has ended all its processes."""
        self._folder.cleanup()
        self._lock.close()


class Orphans:
    """What the supervisors that were killed on this machine have left. Without `/proc`, nothing is found."""

    def __init__(self, *, give_up_after_s: float) -> None:
        """`give_up_after_s`: how long a process that is not stopped may take to end by itself."""
        self._left = dict(_abandoned_folders())
        self._give_up_s = time.monotonic() + give_up_after_s

    @property
    def are_left(self) -> bool:
        """Whether some were there when `end` was last called."""
        return bool(self._left)

    def end(self) -> list[int]:
        """Kill those that are stopped, or have taken too long to end; forget a folder when nothing of it is left."""
        killed: list[int] = []
        for folder, lock in list(self._left.items()):
            processes = list(_processes_of(folder))
            hopeless = [process.pid for process in processes if self._is_hopeless(process)]
            for pid in hopeless:
                send_signal(pid, signal.SIGKILL)
            killed += hopeless
            if not processes:
                shutil.rmtree(folder, ignore_errors=True)
                lock.close()
                del self._left[folder]
        return killed

    def _is_hopeless(self, process: SessionProcess) -> bool:
        return process.is_stopped or (time.monotonic() > self._give_up_s and not process.is_traced)


def _abandoned_folders() -> Iterator[tuple[Path, BinaryIO]]:
    """The folders of supervisors of this user that are dead, with their locks, which we hold from now on."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with contextlib.suppress(OSError):
            if path.parent.stat().st_uid != os.getuid():
                continue
            lock = path.open("rb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # it lives, or another supervisor ends what it left.
                lock.close()
                continue
            yield path.parent, lock


def _processes_of(folder: Path) -> Iterator[SessionProcess]:
    variable = os.fsencode(f"{FOLDER}={folder / _SIGNS}")
    for process in (one for session in list_sessions().values() for one in session):
        with contextlib.suppress(OSError):
            if variable in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                yield process
