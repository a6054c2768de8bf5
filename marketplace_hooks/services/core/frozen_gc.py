"""Garbage collection at start-up: none while a process imports and builds its parts, and never again over them.

While the parts are imported, the collector would look at all of them again and again and find nothing: an eighth of the
start. What is there afterwards stays for the life of the process. Were the collector to look at it later, a request
would now and then wait a tenth of a second, and every forked work horse would copy those pages of memory.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def frozen_gc() -> Iterator[None]:
    """Disable the collector for the duration, then exempt every object that exists from all later collections."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
