"""How does a job begin at once? Its work horse is forked, and made ready, while there is nothing to do.

RQ forks a horse for each job, which keeps jobs apart; but a horse fresh from the fork first connects, and copies every
page of memory that it touches, and that takes longer than to hide a page. Here one is forked ahead, gets ready when no
job comes at once, and waits at a pipe. Killed, it is as if it had never been: the next job forks its own. When the
worker dies, the pipe closes, and the spare horse ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job

SETTLES_S = 0.005
"""A horse that gets a job sooner than this has had no time to get ready: under load nothing is done twice."""
REFRESHES_S = 30.0
"""A spare horse looks after its connections so often."""
_STOPS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, kw_only=True)
class _PreforkedHorse:
    pid: int
    pipe: int


@contextlib.contextmanager
def _signals_later() -> Iterator[None]:
    """Let nobody ask us to stop for a moment: RQ's handler answers an idle worker by an exception, and Python would
    lose that in what it does about a fork.
    """
    asked: list[tuple[int, FrameType | None]] = []
    handlers = {number: signal.signal(number, lambda *how: asked.append(how)) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for told, frame in asked:
            if callable(handler := handlers[signal.Signals(told)]):
                handler(told, frame)


class PreforkWorker(Worker):
    """An RQ worker with a spare horse. `get_ready` is called in the horse: when it is idle, again every half a minute,
    and when its job comes after all; it must not raise.
    """

    preconnect: Callable[[], None] | None = None
    _preforked: _PreforkedHorse | None = None

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
        """RQ waits here for the next job."""
        if self._preforked is None and self.preconnect is not None:
            with _signals_later():
                self._preforked = self._fork_ahead(self.preconnect)
        return super().dequeue_job_and_maintain_ttl(*args, **kwargs)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Hand the job to the spare horse; fork one as RQ does where there is none, or it is dead."""
        spare = self._preforked
        self._preforked = None
        if spare is not None and self.execution is not None:
            told = json.dumps([job.id, queue.name, self.execution.id]).encode()
            with os.fdopen(spare.pipe, "wb", buffering=0) as pipe, contextlib.suppress(BrokenPipeError):
                pipe.write(told)
                self._horse_pid = spare.pid
                self.procline(f"Forked {spare.pid} before {time.time()}")  # type: ignore[no-untyped-call] # RQ has no types.
                return
            os.waitpid(spare.pid, 0)
        super().fork_work_horse(job, queue)

    def teardown(self) -> None:
        """End the spare horse with the worker."""
        spare = self._preforked
        self._preforked = None
        if spare is not None:
            os.close(spare.pipe)
            os.kill(spare.pid, signal.SIGTERM)  # it has no job: whatever it gets ready for is not to come.
            os.waitpid(spare.pid, 0)
        super().teardown()  # type: ignore[no-untyped-call] # RQ leaves it without types.

    def _fork_ahead(self, preconnect: Callable[[], None]) -> _PreforkedHorse:
        source, target = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setpgrp()  # as every horse of RQ's: whoever stops the worker by its group lets the job finish.
                os.close(target)
                self.setup_work_horse_signals()  # type: ignore[no-untyped-call] # RQ leaves it without types.
                self._stand_by(source, preconnect)
            finally:
                os._exit(1)
        os.close(source)
        return _PreforkedHorse(pid=pid, pipe=target)

    def _stand_by(self, pipe: int, preconnect: Callable[[], None]) -> None:
        waits_s = SETTLES_S
        while not select.select([pipe], [], [], waits_s)[0]:
            preconnect()
            waits_s = REFRESHES_S
        with os.fdopen(pipe, "rb") as source:
            told = source.read()
        if not told:
            os._exit(0)
        if waits_s == REFRESHES_S:
            preconnect()
        job_id, queue_name, execution_id = json.loads(told)
        job = self.job_class.fetch(job_id, connection=self.connection, serializer=self.serializer)
        [queue] = [queue for queue in self.queues if queue.name == queue_name]
        self.execution = Execution.fetch(execution_id, job_id, connection=self.connection)
        self.execution._job = job  # as RQ's own worker that spawns
        os.environ.update(RQ_WORKER_ID=self.name, RQ_JOB_ID=job_id)
        self.main_work_horse(job, queue)
