"""Job queue: RQ over Redis, used to wake workers. With its siblings the only module that knows RQ and Redis.

A queued job is a wake-up without data: what there is to do stands in rows. One key for each kind of job keeps a
thousand wake-ups from becoming a thousand jobs; the job deletes the key before it looks for work, so none is ever lost.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import redis
from rq import Queue, Retry
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from ...errors import Unavailable
from ...telemetry.log_context import get_logger
from ..stop_request import STOP_SIGNALS, StopRequest
from .connection import connect
from .names import JobKind, RedisNames, first_edition_queue, first_edition_wakeup
from .prefork_worker import PreforkWorker
from .service_jobs import ServiceJob, entry_point

log = get_logger(__name__)


WAKEUP_TIMEOUT_S = 0.05
"""A web request waits no longer than this for Redis (`webhooks.md` 3)."""
BREAKER_S = 5.0
"""After a failure nobody tries again for so long."""
WAKEUP_TTL_MS = 5_000
JOB_TIMEOUT_S = 600
WAIT_FOR_A_JOB_S = 1
"""How long an idle worker waits at a time, and so how long until it sees that it was asked to stop."""
RECONNECT_INTERVAL_S = 1.0
"""How often a worker checks whether a Redis that went away is back."""
# Jobs leave no result behind: what a lost job would have done, the scheduler finds in the rows. Retries are at once: RQ
# schedules later ones in a process beside each worker, which lives on when the worker is killed.
_JOB_OPTIONS: dict[str, Any] = {
    "result_ttl": 0,
    "failure_ttl": 86_400,
    "timeout": JOB_TIMEOUT_S,
    "ttl": 600,
    "retry": Retry(max=3),
}


class RedisWakeups:
    """Wakes workers through Redis. Never raises, never blocks for long, pauses after a failure (circuit breaker)."""

    def __init__(self, url: str, names: RedisNames, *, timeout_s: float = WAKEUP_TIMEOUT_S) -> None:
        """`url` is one that `connect` understands; a malformed one is a `ConfigurationError`."""
        self._client = connect(url, timeout_s=timeout_s)
        self._names = names
        self._paused_until_s = 0.0

    def wake_worker(self, kind: JobKind) -> bool:
        """Wake a worker, unless one has been woken for this kind and has not begun yet. False: Redis is away."""
        if time.monotonic() < self._paused_until_s:
            return False
        try:
            if self._client.set(self._names.wakeup(kind), "1", nx=True, px=WAKEUP_TTL_MS):
                queue = Queue(self._names.queue(kind), connection=self._client, serializer=JSONSerializer)
                queue.enqueue_call(entry_point(kind), **_JOB_OPTIONS)
        except (redis.RedisError, OSError, Unavailable) as error:
            self._paused_until_s = time.monotonic() + BREAKER_S
            log.warning("no worker could be woken (%s): the next sweep will find the work", type(error).__name__)
            return False
        return True

    def clear_wakeup(self, kind: JobKind) -> None:
        """A worker begins to look for work of this kind: the next wake-up queues another job."""
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                pipeline.delete(self._names.wakeup(kind), first_edition_wakeup(kind))
                pipeline.incr(self._names.begun(kind))
                pipeline.execute()
        except (redis.RedisError, OSError, Unavailable):
            log.warning("the wake-up %s could not be cleared; it expires after %d ms", kind, WAKEUP_TTL_MS)

    def count_begun(self, kind: JobKind) -> int:
        """How many jobs of this kind have begun, counted from any number; 0 while Redis is away."""
        try:
            return int(self._client.get(self._names.begun(kind)) or 0)
        except (redis.RedisError, OSError, Unavailable):
            return 0


class CoalescingWakeups:
    """Wakes workers from a background thread, so that no request waits: the first at once, the next ones coalesced.

    A wake-up that comes within `interval_s` of the last is sent at the end of that time, once for all. One that Redis
    did not take is sent again when the breaker closes: a short outage must not leave an event to the next sweep.
    """

    def __init__(self, wakeups: RedisWakeups, *, interval_s: float = 0.05) -> None:
        self._wakeups = wakeups
        self._interval_s = interval_s
        self._pending: set[JobKind] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def wake_worker(self, kind: JobKind) -> bool:
        """Leave the wake-up to the thread; always True."""
        thread = self._thread
        if kind in self._pending and thread is not None and thread.is_alive():
            return True  # the thread takes a kind out before it wakes a worker: this one is still to be sent.
        with self._condition:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="wakeups", daemon=True)
                self._thread.start()
            if kind not in self._pending:
                self._pending.add(kind)
                self._condition.notify()
        return True

    def clear_wakeup(self, kind: JobKind) -> None:
        """See `RedisWakeups.clear_wakeup`."""
        self._wakeups.clear_wakeup(kind)

    def count_begun(self, kind: JobKind) -> int:
        """See `RedisWakeups.count_begun`."""
        return self._wakeups.count_begun(kind)

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: bool(self._pending))
                kinds = set(self._pending)
                self._pending.clear()
            failed = {kind for kind in kinds if not self._wakeups.wake_worker(kind)}
            time.sleep(BREAKER_S if failed else self._interval_s)
            if failed:
                with self._condition:
                    self._pending |= failed


def answers(url: str) -> bool:
    """Whether Redis answers now."""
    try:
        return bool(connect(url, timeout_s=1).ping())
    except (redis.RedisError, OSError):
        return False


class JobOverdueError(BaseException):
    """A job has taken `JOB_TIMEOUT_S`. It is no `Exception`: what goes on after errors in a job ends all the same."""


class _DeathPenalty(UnixSignalDeathPenalty):
    """RQ's alarm. Its own exception in a job would be taken for a fault of the event that is being applied."""

    def handle_death_penalty(self, signum: int, frame: FrameType | None) -> None:
        if self._exception is JobTimeoutException:
            raise JobOverdueError(f"it has taken {self._timeout} seconds")
        super().handle_death_penalty(signum, frame)  # type: ignore[no-untyped-call]  # RQ leaves it without types.


