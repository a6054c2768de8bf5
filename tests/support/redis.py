"""A Redis-compatible server for the tests: the one of `TEST_REDIS_URL`, else a private one as `up` starts it."""

from __future__ import annotations

import os

from redis import Redis

from marketplace_hooks.remote.redis.embedded import EmbeddedRedis, start_embedded_redis

from .binaries import ProvisionError


class RedisServer:
    """A server that tests fill, flush and, where it is ours, stop and kill."""

    def __init__(self, url: str, embedded: EmbeddedRedis | None) -> None:
        self.url = url
        self._embedded = embedded

    @property
    def is_ours(self) -> bool:
        """Whether it may be stopped: false for the server of `TEST_REDIS_URL`."""
        return self._embedded is not None

    def client(self) -> Redis:
        """A connected client; whoever asks for it closes it, best by `with`."""
        return Redis.from_url(self.url)

    def flush(self) -> None:
        """Empty the database of `url` and no other. Starts our server again where a test left it down."""
        if self._embedded is not None:
            self._embedded.start()
        with self.client() as client:
            client.flushdb()

    def start(self) -> None:
        """Start it again after a stop, empty, at the same URL, and wait until it answers."""
        self._own_server().start()

    def stop(self) -> None:
        """Stop it in good order."""
        self._own_server().stop()

    def kill(self) -> None:
        """End it with SIGKILL, as a crash does."""
        self._own_server().kill()

    def close(self) -> None:
        """Stop ours and remove its folder; leave somebody else's alone."""
        if self._embedded is not None:
            self._embedded.close()

    def _own_server(self) -> EmbeddedRedis:
        if self._embedded is None:
            raise ProvisionError("The server of TEST_REDIS_URL is not ours to stop: use `private_redis`.")
        return self._embedded


def start_redis_server() -> RedisServer:
    """The server of `TEST_REDIS_URL` if set, else a private one. Raises, never skips."""
    given = os.environ.get("TEST_REDIS_URL")
    return RedisServer(given, None) if given else start_private_redis()


def start_private_redis() -> RedisServer:
    """A server of our own, whatever the environment says: fault tests stop and kill it."""
    embedded = start_embedded_redis()
    return RedisServer(embedded.url, embedded)
