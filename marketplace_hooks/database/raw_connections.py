"""Connection pool for the driver's own connections, in autocommit mode, beside SQLAlchemy's pool.

For single statements that are run thousands of times a minute: there, SQLAlchemy's pool, sessions and transactions cost
several times the statement (`benchmarks/`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from ..errors import Unavailable

_T = TypeVar("_T")


class RawConnections:
    """Connections opened when they are needed, reused, and dropped when they break; as many as are used at once."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        """`engine` gives the engine of this process, whose settings the connections have."""
        self._engine = engine
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def run(self, work: Callable[[Any], _T]) -> _T:
        """Call `work` with a connection of its own, once more on a fresh one when the first has died while it was idle.

        `work` fetches every row that it asked for: SQLite commits when there are no more. Raises `Unavailable` when the
        database is away.
        """
        engine = self._engine()
        driver = engine.dialect.loaded_dbapi
        lost: Exception | None = None
        for _ in range(2):
            connection = None
            try:
                connection = self._take(engine)
                result = work(connection)
            except (driver.OperationalError, driver.InterfaceError, OperationalError) as error:
                lost = error
                _close(connection)
                self.close_idle()  # what broke one connection has hardly spared those that were idle.
            except BaseException:
                _close(connection)
                raise
            else:
                self._idle.append(connection)
                return result
        raise Unavailable("the database is away") from lost

    def close_idle(self) -> None:
        """Close the connections that nobody uses at this moment."""
        self._forget_inherited()
        with contextlib.suppress(IndexError):
            while True:
                _close(self._idle.pop())

    def _take(self, engine: Engine) -> Any:
        self._forget_inherited()
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        pooled = engine.raw_connection()
        pooled.detach()  # ours as long as it lives: SQLAlchemy's pool need not count it.
        connection: Any = pooled.dbapi_connection
        if engine.dialect.name != "sqlite":  # where it is set for every connection (`engine.py`).
            connection.autocommit = True
        return connection

    def _forget_inherited(self) -> None:
        """In a forked child: leave the connections of the parent to the parent."""
        if self._pid != os.getpid():
            self._idle = []
            self._pid = os.getpid()


def _close(connection: Any) -> None:
    """Close it. It may well be broken: whatever it raises, it is gone. None: it was never opened."""
    with contextlib.suppress(Exception):
        connection.close()
