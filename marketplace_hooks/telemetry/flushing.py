"""Flushing: what reports and traces have gathered is sent before a process ends.

A job runs in a process of its own, which ends with it and runs nothing at its exit: so the job asks for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

_flushes: list[Callable[[], object]] = []


def flush_with_job(flush: Callable[[], object]) -> None:
    """Call this at the end of every job of this process and its children. It must not take long."""
    _flushes.append(flush)


def flush_telemetry() -> None:
    """Send what was gathered. Never raises: whoever collects it may be away."""
    for flush in _flushes:
        with contextlib.suppress(Exception):
            flush()
