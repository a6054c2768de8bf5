"""Renamed RQ jobs: what 0.1.0 queued as `workers.inbox.run` runs under the present name of its function.

To be removed with release 0.3.0, on 2027-06-01 at the earliest: by then no queue holds a job of 0.1.0.
"""

from __future__ import annotations

import re

from rq.job import Job

_OLD_NAME = re.compile(r"workers\.([a-z]+)\.run")


class RenamableJob(Job):
    """An RQ job that knows the present name of its function."""

    def _deserialize_data(self) -> None:
        super()._deserialize_data()  # type: ignore[no-untyped-call] # RQ leaves it without types.
        if (old := _OLD_NAME.fullmatch(str(self._func_name))) is not None:
            self._func_name = f"marketplace_hooks.jobs.entry_points.run_{old[1]}"
