"""Stack of a benchmark: private databases, Redis, web servers and workers, all stopped at the end."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from marketplace_hooks.cli.web import web_server_command
from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import PREFIX, Settings
from marketplace_hooks.models.deployment import ProcessKind
from marketplace_hooks.remote.redis.embedded import dying_with_its_parent
from marketplace_hooks.remote.signatures import new_secret
from marketplace_hooks.services.core.heartbeats import count_alive
from marketplace_hooks.services.core.runtime import Runtime, make_runtime
from tests.support.databases import apply_migrations, copy_sqlite, sqlite_url
from tests.support.ports import free_port, takes_connections
from tests.support.postgres import Postgres, start_postgres

ROOT = Path(__file__).resolve().parent.parent
APP = "marketplace_hooks.standalone:create_app"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 40.0


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A temporary folder for one benchmark."""
    with tempfile.TemporaryDirectory(prefix="mh-benchmark-") as name:
        yield Path(name)


class Databases:
    """A maker of databases of one kind: each call returns the URL of a new one."""

    def __init__(self, folder: Path, server: Postgres | None) -> None:
        """On a PostgreSQL server, or as SQLite files in a folder."""
        self._folder = folder
        self._server = server

    def __call__(self, *, template: str | None = None) -> str:
        """An empty database, or a copy of the one at this URL, which must have no connections."""
        if self._server is not None:
            return self._server.create_database(template=template)
        path = self._folder / f"{secrets.token_hex(4)}.db"
        if template is None:
            return sqlite_url(path)
        url = copy_sqlite(Path(str(make_url(template).database)), path)
        os.sync()  # otherwise the next measurement waits for the copy to reach the disk.
        return url

    def drop(self, url: str) -> None:
        """Delete a database: copies of a million rows add up."""
        if self._server is not None:
            self._server.drop_database(url)
            return
        for end in ("", "-wal", "-shm"):
            Path(f"{make_url(url).database}{end}").unlink(missing_ok=True)


@contextlib.contextmanager
def databases(kind: str, folder: Path) -> Iterator[Databases]:
    """A maker of databases of one kind, for the length of a `with`."""
    if kind == "sqlite":
        yield Databases(folder, None)
        return
    server: Postgres = start_postgres()
    try:
        yield Databases(folder, server)
    finally:
        server.close()


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The product on a migrated database of its own: its settings, for this process and for others."""

    instance: Path
    environment: dict[str, str]
    secret: str

    @property
    def settings(self) -> Settings:
        """The settings as a process started with this environment reads them."""
        return load({}, self.environment)

    def make_runtime(self) -> Runtime:
        """A runtime with these settings in this process."""
        return make_runtime(self.settings)


def deploy(folder: Path, database_url: str, redis_url: str | None = None, **settings: object) -> Deployment:
    """Migrate the database and deploy the product on it.

    Rate limits are counted as in production, but too high to be reached.
    """
    apply_migrations(database_url)
    instance = Path(tempfile.mkdtemp(prefix="instance-", dir=folder))
    secret = new_secret()
    given: dict[str, object] = {
        "instance": instance,
        "database_url": database_url,
        "webhook_secrets": f"marketplace={secret}",
        "webhook_rate_per_minute": 999_999_999,
        **({"redis_url": redis_url} if redis_url else {}),
        **settings,
    }
    cleared = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PG"))}
    ours = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}
    return Deployment(instance=instance, environment={**cleared, **ours}, secret=secret)


@contextlib.contextmanager
def process(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the length of a `with`, its output in a file; with SIGTERM at its end, or when we die."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            [*dying_with_its_parent("TERM"), *command],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield started
        if started.poll() is not None:
            raise RuntimeError(f"{command} ended by itself: {log.read_text(errors='replace')[-2000:]}")
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()


@contextlib.contextmanager
def web(deployment: Deployment, log: Path, *, app: str = APP) -> Iterator[int]:
    """The production server with the very options of `up`, serving our app or another; yields its port."""
    port = free_port()
    command = web_server_command(deployment.settings, "127.0.0.1", port)
    command[command.index(APP)] = app
    with process(command, deployment.environment, log) as started:
        wait_for(lambda: takes_connections(port) or started.poll() is not None, f"the web server ({log})")
        yield port


@contextlib.contextmanager
def product_workers(deployment: Deployment, log: Path, processes: int) -> Iterator[None]:
    """Real workers, as the command line starts them."""
    command = [sys.executable, "-m", "marketplace_hooks", "worker", "--processes", str(processes)]
    with process(command, deployment.environment, log):
        yield


def count_workers(runtime: Runtime) -> int:
    """How many workers say that they are alive."""
    with runtime.database.read_session() as session:
        return count_alive(session, runtime.now())[ProcessKind.WORKER]


def wait_for(
    condition: Callable[[], object], description: str, *, within_s: float = READY_WITHIN_S, every_s: float = 0.01
) -> None:
    """Wait until the condition holds. Raises `TimeoutError` with the description."""
    give_up_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > give_up_s:
            raise TimeoutError(f"{description}: not within {within_s:.0f} s")
        time.sleep(every_s)
