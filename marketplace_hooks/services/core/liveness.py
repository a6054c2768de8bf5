"""Liveness: the sign by which a process says every second that it is running; its supervisor ends it without one.

The sign is a file that a thread of the process touches, in a folder that its supervisor or a health check looks at,
and systemd's watchdog message where systemd asks for one. No other server is needed for it, so that none of them, when
it is away, makes a process look dead. A process gives no sign while it is stopped, while one call keeps the interpreter
to itself, or when its main thread has made no progress for too long. Waiting for a database or another server is no
such standstill: those waits end by bounds of their own, and a process started instead would wait as well.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import threading
import time
from pathlib import Path

FOLDER = "HOOKS_LIVENESS"
"""The environment variable that names the folder: a process touches the file there that is called as its pid."""
SYSTEMD_SOCKET = "NOTIFY_SOCKET"
SIGN_EVERY_S = 1.0
STUCK_AFTER_S = 30.0
"""What a process does between two signs of progress takes no longer."""
_WAITING_IN = ("sqlalchemy.", "psycopg", "socket", "ssl", "smtplib", "marketplace_hooks.database.")
"""The modules in which a thread waits for a database or another server."""

_progress_s = 0.0
_begun_pid: int | None = None


def progress() -> None:
    """The main thread of this process goes on. Costs next to nothing, also where nobody watches."""
    global _progress_s
    if threading.current_thread() is threading.main_thread():
        _progress_s = time.monotonic()


def begin_signs(*, stuck_after_s: float | None = None, to_systemd: bool = True) -> None:
    """Give signs from now on, if anybody looks for them; a child that is forked gives none until it begins.

    With `stuck_after_s` only while the main thread calls `progress` that often.
    """
    global _begun_pid
    folder = os.environ.get(FOLDER)
    address = os.environ.get(SYSTEMD_SOCKET) if to_systemd else None
    if (folder or address) and _begun_pid != os.getpid():
        _begun_pid = os.getpid()
        progress()
        given = (folder, address, stuck_after_s)
        threading.Thread(target=_give_signs, args=given, name="liveness", daemon=True).start()


def _give_signs(folder: str | None, address: str | None, stuck_after_s: float | None) -> None:
    while True:
        if stuck_after_s is None or time.monotonic() - _progress_s < stuck_after_s or _is_waiting():
            if folder:
                _touch(Path(folder))
            if address:
                _tell_systemd(address)
        time.sleep(SIGN_EVERY_S)


def _is_waiting() -> bool:
    """Whether the main thread waits at this moment for a database or another server."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    return frame is not None and str(frame.f_globals.get("__name__")).startswith(_WAITING_IN)


def _touch(folder: Path) -> None:
    with contextlib.suppress(OSError):  # the disk is full, or whoever looked has ended and removed the folder.
        folder.mkdir(exist_ok=True)
        (folder / str(os.getpid())).touch()


def _tell_systemd(address: str) -> None:
    """The message of sd_notify(3), where a leading @ stands for the abstract namespace."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.sendto(b"WATCHDOG=1", re.sub("^@", "\0", address))


class SilentProcesses:
    """The watch over a folder of signs: which processes have given one, and none for `silent_after_s` since.

    Only the time between two looks counts, and of it no more than a look takes as a rule: who watched was stopped
    itself, or the machine was asleep, when a look comes late.
    """

    def __init__(self, folder: Path, *, silent_after_s: float, look_every_s: float) -> None:
        self._folder = folder
        self._silent_after_s = silent_after_s
        self._look_every_s = look_every_s
        self._signs: dict[int, int] = {}
        self._silent_s: dict[int, float] = {}
        self._looked_s = time.monotonic()

    def find_silent(self) -> set[int]:
        """The pids of those that are silent for too long. A process that has ended is to be forgotten by `forget`."""
        now_s = time.monotonic()
        passed_s = min(now_s - self._looked_s, 2 * self._look_every_s)
        self._looked_s = now_s
        signs = {int(path.name): path.stat().st_mtime_ns for path in self._folder.iterdir()}
        self._silent_s = {
            pid: self._silent_s.get(pid, 0.0) + passed_s if self._signs.get(pid) == sign else 0.0
            for pid, sign in signs.items()
        }
        self._signs = signs
        return {pid for pid, silent_s in self._silent_s.items() if silent_s >= self._silent_after_s}

    def forget(self, pid: int) -> None:
        """The process has ended."""
        Path(self._folder, str(pid)).unlink(missing_ok=True)
