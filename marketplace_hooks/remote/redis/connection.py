"""Connections to Redis or Valkey: the addresses that are understood, TLS and Sentinel among them.

`redis://`, `rediss://` (TLS) and `unix://`, as redis-py has them; `valkey` may stand for `redis` everywhere.
`redis+sentinel://host:26379,host:26379/NAME/0` finds the master called NAME by asking sentinels, `rediss+sentinel://`
by TLS. User and password are the master's. Options follow a question mark: `?ssl_ca_certs=/etc/ssl/redis.pem`.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

from ...errors import ConfigurationError

_CONNECT_S = 5
_SENTINEL = "+sentinel"
_SENTINEL_PORT = 26379
_HOST = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")


def connect(url: str, *, timeout_s: float | None = None) -> redis.Redis:
    """A client that answers or fails at once: it never retries by itself. Nothing is connected yet.

    Raises `ConfigurationError` for an address that is not understood.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s if timeout_s is not None else _CONNECT_S,
    }
    url = re.sub(r"^valkey(s?)(?=:|\+)", r"redis\1", url)
    try:
        if urlsplit(url).scheme.endswith(_SENTINEL):
            return _through_sentinels(url, options)
        return redis.Redis.from_url(url, **options, retry=Retry(NoBackoff(), 0))
    except ValueError as error:
        raise ConfigurationError("REDIS_URL is malformed; example: redis://localhost:6379/0") from error


def _through_sentinels(url: str, options: dict[str, Any]) -> redis.Redis:
    """The master that the sentinels know, asked for anew whenever a connection is opened."""
    parts = urlsplit(url)
    scheme = parts.scheme.removesuffix(_SENTINEL)
    user, at, hosts = parts.netloc.rpartition("@")
    name, _, database = parts.path.strip("/").partition("/")
    if not name:
        raise ValueError("the name of the master is missing")
    sentinels = [_address(host) for host in hosts.split(",")]
    # redis-py understands everything but the list of hosts and the name.
    of_master = parse_url(  # type: ignore[no-untyped-call] # redis leaves it without types.
        f"{scheme}://{user}{at}localhost/{database}?{parts.query}"
    )
    for part in ("host", "port", "connection_class"):
        of_master.pop(part, None)
    is_tls = scheme == "rediss"
    tls = {name: value for name, value in of_master.items() if name.startswith("ssl_")}
    of_sentinels = {**options, **tls, "ssl": is_tls}
    sentinel: Any = Sentinel(sentinels, sentinel_kwargs=of_sentinels)  # type: ignore[no-untyped-call] # as above
    client: redis.Redis = sentinel.master_for(name, **of_master, **options, ssl=is_tls, retry=Retry(NoBackoff(), 0))
    return client


def _address(text: str) -> tuple[str, int]:
    found = _HOST.fullmatch(text.strip())
    if found is None:
        raise ValueError("a sentinel is named by host:port")
    return found["host"].strip("[]"), int(found["port"] or _SENTINEL_PORT)
