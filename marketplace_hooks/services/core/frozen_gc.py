"""Garbage collection at start-up: off while a process imports its modules, which are then frozen (`gc.freeze`).

During the imports the collector would traverse all objects again and again and free nothing: an eighth of the start.
What exists afterwards lives as long as the process. If the collector traversed it later, a request would now and then
wait a tenth of a second, and every forked work horse would copy those pages of memory.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def paused_gc() -> Iterator[None]:
    """Disable the collector for the duration, in a host's process, whose collector is the host's."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def frozen_gc() -> Iterator[None]:
    """Disable the collector for the duration, then exempt every object that exists from all later collections."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
