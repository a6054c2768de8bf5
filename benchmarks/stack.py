"""What runs underneath a benchmark: databases, Redis, web servers, workers; all private, all stopped at the end."""

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

from marketplace_hooks.cli.up import _web
from marketplace_hooks.config.settings import PREFIX, Settings, load
from marketplace_hooks.remote.redis.embedded import dying_with_its_parent
from marketplace_hooks.remote.signatures import new_secret
from marketplace_hooks.services.core.runtime import Runtime, make_runtime
from tests.support.databases import apply_migrations, copy_sqlite, sqlite_url
from tests.support.ports import free_port, takes_connections
from tests.support.postgres import Postgres, start_postgres

ROOT = Path(__file__).resolve().parent.parent
APP = "marketplace_hooks.standalone:create_app"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 40.0


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder for one benchmark."""
    with tempfile.TemporaryDirectory(prefix="mh-benchmark-") as name:
        yield Path(name)


class Databases:
    """A maker of databases of one kind: each call gives the URL of another."""

    def __init__(self, here: Path, server: Postgres | None) -> None:
        """On a PostgreSQL server, or as SQLite files in a folder."""
        self._here = here
        self._server = server

    def __call__(self, *, template: str | None = None) -> str:
        """An empty one, or a copy of the one at this URL, to which nobody is connected."""
        if self._server is not None:
            return self._server.create_database(template=template)
        path = self._here / f"{secrets.token_hex(4)}.db"
        if template is None:
            return sqlite_url(path)
        url = copy_sqlite(Path(str(make_url(template).database)), path)
        os.sync()  # else whoever is measured next waits for the copy to reach the disk.
        return url

    def drop(self, url: str) -> None:
        """Leave nothing of it: copies of a million rows add up."""
        if self._server is not None:
            self._server.drop_database(url)
            return
        for end in ("", "-wal", "-shm"):
            Path(f"{make_url(url).database}{end}").unlink(missing_ok=True)


@contextlib.contextmanager
def databases(kind: str, here: Path) -> Iterator[Databases]:
    """A maker of databases of one kind, for the length of a `with`."""
    if kind == "sqlite":
        yield Databases(here, None)
        return
    server: Postgres = start_postgres()
    try:
        yield Databases(here, server)
    finally:
        server.close()


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One installation of the product on a migrated database of its own: its settings, for us and for processes."""

    instance: Path
    environment: dict[str, str]
    secret: str

    @property
    def settings(self) -> Settings:
        """As a process started with our environment reads them."""
        return load({}, self.environment)

    def make_runtime(self) -> Runtime:
        """The same installation in this process."""
        return make_runtime(self.settings)


def place(here: Path, database_url: str, redis_url: str | None = None, **settings: object) -> Deployment:
    """Migrate the database and make an installation on it. No limit of rate stands in the way of a benchmark.

    The limits are counted as in production; they are only so high that nobody reaches them.
    """
    apply_migrations(database_url)
    instance = Path(tempfile.mkdtemp(prefix="instance-", dir=here))
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
    """A process for the length of a `with`, its output in a file; it gets SIGTERM at the end, or when we die."""
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
def web(place: Deployment, log: Path, *, app: str = APP) -> Iterator[int]:
    """The production server with the very options of `up`, serving our app or another; gives its port."""
    port = free_port()
    command = _web(place.settings, "127.0.0.1", port)
    command[command.index(APP)] = app
    with process(command, place.environment, log) as started:
        wait_for(lambda: takes_connections(port) or started.poll() is not None, f"the web server ({log})")
        yield port


@contextlib.contextmanager
def product_workers(place: Deployment, log: Path, processes: int) -> Iterator[None]:
    """Real workers, as the command line starts them."""
    command = [sys.executable, "-m", "marketplace_hooks", "worker", "--processes", str(processes)]
    with process(command, place.environment, log):
        yield


def wait_for(
    is_so: Callable[[], object], what: str, *, within_s: float = READY_WITHIN_S, every_s: float = 0.01
) -> None:
    """Until the condition holds. Raises `TimeoutError` that names `what`."""
    give_up_s = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > give_up_s:
            raise TimeoutError(f"{what}: not within {within_s:.0f} s")
        time.sleep(every_s)
