"""Fixtures of every test: real servers, databases of both kinds, a fixed clock, and a guard of the network.

| fixture | gives |
|---|---|
| `database_url` | runs the test twice, on SQLite and on PostgreSQL: a migrated database of its own |
| `empty_database_url` | the same without a single table |
| `sqlite_url`, `postgresql_url` | a migrated database of one kind |
| `redis_url`, `redis_server` | the session's Redis-compatible server, flushed before the test |
| `private_redis` | a server of the test's own: stop it, start it, kill it |
| `postgres` | the session's PostgreSQL server |
| `restartable_postgres` | a PostgreSQL server that may be stopped and crashed; it runs again after the test |
| `marketplace` | an app without Redis, on both databases, and the marketplace that posts signed events to it |
| `make_marketplace` | makes more of them with settings of their own: `make_marketplace(DRAIN_BATCH=2)` |
| `runtime` | the runtime of `marketplace` alone, for services |
| `desk` | `marketplace` with one product and a customer who bought it, with `clock` |
| `clock` | stops time on a Monday morning; the test moves it: `clock.shift(60)` |
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import hypothesis
import pytest
import time_machine
from xdist.scheduler import LoadScopeScheduling

from .support import databases
from .support.network_guard import LoopbackOnly
from .support.postgres import Postgres, start_postgres, start_private_postgres
from .support.redis import RedisServer, start_private_redis, start_redis_server
from .support.statement_cache import share_compiled_statements

if TYPE_CHECKING:
    from marketplace_hooks.services.core.runtime import Runtime

    from .support.marketplace import Marketplace

# The suite runs the same examples everywhere and never by the clock of a busy machine; `dev` goes looking for new ones.
hypothesis.settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("dev", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

GUARD = pytest.StashKey[LoopbackOnly]()

# In parallel, the folders whose tests wait for real processes come first, so that none of them is left to the end.
LONGEST_FIRST = ("browser", "faults", "cli", "demo")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the session before the package is imported."""
    # On SIGTERM as on Ctrl-C, fixtures stop their servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in [name for name in os.environ if name.startswith(("MARKETPLACE_HOOKS_", "PG"))]:
        del os.environ[name]  # a developer's own settings change no test.
    named = [urlsplit(os.environ.get(name, "")).hostname for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL")]
    guard = LoopbackOnly(also_allowed=[host for host in named if host])
    guard.install()
    config.stash[GUARD] = guard
    share_compiled_statements()


class GroupedByFile(LoadScopeScheduling):
    """In parallel, the tests of a file stay together, and so do all that share one browser's deployment.

    Each process has servers of its own, and starts them once.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = path.rpartition("/")[0]
        return folder if folder.endswith("browser") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupedByFile:
    """How pytest-xdist shares the tests out."""
    return GroupedByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Without garbage collections, which would traverse thousands of tests again and again and free nothing."""
    from marketplace_hooks.services.core.frozen_gc import frozen_gc  # not before the session is prepared.

    with frozen_gc():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In parallel, the slowest folders first."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        tests = Path(__file__).parent
        ranks = {folder: rank for rank, folder in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda item: ranks.get(item.path.relative_to(tests).parts[0], len(ranks)))


@pytest.fixture
def network_guard(request: pytest.FixtureRequest) -> LoopbackOnly:
    """The guard itself, for the tests that try to get past it."""
    return request.config.stash[GUARD]


@pytest.fixture(autouse=True)
def _stays_on_this_machine(network_guard: LoopbackOnly) -> Iterator[None]:
    """Fail the test that spoke to the outside, even where its code swallowed the refusal."""
    network_guard.attempts()
    yield
    attempts = network_guard.attempts()
    assert not attempts, f"left the machine: {attempts}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL server: `TEST_DATABASE_URL`, else a private cluster."""
    server = start_postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def _own_postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    shared: Postgres = request.getfixturevalue("postgres")
    if shared.is_ours:
        yield shared
        return
    server = start_private_postgres()
    yield server
    server.close()


@pytest.fixture
def restartable_postgres(_own_postgres: Postgres) -> Iterator[Postgres]:
    """A server that the test may stop and crash. Dispose engines of other tests before it: they lose connections."""
    yield _own_postgres
    _own_postgres.start()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The session's Redis-compatible server: `TEST_REDIS_URL`, else a private one."""
    server = start_redis_server()
    yield server
    server.close()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of the session's Redis-compatible server, empty."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
def private_redis() -> Iterator[RedisServer]:
    """A Redis-compatible server of the test's own."""
    server = start_private_redis()
    yield server
    server.close()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    databases.apply_migrations(databases.sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def _postgres_copies(postgres: Postgres) -> Iterator[databases.Copies]:
    with databases.postgres_database(postgres) as url:
        databases.apply_migrations(url)
        copies = databases.Copies(postgres, url)
        yield copies
        copies.close()


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database in a file."""
    return databases.copy_sqlite(_sqlite_template, tmp_path / "marketplace.db")


@pytest.fixture
def postgresql_url(_postgres_copies: databases.Copies) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    with _postgres_copies.lend() as url:
        yield url


@pytest.fixture(params=databases.KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own; the test runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=databases.KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a single table; the test runs once on each kind."""
    if request.param == "sqlite":
        yield databases.sqlite_url(tmp_path / "empty.db")
        return
    with databases.postgres_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def make_marketplace(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Marketplace]]:
    """Makes marketplaces over the test's database, each with settings of its own."""
    # Imported here: the tests of pure rules need not load the whole package.
    from .support.marketplace import open_marketplace

    with contextlib.ExitStack() as opened:
        yield lambda **settings: opened.enter_context(open_marketplace(database_url, tmp_path / "instance", **settings))


@pytest.fixture
def marketplace(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    """An app without Redis, and the marketplace that posts events to it."""
    return make_marketplace()


@pytest.fixture
def runtime(marketplace: Marketplace) -> Runtime:
    """The runtime of `marketplace`."""
    return marketplace.runtime


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time stands still, unless the test moves it."""
    with time_machine.travel(datetime(2026, 3, 2, 9, 30, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A shop with one holder, on Monday 2 March 2026, 10:30 in Paris; an hour later somebody may write."""
    from .support.support_desk import set_up_support  # not before the session is prepared.

    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    return marketplace
