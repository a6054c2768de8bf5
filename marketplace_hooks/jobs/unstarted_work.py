"""Unstarted work: what no worker has started although one was woken, and that the scheduler therefore does itself.

That Redis accepted a wake-up does not mean that a worker starts: the only one that listens for a kind of job may hang.
So each job increments a counter when it starts; while the counter does not move, the scheduler does the work.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from ..remote.redis.names import JobKind
from ..services.core.runtime import Runtime
from ..telemetry.log_context import get_logger
from .table import JOBS, Job, Stop, end_of_slice, is_pending, run_job

log = get_logger(__name__)

PAUSE_S = 0.5
SHORTEST_S = 2.0
"""A worker on a busy machine has at least so long to begin, however short the interval."""


@dataclass(frozen=True, kw_only=True)
class _Wakeup:
    """The first wake-up that no job has followed: how many had begun before it, and when it was sent."""

    begun: int
    sent_s: float


class UnstartedWork:
    """Watches which kinds of jobs no worker begins, and does their work in a thread until one does."""

    def __init__(self, runtime: Runtime, owner: str, stopping: threading.Event) -> None:
        """Work is overdue after a third of the interval at which it is looked for, and not before `SHORTEST_S`."""
        self._runtime = runtime
        self._owner = f"{owner}/overdue"
        self._stopping = stopping
        self.after_s = max(SHORTEST_S, runtime.settings.sweep_interval_s / 3)
        self._wakeups: dict[JobKind, _Wakeup] = {}
        self._thread: threading.Thread | None = None

    def note(self, kind: JobKind) -> None:
        """A worker was woken for this kind."""
        begun = self._count_begun(kind)
        if kind not in self._wakeups or self._wakeups[kind].begun != begun:
            self._wakeups[kind] = _Wakeup(begun=begun, sent_s=time.monotonic())

    def take_over(self) -> None:
        """Have the thread work on what is overdue now, unless it is at work already."""
        if self._thread is not None and self._thread.is_alive():
            return
        now_s = time.monotonic()
        late = {kind: one.begun for kind, one in self._wakeups.items() if now_s - one.sent_s >= self.after_s}
        for kind in late:
            del self._wakeups[kind]
        late = {kind: begun for kind, begun in late.items() if self._is_overdue(kind, begun)}
        if late:
            log.warning("no worker begins %s: the scheduler does that work", ", ".join(late))
            self._thread = threading.Thread(target=self._work, args=(late,), name="overdue", daemon=True)
            self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread, which ends after the chunk under way once `stopping` is set."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _work(self, late: dict[JobKind, int]) -> None:
        """Slice by slice, until a worker begins or nothing is left."""
        while kinds := [kind for kind, begun in late.items() if self._is_overdue(kind, begun)]:
            for kind in kinds:
                run_job(self._runtime, self._owner, JOBS[kind], stop=self._end_of_slice(JOBS[kind]))
            if self._stopping.wait(PAUSE_S):
                return

    def _end_of_slice(self, job: Job) -> Stop:
        slice_is_over = end_of_slice(self._runtime, job)
        return lambda: slice_is_over() or self._stopping.is_set()

    def _is_overdue(self, kind: JobKind, begun: int) -> bool:
        return self._count_begun(kind) == begun and is_pending(self._runtime, JOBS[kind])

    def _count_begun(self, kind: JobKind) -> int:
        return self._runtime.wakeups.count_begun(kind)
