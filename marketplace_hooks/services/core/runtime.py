"""Runtime: the settings, the database and the clients that the services of one process work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.engine import URL

from ...config.settings import Settings
from ...database.encryption import Encryption, KeyFile
from ...database.engine import Database
from ...database.limits import DatabaseLimits, Pooler
from ...domain.notifications import MailFacts, RenderedMail
from ...remote.http.client import DELIVERIES, OutboundClient, OutboundPolicy, parse_allowed_networks
from ...remote.probes.site_client import ABOUT_PATH, make_site_client
from ...remote.redis.names import JobKind, RedisNames
from ...remote.redis.null_wakeups import NullWakeups
from .counters import Counters
from .deployment import read_deployment_id
from .pidfile import find_running
from .rate_limits import RateLimits
from .stored_secrets import has_stored_secrets

if TYPE_CHECKING:
    from ...remote.redis.shared_limits import SharedLimits

__all__ = ["JobKind", "Runtime", "Wakeups", "make_runtime", "redis_url"]


MailRenderer = Callable[[Settings, MailFacts, str], RenderedMail | None]
"""Renders a mail for a reader in a locale; None when nothing is to be said."""


class Wakeups(Protocol):
    """How workers are woken: through the job queue, or not at all."""

    def wake_worker(self, kind: JobKind) -> bool:
        """Wake a worker. Never raises and never blocks for long; False when none could be woken."""

    def clear_wakeup(self, kind: JobKind) -> None:
        """A worker begins to look for work of this kind."""

    def count_begun(self, kind: JobKind) -> int:
        """How many jobs of this kind have begun, counted from any number."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What every service needs to know of the place it works in. `outbound` delivers, `visits` inspects sites.

    `mail_renderer` renders the mails to people (None: this process sends none).
    """

    settings: Settings
    database: Database
    wakeups: Wakeups
    outbound: OutboundClient
    site_client: OutboundClient
    encryption: Encryption
    rate_limits: RateLimits
    counters: Counters
    redis_names: RedisNames
    mail_renderer: MailRenderer | None = None

    def now(self) -> datetime:
        """This instant, in UTC."""
        return datetime.now(UTC)


def make_runtime(
    settings: Settings,
    *,
    host_database: URL | str | None = None,
    serves_web: bool = False,
    mail_renderer: MailRenderer | None = None,
) -> Runtime:
    """An installation from its settings. Nothing is connected yet.

    Without a DATABASE_URL the host's database is used, else SQLite in the instance folder. A process that `serves_web`
    wakes workers from a thread of its own, and waits only `DATABASE_WAIT_S` for the database.
    """
    url = settings.database_url or host_database
    if url is None:
        settings.instance.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.instance / 'marketplace_hooks.db'}"
    networks = parse_allowed_networks(settings.allowed_networks)
    about_url = settings.public_url.rstrip("/") + settings.url_prefix + ABOUT_PATH
    database = _make_database(settings, url, serves_web=serves_web)
    redis = redis_url(settings)
    key_file = KeyFile(instance=settings.instance, may_make=lambda: not has_stored_secrets(database))
    names = _names_of(database)
    return Runtime(
        settings=settings,
        database=database,
        wakeups=_make_wakeups(redis, names, serves_web=serves_web),
        outbound=OutboundClient(_delivery_policy(settings), networks),
        site_client=make_site_client(networks, about_url=about_url),
        encryption=Encryption(settings.encryption_keys, key_file),
        counters=Counters(database),
        rate_limits=RateLimits(settings, _make_shared_limits(redis, names)),
        redis_names=names,
        mail_renderer=mail_renderer,
    )


def with_patient_database(runtime: Runtime) -> Runtime:
    """The same for a command, whom no request waits for: its statements may take as long as they take."""
    database = _make_database(runtime.settings, runtime.database.url, serves_web=False)
    return replace(runtime, database=database, redis_names=_names_of(database))


def _names_of(database: Database) -> RedisNames:
    return RedisNames(cache(partial(read_deployment_id, database)))


def _make_database(settings: Settings, url: URL | str, *, serves_web: bool) -> Database:
    limits = DatabaseLimits(pool_size=settings.database_pool_size, pool_overflow=settings.database_pool_overflow)
    if serves_web:
        wait_s = settings.database_wait_s
        limits = replace(limits, wait_s=wait_s, statement_s=wait_s, threads=settings.web_threads)
    return Database(url, limits=limits, pooler=Pooler(settings.database_pooler))


def _delivery_policy(settings: Settings) -> OutboundPolicy:
    return replace(DELIVERIES, connect_s=settings.delivery_connect_s, total_s=settings.delivery_total_s)


def redis_url(settings: Settings) -> str | None:
    """The configured Redis, else the embedded one that `up` has started for this instance, else None."""
    if settings.redis_url:
        return settings.redis_url
    running = find_running(settings.instance)
    return running.redis_url if running else None


def _make_shared_limits(url: str | None, names: RedisNames) -> SharedLimits | None:
    if url is None:
        return None
    from ...remote.redis.shared_limits import SharedLimits  # as for the queue.

    return SharedLimits(url, names)


def _make_wakeups(url: str | None, names: RedisNames, *, serves_web: bool) -> Wakeups:
    if url is None:
        return NullWakeups()
    # RQ and Redis take 8 MB, which a host without a Redis, or with workers elsewhere, can do without.
    from ...remote.redis.queue import CoalescingWakeups, RedisWakeups

    if serves_web:
        return CoalescingWakeups(RedisWakeups(url, names))
    return RedisWakeups(url, names, timeout_s=1.0)
