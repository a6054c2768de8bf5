"""Deployment under fault injection: real processes, killed at a chosen function, watched and stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace_hooks.cli.web import web_server_command
from marketplace_hooks.cli.workers import WORKER_LANE
from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.services.core.runtime import Runtime, make_runtime
from tests.support.ports import free_port, takes_connections

ROOT = Path(__file__).resolve().parent.parent.parent
INJECT = Path(__file__).resolve().parents[1] / "faults" / "inject"
SECRET = "whsec_" + "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ"

LEASE_S = 3.0
RECOVERY_INTERVAL_S = 1.0
LOCK_S = 2.0
SETTINGS = {
    "LEASE_S": LEASE_S,
    "SWEEP_INTERVAL_S": RECOVERY_INTERVAL_S,
    "TICK_INTERVAL_S": 0.2,
    "SCHEDULER_LOCK_S": LOCK_S,
    "WEB_PROCESSES": 1,
    "WEBHOOK_SECRETS": f"marketplace={SECRET}",
    "SECRET_KEY": "n7Vw2qLxR9tYk4Zs8HdF3mPa6JcB5eUg",
    "ALLOWED_NETWORKS": "127.0.0.0/8",
    "FAILURE_RATE_PER_MINUTE": 0,
}
# What is promised is one lease and one recovery run. On a machine with two busy cores come: the wakeup of a worker that
# died, which expires after 5 s; the fork of a work horse and a pass of the scheduler, which may wait for a processor.
# Three times the promise covers all that, and is still far from RQ's own recovery (minutes) or a retry (60 s).
FAIR = 3.0
RECOVERED_WITHIN_S = FAIR * (LEASE_S + RECOVERY_INTERVAL_S)
STARTED_WITHIN_S = 30.0
DIAGNOSTIC_TABLES = (
    "mh_inbox",
    "mh_shards WHERE owner IS NOT NULL",
    "mh_cascades",
    "mh_locks",
    "mh_deliveries WHERE state <> 'delivered'",
)
STOPPED_WITHIN_S = 20.0
POST_WITHIN_S = 30.0


@dataclass(kw_only=True)
class Fault:
    """A fault to inject `at` a function (`module:name`), `when` (before, after) its `call`th call in one process.

    With `inside`, only calls count that come from a function of that name.
    `action` is `kill`, `kill with parent`, `stop` (until SIGCONT) or `block` (the thread, for ever). It happens at most
    `limit` times in all processes that are started with it; a fault belongs to one test.
    """

    at: str
    when: str = "before"
    call: int = 1
    limit: int = 1
    action: str = "kill"
    inside: str = ""
    tally: Path | None = None

    @property
    def hit_pids(self) -> list[int]:
        """The pids of the processes that it has hit."""
        files = sorted(self.tally.iterdir(), key=lambda path: int(path.name)) if self.tally else []
        return [int(pid) for path in files if (pid := path.read_text())]

    def wait(self, deployment: Deployment, within_s: float = STARTED_WITHIN_S) -> int:
        """Wait until it has hit `limit` processes; return the pid of the last."""
        wait_until(lambda: len(self.hit_pids) >= self.limit, within_s, f"{self.at} was not reached", deployment)
        return self.hit_pids[-1]


PASSES_A_SOCKET_ON = """
import os, sys

