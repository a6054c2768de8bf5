"""Garbage of bulk work: collected between two chunks, not again and again among rows that live until then."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def collected_between_chunks() -> Iterator[None]:
    """Leave the cycles of garbage to `collect_chunk`. What exists before is exempt, as at start-up."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_chunk() -> None:
    """Collect what a chunk has left."""
    gc.collect()
