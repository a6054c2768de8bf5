"""Preforked work horse: an RQ worker that forks the process for its next job ahead, while it waits for one.

RQ forks a work horse for each job, which keeps jobs apart. A fresh fork first connects, and copies every page of memory
that it touches; that takes longer than hiding a product. Here the horse is forked ahead, connects when no job comes at
once, and waits at a pipe. When it is killed, the next job forks its own, as in RQ. When the worker dies, the pipe
closes and the idle horse ends.

It overrides and calls internals of RQ, so `pyproject.toml` caps RQ to one minor release; `tests/remote/redis/
test_prefork_worker.py` names what it relies on.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job

PRECONNECT_AFTER_S = 0.005
"""A horse that gets a job sooner than this does not preconnect: under load nothing is done twice."""
REFRESH_AFTER_S = 30.0
"""How often an idle horse checks its connections."""


@dataclass(frozen=True, kw_only=True)
class _PreforkedHorse:
    pid: int
    pipe: int


class PreforkWorker(Worker):
    """An RQ worker with a preforked work horse.

    `preconnect` is called in the horse while it is idle, again every half a minute, and once more when its job comes;
    it must not raise. Without it the worker forks as RQ does.
    """

    preconnect: Callable[[], None] | None = None
    _preforked: _PreforkedHorse | None = None

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
        """Fork the next horse, then wait for the next job as RQ does."""
        if self._preforked is None and self.preconnect is not None:
            self._preforked = self._prefork(self.preconnect)
        return super().dequeue_job_and_maintain_ttl(*args, **kwargs)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Hand the job to the preforked horse; fork one as RQ does where there is none, or it is dead."""
        horse = self._preforked
        self._preforked = None
        if horse is not None and self.execution is not None:
            assignment = json.dumps([job.id, queue.name, self.execution.id]).encode()
            with os.fdopen(horse.pipe, "wb", buffering=0) as pipe, contextlib.suppress(BrokenPipeError):
                pipe.write(assignment)
                self._horse_pid = horse.pid
                self.procline(f"Forked {horse.pid} before {time.time()}")  # type: ignore[no-untyped-call] # RQ has no types.
                return
            os.waitpid(horse.pid, 0)
        super().fork_work_horse(job, queue)

    def teardown(self) -> None:
        """End the idle horse with the worker."""
        horse = self._preforked
        self._preforked = None
        if horse is not None:
            os.close(horse.pipe)
            os.kill(horse.pid, signal.SIGTERM)  # it has no job, and will get none.
            os.waitpid(horse.pid, 0)
        super().teardown()  # type: ignore[no-untyped-call] # RQ leaves it without types.

    def _prefork(self, preconnect: Callable[[], None]) -> _PreforkedHorse:
        source, target = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setpgrp()  # as RQ's horses do: a signal to the worker's process group lets the job finish.
                os.close(target)
                self.setup_work_horse_signals()  # type: ignore[no-untyped-call] # RQ leaves it without types.
                self._run_preforked(source, preconnect)
            finally:
                os._exit(1)
        os.close(source)
        return _PreforkedHorse(pid=pid, pipe=target)

    def _run_preforked(self, pipe: int, preconnect: Callable[[], None]) -> None:
        """The life of a horse: preconnect while idle, read the job from the pipe, and run it; it never returns."""
        timeout_s = PRECONNECT_AFTER_S
        while not select.select([pipe], [], [], timeout_s)[0]:
            preconnect()
            timeout_s = REFRESH_AFTER_S
        with os.fdopen(pipe, "rb") as source:
            assignment = source.read()
        if not assignment:
            os._exit(0)
        if timeout_s == REFRESH_AFTER_S:
            preconnect()
        job_id, queue_name, execution_id = json.loads(assignment)
        job = self.job_class.fetch(job_id, connection=self.connection, serializer=self.serializer)
        [queue] = [queue for queue in self.queues if queue.name == queue_name]
        self.execution = Execution.fetch(execution_id, job_id, connection=self.connection)
        self.execution._job = job  # as RQ's SpawnWorker does.
        os.environ.update(RQ_WORKER_ID=self.name, RQ_JOB_ID=job_id)
        self.main_work_horse(job, queue)
