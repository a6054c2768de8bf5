"""Private PostgreSQL cluster: created, started, crashed, started again and removed by its owner."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from marketplace_hooks.remote.redis.embedded import dying_with_its_parent, make_socket_folder

from .binaries import NO_POSTGRES, ProvisionError, find_postgres, postgres_account
from .ports import free_port

PREFIX = "mh-pg-"
LOCK_NAME = "in-use"
START_WITHIN_S = 60.0
STOP_WITHIN_S = 60.0
# Small, and as durable as PostgreSQL is by default: the fault tests crash it and expect to find what it committed.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Cluster:
    """A cluster in a private folder, on a Unix socket in it and on a loopback port with a password."""

    def __init__(self) -> None:
        """Make the cluster (about a second); it does not run yet. Raises `ProvisionError` with a sentence."""
        self.binaries = find_postgres()
        if self.binaries is None:
            raise ProvisionError(NO_POSTGRES)
        self.runner = postgres_account()
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        remove_leftovers()
        self.folder = make_socket_folder(PREFIX, longest_name=".s.PGSQL.65535", parents=_reachable_parents())
        self._lock = _mark_as_in_use(self.folder)
        try:
            self._initialise()
        except BaseException:
            self.close()
            raise

    @property
    def log_path(self) -> Path:
        return self.folder / "server.log"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it unless it runs, and wait until it accepts connections."""
        if self.is_running:
            return
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *dying_with_its_parent("QUIT"),
                    str(self.binaries / "postgres"),
                    *("-D", str(self.folder / "data")),
                    *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C goes to pytest, whose fixtures then stop this server cleanly.
                **self._as_runner(),
            )
        self._wait_until_it_answers()

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it: cleanly, or (immediate) as a crash does, with recovery at the next start."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop(immediate=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)

    def _as_runner(self) -> dict[str, object]:
        # No variable of the environment (PGDATA, PGPORT, a time zone) may change the server.
        common = {"cwd": self.folder, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
        if self.runner is None:
            return common
        return {**common, "user": self.runner.pw_uid, "group": self.runner.pw_gid, "extra_groups": []}

    def _initialise(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.runner is not None:
            for path in (self.folder, secret):
                os.chown(path, self.runner.pw_uid, self.runner.pw_gid)
        made = subprocess.run(
            [
                str(self.binaries / "initdb"),
                *("--pgdata", str(self.folder / "data"), "--username", "postgres", "--pwfile", str(secret)),
                # Only accounts that can enter the folder reach its socket; the port is open to the whole machine.
                *("--auth-local", "trust", "--auth-host", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8" if sys.platform == "linux" else "C"),
                "--no-sync",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **self._as_runner(),
        )
        secret.unlink()
        if made.returncode != 0:
            raise ProvisionError(f"initdb failed: {(made.stderr or made.stdout).strip()[-800:]}")

    def _wait_until_it_answers(self) -> None:
        give_up_at_s = time.monotonic() + START_WITHIN_S
        while self.is_running and time.monotonic() < give_up_at_s:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(
                    host=str(self.folder), port=self.port, user="postgres", dbname="postgres", connect_timeout=5
                ).close()
                return
            time.sleep(0.02)
        self.stop(immediate=True)
        raise ProvisionError(f"PostgreSQL did not start: {self.log_path.read_text(errors='replace')[-800:].strip()}")


def remove_leftovers() -> None:
    """Stop and remove the clusters whose test run was killed. A cluster in use is locked, and is left alone."""
    for parent in _reachable_parents():
        for folder in Path(parent).glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError), (folder / LOCK_NAME).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop_survivor(folder)
                shutil.rmtree(folder, ignore_errors=True)


def _stop_survivor(folder: Path) -> None:
    """Stop a server that outlived its test run, by the pid in its own file."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    except FileNotFoundError:
        return
    give_up_at_s = time.monotonic() + STOP_WITHIN_S
    # The pid may have been reused; only a server of this very folder is stopped.
    while f"postgres -D {folder / 'data'} " in command_of(pid) and time.monotonic() < give_up_at_s:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
        time.sleep(0.05)


def command_of(pid: int) -> str:
    """The command line of a running process; empty when there is none by this number, or only its zombie."""
    if sys.platform == "linux":  # small images have no `ps`.
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    listed = subprocess.run(["ps", "-o", "args=", "-ww", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout


def _mark_as_in_use(folder: Path) -> int:
    """Lock a file for as long as this process lives. It is named once it is locked: nobody sees it unlocked."""
    lock = os.open(folder / "locking", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(folder / "locking", folder / LOCK_NAME)
    return lock


def _reachable_parents() -> list[str]:
    """Temporary folders that the account of PostgreSQL can reach."""

    def reachable(path: Path) -> bool:
        return os.geteuid() != 0 or all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))

    named = dict.fromkeys([str(Path(tempfile.gettempdir()).resolve()), "/tmp", "/var/tmp"])
    return [parent for parent in named if Path(parent).is_dir() and reachable(Path(parent))]
