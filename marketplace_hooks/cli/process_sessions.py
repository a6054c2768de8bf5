"""Process sessions: every process that a supervised child has started, as the system lists them in `/proc`.

Each child leads its own session. Its work horses have their own process groups, so only the session contains all of
them. Without `/proc`, only the child's process group is known.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SessionProcess:
    """A living process, and whether it is stopped: frozen by a signal, until another lets it go on.

    `is_traced`: it is stopped by a debugger.
    """

    pid: int
    is_stopped: bool
    is_traced: bool


def list_sessions() -> Mapping[int, Sequence[SessionProcess]]:
    """The living processes by the id of their session, which is the pid of the process that leads it."""
    sessions = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, session, *_ = path.read_text().rpartition(")")[2].split()
            if state not in ("Z", "X"):
                pid = int(path.parent.name)
                process = SessionProcess(pid=pid, is_stopped=state == "T", is_traced=state == "t")
                sessions[int(session)].append(process)
    return sessions


def kill_session(session: int) -> None:
    """Send SIGKILL to all that is left of a session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
    for process in list_sessions().get(session, ()):
        send_signal(process.pid, signal.SIGKILL)


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
