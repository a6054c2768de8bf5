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
    """Disable the collector for the duration, in a host's process, whose collector is the host's.

    What was made meanwhile counts as old afterwards. Left among the young objects, all of it would be traversed as
    soon as the collector is on again: 50 ms of a host's start.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            _move_to_oldest_generation()
            gc.enable()


def _move_to_oldest_generation() -> None:
    """Make every object old at no cost, unless the host has exempted some, which `unfreeze` would return."""
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()


@contextlib.contextmanager
def frozen_gc() -> Iterator[None]:
    """Disable the collector for the duration, then exempt every object that exists from all later collections."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
