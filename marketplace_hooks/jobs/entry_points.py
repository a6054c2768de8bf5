"""RQ entry points: one function for each kind of job, called by its dotted name from the queue.

A job carries no data: what there is to do stands in rows, and a job that is lost or run twice changes nothing. Each
process names the runtime of its jobs with `serve`; `marketplace-hooks worker` does so before it forks the first job, so
that a job finds everything imported.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial
from logging import ERROR, WARNING

from ..errors import ConfigurationError, Unavailable
from ..remote.redis.names import JobKind
from ..services.core.actor import acting_as
from ..services.core.liveness import begin_signs
from ..services.core.runtime import Runtime
from ..telemetry.flushing import flush_telemetry
from ..telemetry.log_context import bound, get_logger
from .table import longest_step_s, run_slice

log = get_logger(__name__)

_runtime: Runtime | None = None
_load: Callable[[], Runtime] | None = None


def serve(runtime: Runtime) -> None:
    """Run every job of this process and its children for `runtime`."""
    global _runtime
    _runtime = runtime


def serve_lazily(load: Callable[[], Runtime]) -> None:
    """The same for a runtime that is made when the first job comes, in its work horse."""
    global _load
    _load = load


@acting_as(None)
def run(kind: JobKind) -> None:
    """Run one slice of the work of this kind, and wake a worker again when some is left.

    Raises `ConfigurationError` in a process that serves no runtime.
    """
    global _runtime
    if _runtime is None:
        if _load is None:
            raise ConfigurationError(
                "This RQ worker serves no installation. Start it by `marketplace-hooks worker`, or in a checkout by "
                "`rq worker --config workers`."
            )
        _runtime = _load()
    begin_signs(stuck_after_s=longest_step_s(_runtime.settings), to_systemd=False)
    try:
        with bound(job=kind.value):
            run_slice(_runtime, f"{socket.gethostname()}:{os.getpid()}", kind)
    except Exception as error:
        with bound(job=kind.value):
            log.log(WARNING if isinstance(error, Unavailable) else ERROR, "a job has failed", exc_info=True)
        raise
    finally:
        flush_telemetry()


run_inbox = partial(run, JobKind.INBOX)
run_cascades = partial(run, JobKind.CASCADES)
run_renewals = partial(run, JobKind.RENEWALS)
run_inspections = partial(run, JobKind.INSPECTIONS)
run_support = partial(run, JobKind.SUPPORT)
run_deliveries = partial(run, JobKind.DELIVERIES)
run_mail = partial(run, JobKind.MAIL)
