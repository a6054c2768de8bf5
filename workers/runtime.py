"""Which installation does this worker serve?

`marketplace-hooks worker` sets it before the first job is forked, so that a job finds everything imported; a plain
`rq worker` makes it from the environment at the first job.
"""

from __future__ import annotations

import os
import socket

from marketplace_hooks.events.sweeps import work_slice
from marketplace_hooks.extension import load_installation
from marketplace_hooks.remote.queue import Bell
from marketplace_hooks.services.installation import Installation

_serving: Installation | None = None


def serve(installation: Installation) -> None:
    """Have every job of this process and its children work for `installation`."""
    global _serving
    _serving = installation


def answer(bell: Bell) -> None:
    """Do one slice of the work that `bell` rings for; ring again when some is left."""
    installation = _serving or load_installation()
    serve(installation)
    work_slice(installation, f"{socket.gethostname()}:{os.getpid()}", bell)
