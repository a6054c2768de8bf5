"""Service jobs: the RQ jobs that a worker carries out, which call the service's entry points and nothing else.

RQ imports and calls whatever a job names, so that whoever may write to Redis could run any code in the workers.
"""

from __future__ import annotations

import re
from typing import Any

from rq.job import Job

from ...telemetry.log_context import get_logger
from .names import JobKind

log = get_logger(__name__)

_ENTRY_POINTS = "marketplace_hooks.jobs.entry_points.run_"
_KINDS = "|".join(JobKind)
_KNOWN_NAME = re.compile(rf"(?:{re.escape(_ENTRY_POINTS)}({_KINDS})|workers\.({_KINDS})\.run)")
"""The second form is that of 0.1.0, to be removed with 0.3.0, on 2027-06-01 at the earliest: no queue has it then."""


def entry_point(kind: JobKind | str) -> str:
    """The dotted name of the function that works through the rows of a kind."""
    return f"{_ENTRY_POINTS}{kind}"


class ServiceJob(Job):
    """An RQ job that calls the entry point of a kind without arguments; of any other one, nothing is called.

    Callbacks and webhooks of a job are left out: we use none.
    """

    def _deserialize_data(self) -> None:
        super()._deserialize_data()  # type: ignore[no-untyped-call] # RQ leaves it without types.
        known = _KNOWN_NAME.fullmatch(str(self._func_name))
        if known is None:
            log.error("a job that is not ours is in the queue %s and was not run: %.200r", self.origin, self._func_name)
        self._func_name = f"{__name__}.{refuse.__name__}" if known is None else entry_point(known[1] or known[2])
        self._instance = None
        self._args = ()
        self._kwargs = {}

    def restore(self, raw_data: Any) -> Any:
        restored = super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        return restored


def refuse() -> None:
    """What is called of a job that is not ours: nothing is done."""
