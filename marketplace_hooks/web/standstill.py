"""Standstill: a web process in which every request stands still ends itself, and the web server starts another.

Everything that a request waits for has a time limit. Where one is missing by mistake (a deadlock, a library call, a
disk that does not answer), the request keeps its place forever; once all places are taken, nothing is answered any
more, `/healthz` included. Other threads still run, so the process gives signs of life, and a probe from outside cannot
choose which process of a port answers. A request that is only slow uses processor time, if little on a busy machine,
and is left alone. Without `/proc`, which tells that time, nothing is ended.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config.settings import Settings
from ..telemetry.flushing import flush_telemetry

logger = logging.getLogger(__name__)

STILL_AFTER_S = 30.0
MARGIN_S = 10.0
"""So much longer than the longest wait that the settings allow."""
WORKING_SHARE = 0.01
"""Requests that use less than this share of one processor, all together, stand still."""
LOOK_EVERY_S = 1.0
LOGGED_WITHIN_S = 2.0
INNERMOST = 16
"""So many calls of each stack are told: what lies further out is the way of every request."""

_THREADS = Path("/proc/self/task")


@dataclass(slots=True)
class RequestPlace:
    """A place where a request is worked on: the thread that has it now (0: none), and how many have had it before."""

    thread: int = 0
    native_thread: int = 0
    served: int = 0

    def take(self) -> None:
        """The calling thread works on a request here."""
        self.native_thread = threading.get_native_id()
        self.thread = threading.get_ident()

    def leave(self) -> None:
        """It has done so."""
        self.thread = 0
        self.served += 1


class Standstill:
    """The watch over all places of a process: whether nothing has gone on in any of them for `after_s`."""

    def __init__(self, places: Sequence[RequestPlace], *, after_s: float) -> None:
        self._places = places
        self._after_s = after_s
        self._served = -1
        self._used_s = 0.0
        self._still_s = 0.0

    def check(self, passed_s: float) -> bool:
        """Whether it has come to that. `passed_s` is the time since the last look."""
        served = sum(place.served for place in self._places)
        if not all(place.thread for place in self._places):
            self._served = -1
            return False
        used_s = sum(processor_s_of(place.native_thread) for place in self._places)
        if served != self._served or used_s - self._used_s > WORKING_SHARE * self._after_s:
            self._served = served
            self._used_s = used_s
            self._still_s = 0.0
            return False
        # A look that comes late: the process was stopped, or the machine asleep, and no request could go on.
        self._still_s += min(passed_s, 2 * LOOK_EVERY_S)
        return self._still_s >= self._after_s


def still_after_s(settings: Settings) -> float:
    """How long nothing may go on: longer than the longest wait that these settings allow a request."""
    return max(STILL_AFTER_S, max(settings.database_wait_s, settings.delivery_total_s) + MARGIN_S)


def end_at_standstill(places: Sequence[RequestPlace], settings: Settings) -> None:
    """Watch these places by a thread from now on. Called in the process that serves, after any fork."""
    standstill = Standstill(places, after_s=still_after_s(settings))
    if _THREADS.is_dir():
        threading.Thread(target=_watch, args=(standstill, places), name="standstill", daemon=True).start()


def _watch(standstill: Standstill, places: Sequence[RequestPlace]) -> None:
    looked_s = time.monotonic()
    while True:
        time.sleep(LOOK_EVERY_S)
        now_s = time.monotonic()
        if standstill.check(now_s - looked_s):
            # By a thread that is not waited for: a request may stand still while it holds the lock of the log.
            logging_thread = threading.Thread(target=_log, args=(describe(places),), daemon=True)
            logging_thread.start()
            logging_thread.join(LOGGED_WITHIN_S)
            os._exit(1)  # an orderly end would wait for the requests.
        looked_s = now_s


def _log(stacks: str) -> None:
    logger.error("Every request stands still, so this process ends, and another is started. They stand at:\n%s", stacks)
    flush_telemetry()


def describe(places: Sequence[RequestPlace]) -> str:
    """Where in the program the threads of these places are, each position once."""
    frames = sys._current_frames()
    stacks = [traceback.format_stack(frames[place.thread], INNERMOST) for place in places if place.thread in frames]
    counts = Counter("".join(stack) for stack in stacks)
    return "\n".join(f"{count} at\n{stack}" for stack, count in counts.most_common())


def processor_s_of(native_thread: int) -> float:
    """How much processor time a thread of this process has used."""
    with contextlib.suppress(OSError):  # it has ended.
        fields = (_THREADS / str(native_thread) / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0