os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""As systemd does: the first socket is number 3. (Of a shell's redirections, only those of one digit are portable.)"""


@dataclass(kw_only=True)
class Process:
    """One started command of the product."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone, not to its children."""
        self.popen.send_signal(number)

    def kill(self) -> None:
        """Send SIGKILL to this process alone, as a crash would end it."""
        self.popen.kill()
        self.popen.wait()

    def stop(self) -> int:
        """Send SIGTERM and wait for the end; return the exit status."""
        self.popen.terminate()
        return self.popen.wait(STOPPED_WITHIN_S)

    def diagnostics(self) -> str:
        return f"--- {self.name} ({self.popen.poll()})\n{self.log.read_text(errors='replace')[-3000:]}"


class Deployment:
    """One deployment: settings, database and the processes that serve it, all of which are stopped by `close`."""

    def __init__(self, folder: Path, database_url: str, redis_url: str | None, **settings: Any) -> None:
        """`settings` override `SETTINGS`, by their names."""
        self.folder = folder
        self.port = free_port()
        self.mark = uuid.uuid4().hex
        self.processes: list[Process] = []
        given = {"INSTANCE": folder / "instance", "DATABASE_URL": database_url, **SETTINGS, **settings}
        self.settings = {f"{PREFIX}{name}": str(value) for name, value in given.items()}
        # The test's own runtime reads and inserts rows, and wakes no worker.
        self.runtime: Runtime = make_runtime(load(environment=self.settings))
        self.database = self.runtime.database
        if redis_url is not None:
            self.settings[f"{PREFIX}REDIS_URL"] = redis_url

    def start(
        self, *arguments: str, faults: Sequence[Fault] = (), environment: Mapping[str, str] | None = None
    ) -> Process:
        """Start `marketplace-hooks ARGUMENTS`."""
        return self._start(
            " ".join(arguments), [sys.executable, "-m", "marketplace_hooks", *arguments], faults, environment
        )

    def start_worker(self, lane: str | None = None, faults: Sequence[Fault] = ()) -> Process:
        """Start a worker; `lane` (`0/2`) makes it one of several."""
        return self.start("worker", faults=faults, environment={WORKER_LANE: lane} if lane else None)

    def start_scheduler(self, *, leaves_work: bool = False) -> Process:
        """Start a scheduler; `leaves_work`: it does no work that is a worker's, so that faults hit workers."""
        constants = {"marketplace_hooks.jobs.unstarted_work": {"SHORTEST_S": 3_600.0}} if leaves_work else {}
        return self.start("scheduler", environment={"TEST_CONSTANTS": json.dumps(constants)})

    def start_web(self, *, faults: Sequence[Fault] = (), held: socket.socket | None = None) -> Process:
        """Start the web server as `up` does, and wait until it accepts connections; on a socket that is held for it, as
        systemd does.
        """
        command = web_server_command(load(environment=self.settings), "127.0.0.1", self.port)
        if held is not None:
            command = [sys.executable, "-c", PASSES_A_SOCKET_ON, str(held.fileno()), *command]
        web = self._start("web", command, faults, pass_fds=() if held is None else (held.fileno(),))
        wait_until(lambda: takes_connections(self.port), STARTED_WITHIN_S, "the web server did not start", self)
        return web

    def _start(
        self,
        name: str,
        command: Sequence[str],
        faults: Sequence[Fault],
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Process:
        for fault in faults:
            fault.tally = fault.tally or Path(tempfile.mkdtemp(prefix="struck-", dir=self.folder))
        log = self.folder / f"{len(self.processes)}-{name.replace(' ', '-').replace(os.sep, '-')}.log"
        rules = json.dumps([{**vars(fault), "tally": str(fault.tally)} for fault in faults])
        with log.open("wb") as output:
            popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env={
                    **os.environ,
                    **self.settings,
                    **(environment or {}),
                    "PYTHONPATH": f"{INJECT}{os.pathsep}{ROOT}",
                    "TEST_DEPLOYMENT": self.mark,
                    "TEST_FAULTS": rules,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        process = Process(name=name, popen=popen, log=log)
        self.processes.append(process)
        return process

    def read(self, query: Callable[[Session], Any]) -> Any:
        """The result of a query in its own session."""
        with self.database.read_session() as session:
            return query(session)

    def wait(self, condition: Callable[[Session], Any], within_s: float, otherwise: str) -> float:
        """Wait until the rows fulfil the condition; return how long that took, in seconds."""
        return wait_until(lambda: self.read(condition), within_s, otherwise, self)

    def post(
        self, event: tuple[dict[str, str], bytes], *, timeout_s: float = 10.0
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Post one signed event; return status, content and headers."""
        headers, body = event
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=POST_WITHIN_S)) as connection:
            connection.request("POST", "/webhooks/marketplace", body, {"content-type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers

    def leftovers(self) -> dict[int, str]:
        """Pid → command of the running processes of this deployment, orphaned children included."""
        return running_of(self.mark)

    def close(self) -> None:
        """Stop everything. Fails when a process does not stop cleanly, or is left behind."""
        try:
            self._stop_all()
        finally:
            kill_all(self.mark)
            for process in self.processes:
                process.popen.wait()
            self.runtime.outbound.close()
            self.database.dispose()

    def _stop_all(self) -> None:
        running = [process for process in self.processes if process.is_running]
        for process in running:
            process.popen.terminate()
        give_up_at_s = time.monotonic() + STOPPED_WITHIN_S
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.popen.wait(max(0.0, give_up_at_s - time.monotonic()))
        # One that was asked to stop before it had begun ends by the signal itself.
        badly = {one.name: one.popen.poll() for one in running if one.popen.poll() not in (0, -signal.SIGTERM)}
        assert not badly, f"did not stop in good order: {badly}\n{self.diagnostics()}"
        # The children of killed processes may still finish what they do; they may not stay.
        wait_until(lambda: not self.leftovers(), STOPPED_WITHIN_S, "processes are left", lambda: self.leftovers())

    def diagnostics(self) -> str:
        """For the report of a failed test: the log of each process, the last rows, and what still runs."""
        rows = []
        for table in DIAGNOSTIC_TABLES:
            with suppress(Exception), self.database.read_session() as session:
                rows.append(f"--- {table}: {session.execute(text(f'SELECT * FROM {table}')).all()[-5:]}")
        logs = [process.diagnostics() for process in self.processes]
        return "\n".join([*logs, *rows, *self._file_locks(), str(self.leftovers())])

    def _file_locks(self) -> list[str]:
        """Who holds which lock on the files of a SQLite database, as the system says (Linux)."""
        found = []
        for suffix in ("", "-shm") if self.database.is_sqlite else ():
            with suppress(OSError):
                inode = os.stat(f"{self.database.url.database}{suffix}").st_ino
                lines = Path("/proc/locks").read_text().splitlines()
                found += [f"--- lock on the database{suffix}: {line}" for line in lines if f":{inode} " in line]
        return found


def running_of(mark: str) -> dict[int, str]:
    """Pid → command of every process whose environment has `TEST_DEPLOYMENT=<mark>`, orphaned children included."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"TEST_DEPLOYMENT={mark}".encode() in (path / "environ").read_bytes().split(b"\0"):
                found[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return found


def kill_all(mark: str) -> None:
    """Send SIGKILL to every process with this mark."""
    for pid in running_of(mark):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(
    condition: Callable[[], Any], within_s: float, otherwise: str, more: Deployment | Callable[[], Any] | None = None
) -> float:
    """Poll until the condition holds; return how long that took, in seconds. Fails with the message `otherwise`.

    Where more processes want to run than there are processors, the limit is longer by that factor.
    """
    started_s = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - started_s
        if waited_s > within_s and waited_s > within_s * load_factor():
            details = more.diagnostics() if isinstance(more, Deployment) else more() if more else ""
            raise AssertionError(f"{otherwise} (within {within_s:.0f} s)\n{details}")
        time.sleep(0.03)
    return time.monotonic() - started_s


def load_factor() -> float:
    """How many processes have wanted each processor in the last minute; at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
