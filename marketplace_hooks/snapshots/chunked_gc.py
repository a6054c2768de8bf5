"""Garbage of bulk work: collected between two chunks, not again and again among rows that live until then."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

from ..services.core.frozen_gc import paused_gc


@contextlib.contextmanager
def collected_between_chunks() -> Iterator[None]:
    """Leave the cycles of garbage to `collect_chunk`. What exists before is exempt, as at start-up."""
    gc.collect()
    gc.freeze()
    with paused_gc():
        yield


def collect_chunk() -> None:
    """Collect what a chunk has left."""
    gc.collect()
