"""How is a worker woken, and what does it listen to? Beside `ready_worker.py`, the only module that knows RQ and Redis.

Redis is a doorbell: a ring carries nothing that is not in a row. One key for each bell keeps a thousand rings from
becoming a thousand jobs; the job deletes it before it looks for work, so no ring is ever lost.
"""

from __future__ import annotations

import enum
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry as NoRetry
from rq import Queue, Retry, Worker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from ...errors import ConfigurationError
from .prefork_worker import PreforkWorker
from .renamed_jobs import RenamableJob

log = logging.getLogger(__name__)


class JobKind(enum.StrEnum):
    """What a worker can be woken for. Rows say what there is to do; a bell only says that it is worth a look."""

    INBOX = "inbox"
    CASCADES = "cascades"
    RENEWALS = "renewals"
    INSPECTIONS = "inspections"
    SUPPORT = "support"
    # Last, for whoever does all work one after the other: what the others have written is to be told, then mailed.
    DELIVERIES = "deliveries"
    MAIL = "mail"


WAKEUP_TIMEOUT_S = 0.05
"""A web request waits no longer than this for Redis (`webhooks.md` 3)."""
BREAKER_S = 5.0
"""After a failure nobody tries again for so long."""
WAKEUP_TTL_MS = 5_000
JOB_TIMEOUT_S = 600
LOOK_AGAIN_S = 1.0
"""How often a worker looks whether a Redis that went away is back."""
# Doorbells leave no trace: what a lost job would have done, the sweep finds in the rows. Retries are at once: RQ keeps
# later ones by a process beside each worker, which lives on when the worker is killed.
_JOB: dict[str, Any] = {
    "result_ttl": 0,
    "failure_ttl": 86_400,
    "timeout": JOB_TIMEOUT_S,
    "ttl": 600,
    "retry": Retry(max=3),
}


class RedisWakeups:
    """Rings for workers through Redis. Never raises, never blocks for long, and rests after a failure."""

    def __init__(self, url: str, *, timeout_s: float = WAKEUP_TIMEOUT_S) -> None:
        """`url` is `redis://`, `rediss://` or `unix://`; a malformed one is a `ConfigurationError`."""
        self._client = connect(url, timeout_s=timeout_s)
        self._resting_until = 0.0

    def wake_worker(self, kind: JobKind) -> bool:
        """Wake a worker for `bell`, unless one has been woken and has not looked yet. False: Redis is away."""
        if time.monotonic() < self._resting_until:
            return False
        try:
            if self._client.set(_key(kind), "1", nx=True, px=WAKEUP_TTL_MS):
                queue = Queue(_queue(kind), connection=self._client, serializer=JSONSerializer)
                queue.enqueue_call(f"marketplace_hooks.jobs.entry_points.run_{kind}", **_JOB)
        except (redis.RedisError, OSError) as error:
            self._resting_until = time.monotonic() + BREAKER_S
            log.warning("no worker could be woken (%s): the next sweep will find the work", type(error).__name__)
            return False
        return True

    def clear_wakeup(self, kind: JobKind) -> None:
        """A worker begins to look: the next ring wakes another."""
        try:
            self._client.delete(_key(kind))
        except (redis.RedisError, OSError):
            log.warning("the bell %s could not be taken down; it falls after %d ms", kind, WAKEUP_TTL_MS)


class NullWakeups:
    """Where there is no Redis: nobody can be woken, and sweeps do the work."""

    def wake_worker(self, kind: JobKind) -> bool:
        """Nobody hears it."""
        return False

    def clear_wakeup(self, kind: JobKind) -> None:
        """Nothing was rung."""


