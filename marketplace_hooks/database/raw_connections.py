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
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import DatabaseProblem, DatabaseUnavailable
from .failures import problem_of
from .limits import Bulkhead

_T = TypeVar("_T")


class RawConnections:
    """Connections opened when they are needed, reused, and dropped when they break; as many as are used at once."""

    def __init__(self, engine: Callable[[], Engine], bulkhead: Bulkhead) -> None:
        """`engine` gives the engine of this process, whose settings the connections have."""
        self._engine = engine
        self._bulkhead = bulkhead
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def run(self, work: Callable[[Any], _T]) -> _T:
        """Call `work` with a connection of its own, once more on a fresh one when the first had died while it was idle.

        `work` fetches every row that it asked for: SQLite commits when there are no more. Raises `DatabaseUnavailable`
        when the database cannot do its work.
        """
        with self._bulkhead:
            engine = self._engine()
            idle = self._take_idle()
            try:
                return self._run(idle or self._connect(engine), work)
            except (engine.dialect.loaded_dbapi.Error, DBAPIError, PoolTimeout) as error:
                problem = problem_of(error)
                if problem is None:
                    raise
                if idle is None or problem is not DatabaseProblem.AWAY:
                    raise DatabaseUnavailable(problem) from error
            self.close_idle()  # what broke one connection has hardly spared those that were idle.
            return self.run(work)

    def _run(self, connection: Any, work: Callable[[Any], _T]) -> _T:
        try:
            result = work(connection)
        except BaseException:
            _close(connection)
            raise
        self._idle.append(connection)
        return result

    def close_idle(self) -> None:
        """Close the connections that nobody uses at this moment."""
        self._forget_inherited()
        with contextlib.suppress(IndexError):
            while True:
                _close(self._idle.pop())

    def _take_idle(self) -> Any:
        self._forget_inherited()
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return None

    def _connect(self, engine: Engine) -> Any:
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
    """Close it. It may well be broken: whatever it raises, it is gone."""
    with contextlib.suppress(Exception):
        connection.close()
