"""Process supervisor: runs several processes as one, with one log, restarts, and one clean stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import click

from ..remote.redis.embedded import dying_with_its_parent
from ..remote.stop_request import StopRequest
from ..services.core.liveness import FOLDER, STUCK_AFTER_S, SYSTEMD_SOCKET, SilentProcesses, begin_signs, progress
from .orphan_processes import Orphans, SupervisorFolder
from .output import printable
from .process_sessions import kill_session, list_sessions, send_signal

STOP_WITHIN_S = 30.0
STOP_POLL_S = 0.2
LONGEST_PAUSE_S = 30.0
STEADY_S = 30.0
"""A child that ran for so long is restarted at once when it dies; one that dies sooner, after a growing pause."""
FROZEN_POLL_S = 2.0
SILENT_AFTER_S = 15.0
"""Signs of life come every second. A machine that gives a process no processor for so long serves nobody anyway."""


@dataclass(kw_only=True)
class Child:
    """One supervised process: its name in the log, and its command."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    deaths: int = 0
    restart_at_s: float = 0.0


class Supervisor:
    """Runs children until SIGTERM or SIGINT; a child that dies is logged and started again.

    A process of theirs that has been stopped (SIGSTOP) for `frozen_after_s` counts as dead, and is killed; so is one
    that has given signs of life (`services/core/liveness.py`) and then none for `silent_after_s`. What an earlier
    supervisor left when it was killed is ended too.
    """

    def __init__(
        self,
        *,
        frozen_after_s: float,
        silent_after_s: float = SILENT_AFTER_S,
        log: Callable[[str, str], None] | None = None,
    ) -> None:
        self._children: list[Child] = []
        self._frozen_after_s = frozen_after_s
        self._look_every_s = min(FROZEN_POLL_S, frozen_after_s / 3)
        self._folder = SupervisorFolder()
        self._silent = SilentProcesses(
            self._folder.signs, silent_after_s=silent_after_s, look_every_s=self._look_every_s
        )
        self._stopped_since_s: dict[int, float] = {}
        self._sessions: set[int] = set()
        self._next_look_s = 0.0
        self._stopping = StopRequest()
        self._log = log or log_line
        self._orphans = Orphans(give_up_after_s=STOP_WITHIN_S)
        self.end_orphans()

    def add(self, child: Child) -> None:
        """Start a child, unless the shutdown was requested meanwhile."""
        self._children.append(child)
        if not self.is_stopping:
            self._start(child)

    def stop(self) -> None:
        """Request the shutdown."""
        self._stopping.set()

    def listen(self) -> None:
        """Have SIGTERM and SIGINT request the shutdown."""
        self._stopping.listen()

    @property
    def is_stopping(self) -> bool:
        """Whether the shutdown was requested."""
        return self._stopping.is_set()

    def end_orphans(self) -> bool:
        """End what earlier supervisors left and has had its time; whether something of it is still there."""
        for pid in self._orphans.end():
            self._log("up", f"process {pid} was left by an earlier start and was killed; its work will be resumed")
        return self._orphans.are_left

    def run(self, each_second: Callable[[], None] = lambda: None) -> None:
        """Watch the children until the shutdown is requested; then stop them, the last started first."""
        begin_signs(stuck_after_s=STUCK_AFTER_S)
        while not self._stopping.wait(0.2):
            progress()
            for child in self._children:
                self._watch(child)
            if time.monotonic() >= self._next_look_s:
                self._next_look_s = time.monotonic() + self._look_every_s
                self._kill_frozen(self._frozen_after_s)
                self.end_orphans()
            each_second()
        self.shut_down()

    def shut_down(self) -> None:
        """SIGTERM to all, the last started first; SIGKILL to what has not ended in time. Nothing of them is left."""
        for _, process in self._running():
            process.terminate()
        give_up_s = time.monotonic() + STOP_WITHIN_S
        while self._running() and time.monotonic() < give_up_s:
            self._kill_frozen(0.0)
            time.sleep(STOP_POLL_S)
        for child, _ in self._running():
            self._log(child.name, "did not stop in time and was killed; its unfinished work will be resumed")
        for session in self._sessions:
            kill_session(session)
        for _, process in self._running():
            process.wait()
        self._folder.remove()

    def _running(self) -> list[tuple[Child, subprocess.Popen[bytes]]]:
        """The children that run, and their processes, the last started first."""
        started = [(child, child.process) for child in reversed(self._children) if child.process is not None]
        return [(child, process) for child, process in started if process.poll() is None]

    def _kill_frozen(self, frozen_after_s: float) -> None:
        """Kill the processes that have been stopped for so long, or are silent; who supervises them starts others."""
        sessions = list_sessions()
        if not sessions:
            return  # a system that does not say.
        self._sessions &= sessions.keys()  # a pid may be used again, by a process that is not ours.
        ours = {
            one.pid: (child.name, one) for child, process in self._running() for one in sessions.get(process.pid, ())
        }
        now_s = time.monotonic()
        stopped = [pid for pid, (_, one) in ours.items() if one.is_stopped]
        self._stopped_since_s = {pid: self._stopped_since_s.get(pid, now_s) for pid in stopped}
        frozen = {pid for pid, since_s in self._stopped_since_s.items() if now_s - since_s >= frozen_after_s}
        for pid in self._silent.find_silent():
            if pid not in ours:
                self._silent.forget(pid)  # it has ended.
            elif not ours[pid][1].is_traced:
                frozen.add(pid)
        for pid in frozen:
            self._log(
                ours[pid][0], f"process {pid} is not responding and was killed; its unfinished work will be resumed"
            )
            send_signal(pid, signal.SIGKILL)

    def _start(self, child: Child) -> None:
        # systemd takes signs of the supervisor alone.
        inherited = {name: value for name, value in os.environ.items() if name != SYSTEMD_SOCKET}
        child.started_s = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            [*dying_with_its_parent("TERM"), *child.command],
            env={**inherited, **child.environment, FOLDER: str(self._folder.signs)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order.
        )
        self._sessions.add(child.process.pid)
        threading.Thread(target=self._relay, args=(child.name, child.process), daemon=True).start()

    def _watch(self, child: Child) -> None:
        if child.process is not None and child.process.poll() is not None:
            with contextlib.suppress(ProcessLookupError):
                # A web server that was killed leaves its processes serving at the port that the next one needs. (A
                # work horse has a process group of its own, and may finish its job.)
                os.killpg(child.process.pid, signal.SIGTERM)
            ran_s = time.monotonic() - child.started_s
            child.deaths = 1 if ran_s > STEADY_S else child.deaths + 1
            pause_s = 0.0 if child.deaths == 1 else min(LONGEST_PAUSE_S, 0.5 * 2**child.deaths)
            status = child.process.returncode
            how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
            self._log(child.name, f"{how}; restarting it" + (f" in {pause_s:.0f} s" if pause_s else ""))
            child.process = None
            child.restart_at_s = time.monotonic() + pause_s
        if child.process is None and time.monotonic() >= child.restart_at_s and not self._stopping.is_set():
            self._start(child)

    def _relay(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Copy the child's lines into the one log."""
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self._log(name, text)


_lock = threading.Lock()
_writes_json = threading.Event()


def write_lines_as(log_format: str) -> None:
    """Write the common log in this format from now on."""
    if log_format == "json":
        _writes_json.set()


def log_line(name: str, text: str) -> None:
    """Print one line of the common log: the time, the process, the text. A child's line of JSON stays as it is."""
    if _writes_json.is_set():
        from ..telemetry.log_output import JSON, is_json_line, line_of  # a text needs none of it.

        text = text if is_json_line(text) else line_of(JSON, name, text)
        with _lock:
            click.echo(text)
        return
    with _lock:
        click.echo(f"{time.strftime('%H:%M:%S')} {click.style(f'{name:<10}', dim=True)} {printable(text)}")