class _QueueWorker(PreforkWorker):
    """An RQ worker that ends when it is asked to, and that reconnects soon after Redis comes back.

    RQ's own handler of signals raises an exception in an idle worker, which Python loses in the hooks that it runs
    around a fork and while it destroys objects, and which whoever survives errors takes for one of them; in a busy
    worker it calls Redis amid whatever the worker is doing. Here a signal is noted, and seen before the next wait for a
    job; a job that has come meanwhile is carried out.
    """

    death_penalty_class = _DeathPenalty
    max_connection_wait_time = 2 * RECONNECT_INTERVAL_S
    stopping: StopRequest
    on_heartbeat: Callable[[], None] = staticmethod(lambda: None)
    _has_job = False

    @property
    def dequeue_timeout(self) -> int:
        return WAIT_FOR_A_JOB_S

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
        self._has_job = False
        return super().dequeue_job_and_maintain_ttl(*args, **kwargs)

    def reorder_queues(self, reference_queue: Queue) -> None:
        self._has_job = True
        super().reorder_queues(reference_queue)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        if self._stop_requested and not self._has_job:
            raise StopRequested
        self.on_heartbeat()  # first: it is to be heard of this process while Redis is away, too.
        super().heartbeat(timeout, pipeline)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self._stop_requested = True
        self.stopping.set()
        self._shutdown_requested_date = datetime.now(UTC)
        for number in STOP_SIGNALS:
            signal.signal(number, self.request_force_stop)

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]  # RQ leaves it without types.
        self._stop_requested = self.stopping.is_set()  # by the handlers of before.

    def teardown(self) -> None:
        try:
            super().teardown()
        except (redis.RedisError, OSError):
            # Redis is away and cannot unregister us; the thread that listens for commands must end all the same.
            thread: Any = self.pubsub_thread
            if thread is not None:
                thread.stop()


def run_worker(
    url: str,
    names: RedisNames,
    kinds: Sequence[JobKind],
    *,
    preconnect: Callable[[], None] | None = None,
    on_heartbeat: Callable[[], None] = lambda: None,
    monitoring_interval_s: int = 5,
) -> None:
    """Run jobs of these kinds, the first ones first, until SIGTERM or SIGINT, which let the current job finish.

    `preconnect` is what a work horse may do before it has a job (`prefork_worker.py`). `on_heartbeat` is called again
    and again, a few seconds apart, also while Redis is away; it must not raise, nor keep a connection. RQ's worker
    ends when Redis goes away during a job; it is replaced as soon as Redis answers.
    """
    stopping = StopRequest()
    stopping.listen()
    while not stopping.is_set():
        worker = _make_worker(url, names, kinds, monitoring_interval_s)
        worker.stopping = stopping
        worker.preconnect = preconnect
        worker.on_heartbeat = on_heartbeat
        try:
            worker.work(logging_level="WARNING")
        except (redis.RedisError, OSError) as error:
            log.warning("Redis went away (%s)", type(error).__name__)
        while not stopping.wait(RECONNECT_INTERVAL_S) and not answers(url):
            on_heartbeat()


def _make_worker(url: str, names: RedisNames, kinds: Sequence[JobKind], monitoring_interval_s: int) -> _QueueWorker:
    client = connect(url)
    queues = [*map(names.queue, kinds), *map(first_edition_queue, kinds)]
    return _QueueWorker(
        [Queue(name, connection=client, serializer=JSONSerializer) for name in queues],
        connection=client,
        serializer=JSONSerializer,
        job_class=ServiceJob,
        worker_ttl=60,
        maintenance_interval=30,
        job_monitoring_interval=monitoring_interval_s,
        log_job_description=False,
    )