class CoalescingWakeups:
    """Rings from a thread of its own, so that a request never waits: the first at once, the next ones gathered.

    A ring that comes within `gather_s` of the last goes out at the end of that time, once for all. One that Redis did
    not hear goes out again when the breaker ends: a moment's silence must not leave an event to the next sweep.
    """

    def __init__(self, wakeups: RedisWakeups, *, gather_s: float = 0.05) -> None:
        self._bells = wakeups
        self._gather_s = gather_s
        self._wanted: set[JobKind] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def wake_worker(self, kind: JobKind) -> bool:
        """Hand the ring to the thread; True always."""
        thread = self._thread
        if kind in self._wanted and thread is not None and thread.is_alive():
            return True  # the thread forgets a bell before it rings it: this one is still to be rung.
        with self._condition:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bells", daemon=True)
                self._thread.start()
            if kind not in self._wanted:
                self._wanted.add(kind)
                self._condition.notify()
        return True

    def clear_wakeup(self, kind: JobKind) -> None:
        """See `Doorbells.answered`."""
        self._bells.clear_wakeup(kind)

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._wanted))
                wanted = set(self._wanted)
                self._wanted.clear()
            unheard = {kind for kind in wanted if not self._bells.wake_worker(kind)}
            time.sleep(BREAKER_S if unheard else self._gather_s)
            if unheard:
                with self._condition:
                    self._wanted |= unheard


def connect(url: str, *, timeout_s: float | None = None) -> redis.Redis:
    """A client that answers or fails at once: it never tries again by itself."""
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s if timeout_s is not None else 5,
            retry=NoRetry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise ConfigurationError("REDIS_URL is malformed; example: redis://localhost:6379/0") from error


def answers(url: str) -> bool:
    """Whether Redis answers now."""
    try:
        return bool(connect(url, timeout_s=1).ping())
    except (redis.RedisError, OSError):
        return False


def workers_alive(url: str) -> int:
    """How many workers of ours are registered and alive."""
    client = connect(url, timeout_s=2)
    names = {_queue(kind) for kind in JobKind}
    return sum(1 for worker in Worker.all(connection=client) if names & set(worker.queue_names()))


class _Listener(PreforkWorker):
    """An RQ worker that knows whether it was told to stop, and that comes back soon when Redis does."""

    max_connection_wait_time = 2 * LOOK_AGAIN_S
    told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ leaves it without types.

    def teardown(self) -> None:
        try:
            super().teardown()
        except (redis.RedisError, OSError):
            # Nobody is there to hear of our end; the listening thread must end all the same.
            thread: Any = self.pubsub_thread
            if thread is not None:
                thread.stop()


def work(
    url: str,
    wakeups: Sequence[JobKind],
    *,
    preconnect: Callable[[], None] | None = None,
    monitoring_interval_s: int = 5,
) -> None:
    """Listen to these bells in this order until SIGTERM or SIGINT, which let the job under way finish.

    `get_ready` is what a work horse may do before it has a job (`ready_worker.py`).

    RQ's worker ends where Redis goes away during a job; another takes its place as soon as Redis answers.
    """
    stopping = threading.Event()
    while not stopping.is_set():
        worker = _listener(url, wakeups, monitoring_interval_s)
        worker.preconnect = preconnect
        try:
            worker.work(logging_level="WARNING")
        except (redis.RedisError, OSError) as error:
            log.warning("Redis went away (%s)", type(error).__name__)
        except StopRequested:
            return
        if worker.told_to_stop:
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        while not stopping.wait(LOOK_AGAIN_S) and not answers(url):
            pass


def _listener(url: str, wakeups: Sequence[JobKind], monitoring_interval_s: int) -> _Listener:
    client = connect(url)
    return _Listener(
        [Queue(_queue(kind), connection=client, serializer=JSONSerializer) for kind in wakeups],
        connection=client,
        serializer=JSONSerializer,
        job_class=RenamableJob,
        worker_ttl=60,
        maintenance_interval=30,
        job_monitoring_interval=monitoring_interval_s,
        log_job_description=False,
    )


def sliced(budget_s: float) -> Callable[[], bool]:
    """A `stop` that says True once `budget_s` have passed: long work gives way to other bells."""
    end = time.monotonic() + budget_s
    return lambda: time.monotonic() >= end


def _key(kind: JobKind) -> str:
    return f"mh:bell:{kind}"


def _queue(kind: JobKind) -> str:
    return f"mh-{kind}"
