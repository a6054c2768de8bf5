"""Names in Redis: two deployments on one server share neither queues, nor wake-ups, nor counts."""

from __future__ import annotations

import pytest
from rq import Queue

from marketplace_hooks.errors import Unavailable
from marketplace_hooks.remote.redis.connection import connect
from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.queue import RedisWakeups, _make_worker

from ...support.redis import RedisServer


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    redis_server.flush()
    return redis_server.url


def names(deployment_id: str) -> RedisNames:
    return RedisNames(lambda: deployment_id)


def length(url: str, queue: str) -> int:
    with connect(url) as client:
        return Queue(queue, connection=client).count


def test_a_wakeup_of_one_deployment_is_none_of_another(url: str) -> None:
    one, other = (RedisWakeups(url, names(id_), timeout_s=5.0) for id_ in ("a", "b"))
    assert one.wake_worker(JobKind.INBOX)
    assert other.wake_worker(JobKind.INBOX)
    assert [length(url, names(id_).queue(JobKind.INBOX)) for id_ in ("a", "b")] == [1, 1]
    one.clear_wakeup(JobKind.INBOX)
    assert other.wake_worker(JobKind.INBOX)
    assert length(url, names("b").queue(JobKind.INBOX)) == 1  # its own wake-up still stands.
    assert [one.count_begun(JobKind.INBOX), other.count_begun(JobKind.INBOX)] == [1, 0]


def test_a_worker_listens_to_its_own_deployment_and_last_to_what_the_first_edition_queued(url: str) -> None:
    worker = _make_worker(url, names("a"), [JobKind.INBOX, JobKind.MAIL], 5)
    assert worker.queue_names() == ["mh-a-inbox", "mh-a-mail", "mh-inbox", "mh-mail"]


def test_without_its_database_a_deployment_wakes_nobody_and_fails_nothing(url: str) -> None:
    def away() -> str:
        raise Unavailable("the database is away")

    wakeups = RedisWakeups(url, RedisNames(away))
    assert not wakeups.wake_worker(JobKind.INBOX)
    wakeups.clear_wakeup(JobKind.INBOX)
    assert wakeups.count_begun(JobKind.INBOX) == 0
