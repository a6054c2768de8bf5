"""Limits of a process on its database: how long it waits, and how many connections it opens.

A web request waits a few seconds and is answered 503; a worker, whom nobody waits for, is patient.
"""

from __future__ import annotations

import enum
import threading
import time
from dataclasses import dataclass
from types import TracebackType

from ..errors import DatabaseProblem, DatabaseUnavailable


class Pooler(enum.StrEnum):
    """What stands between us and PostgreSQL, as `DATABASE_POOLER` says; `auto`: find out."""

    AUTO = "auto"
    NONE = "none"
    TRANSACTION = "transaction"


SLOW_S = 1.0
"""Whoever has waited so long for the database may have to wait for long."""


@dataclass(frozen=True, kw_only=True)
class DatabaseLimits:
    """`wait_s` bounds the wait for a lock and for a connection, `statement_s` a whole statement (None: unbounded).

    `threads` is how many threads serve requests (None: this process serves none).
    """

    wait_s: float = 30.0
    statement_s: float | None = None
    pool_size: int = 10
    pool_overflow: int = 10
    threads: int | None = None


PATIENT = DatabaseLimits()
"""The limits of a process whom no request waits for."""


class Bulkhead:
    """Keeps one of the threads that serve requests from waiting, when all the others wait for a slow database.

    Entered by each thread around its work with the database. Where the others have waited for more than `SLOW_S`, the
    last one is refused at once (`DatabaseUnavailable`), and is free for what needs no database, such as `/healthz`.
    """

    def __init__(self, threads: int | None) -> None:
        """`threads` is how many there are; None for a process that serves no requests: nobody is refused."""
        self._most = None if threads is None else max(1, threads - 1)
        self._entered_s: dict[int, float] = {}

    def __enter__(self) -> None:
        if self._most is None:
            return
        now_s = time.monotonic()
        thread = threading.get_ident()
        if len(self._entered_s) >= self._most and thread not in self._entered_s:
            slow_since_s = now_s - SLOW_S
            if sum(entered_s < slow_since_s for entered_s in list(self._entered_s.values())) >= self._most:
                raise DatabaseUnavailable(DatabaseProblem.BUSY)
        self._entered_s.setdefault(thread, now_s)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._most is not None:
            self._entered_s.pop(threading.get_ident(), None)
