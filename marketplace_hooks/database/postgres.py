"""Connections to PostgreSQL: the limits of each session, and what differs behind a pooler.

A pooler in transaction mode (PgBouncer) gives a client another session for each transaction. There, nothing may be left
in a session: no prepared statements, and settings hold for one transaction (`SET LOCAL`) instead of being given at the
start. A pooler is noticed by the process id: the one it announces is not that of the session behind it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from ..telemetry.log_context import get_logger
from .limits import DatabaseLimits, Pooler

log = get_logger(__name__)

_SHORTEST_CONNECT_S = 2
"""libpq waits no less for a connection."""
_OPTIONS = {
    # By this name the sessions of an installation know each other (`silent_sessions.py`).
    "application_name": "marketplace_hooks",
    # A server that is cut off is noticed within half a minute, not after the system's quarter of an hour.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""Of each connection, where the URL does not say otherwise."""
_GRACE_S = 1.0
"""So much later than the server we end a statement ourselves: a frozen server ends none."""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection whose statements end within `bound_s`, even when the server is frozen or the network is cut."""

    bound_s: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server. Closes the connection and raises `QueryCanceled` when it takes too long."""
        try:
            return super().wait(gen, interval, self.bound_s if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if self.bound_s is None or self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            with contextlib.suppress(psycopg.Error):
                self.cancel_safe(timeout=_GRACE_S)
            self.close()
            raise psycopg.errors.QueryCanceled("the database did not answer in time") from error


class PostgresConnector:
    """Opens the connections of an engine under its limits, through a pooler or not."""

    def __init__(self, limits: DatabaseLimits, pooler: Pooler) -> None:
        self._limits = limits
        self._pooler = pooler

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler stands between; known from the first connection on."""
        return self._pooler is Pooler.TRANSACTION

    @property
    def settings(self) -> Mapping[str, int]:
        """The settings of each session; times in milliseconds."""
        statement_s = self._limits.statement_s
        times_s = {"lock_timeout": self._limits.wait_s, "statement_timeout": statement_s}
        return {name: max(1, round(1000 * time_s)) for name, time_s in times_s.items() if time_s is not None}

    def install(self, engine: Engine) -> None:
        """Have the engine open its connections here."""
        event.listen(engine, "do_connect", lambda dialect, record, args, options: self.connect(*args, **options))
        event.listen(engine, "begin", self._begin)

    def connect(self, *args: Any, **options: Any) -> BoundedConnection:
        """A connection; the first one finds out whether there is a pooler."""
        if self._pooler is Pooler.AUTO:
            connection = self._probe(*args, **options)
            if connection is not None:
                return connection
        return self._open(*args, **options)

    def _probe(self, *args: Any, **options: Any) -> BoundedConnection | None:
        """A direct connection; None when a pooler stands between."""
        try:
            connection = self._open(*args, **options)
        except psycopg.OperationalError as error:
            if "startup parameter" not in str(error):  # a pooler's words about settings that it cannot take.
                raise
            self._pooler = Pooler.TRANSACTION
            return None
        connection.autocommit = True
        [pid] = connection.execute("SELECT pg_backend_pid()").fetchone() or [0]
        connection.autocommit = False
        self._pooler = Pooler.NONE if pid == connection.info.backend_pid else Pooler.TRANSACTION
        if self._pooler is Pooler.NONE:
            return connection
        connection.close()
        return None

    def _open(self, *args: Any, **options: Any) -> BoundedConnection:
        options = {**_OPTIONS, **options}
        options.setdefault("connect_timeout", max(_SHORTEST_CONNECT_S, round(self._limits.wait_s)))
        if self.is_pooled:
            options["prepare_threshold"] = None
        else:
            given = [f"-c {name}={value}" for name, value in self.settings.items()]
            options["options"] = " ".join([options.get("options", ""), *given]).strip()
        connection = BoundedConnection.connect(*args, **options)
        if self._limits.statement_s is not None:
            connection.bound_s = self._limits.statement_s + _GRACE_S
        return connection

    def _begin(self, connection: Connection) -> None:
        if self.is_pooled:
            calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in self.settings.items())
            connection.exec_driver_sql(f"SELECT {calls}")
