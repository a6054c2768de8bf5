"""How is an event kept before it is answered, as fast as the database can commit?

One INSERT on a raw connection in autocommit mode, held by its thread: on this path the ORM and even Core's transaction
cost more than the statement itself (`benchmarks/`).
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import PoolProxiedConnection

from ..errors import Unavailable
from .database import Database

_COLUMNS = "source, event_id, type, subject, shard, sent_at, received_at, body, body_sha256, state, attempts"
_INSERT = (
    f"INSERT INTO mh_inbox ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', 0) "  # noqa: S608 - constants only
    "ON CONFLICT (source, event_id) DO NOTHING"
)
_SAME = "SELECT body_sha256 FROM mh_inbox WHERE source = ? AND event_id = ?"
_CONFLICT = (
    "INSERT INTO mh_inbox_conflicts (source, event_id, body, body_sha256, received_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (source, event_id, body_sha256) DO NOTHING"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A verified event, ready to be kept. `subject` is what it is about (`product:12`); `shard` is its lane."""

    source: str
    event_id: str
    type: str
    subject: str
    shard: int
    sent_at: datetime
    received_at: datetime
    body: bytes
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What the inbox answered. `conflict`: the id is known with another body, and this one was put aside."""

    duplicate: bool
    conflict: bool = False


class InboxWriter:
    """Keeps events through one raw connection for each thread, replaced when it breaks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._local = threading.local()
        self._sqlite = database.is_sqlite
        driver = database.engine.dialect.loaded_dbapi
        self._outages = (driver.OperationalError, driver.InterfaceError, OperationalError)
        statements = (_INSERT, _SAME, _CONFLICT)
        self._insert, self._same, self._conflict = (
            statements if self._sqlite else (one.replace("?", "%s") for one in statements)
        )

    def keep(self, event: Received) -> Kept:
        """Commit the event, or find that it is there already. Raises `Unavailable` when the database is away."""
        row = (
            event.source,
            event.event_id,
            event.type,
            event.subject,
            event.shard,
            self._instant(event.sent_at),
            self._instant(event.received_at),
            event.body,
            event.body_sha256,
        )
        if self._execute(self._insert, row).rowcount == 1:
            return Kept(duplicate=False)
        found = self._execute(self._same, (event.source, event.event_id)).fetchone()
        if found is None or found[0] == event.body_sha256:
            return Kept(duplicate=True)
        aside = (event.source, event.event_id, event.body, event.body_sha256, self._instant(event.received_at))
        self._execute(self._conflict, aside)
        return Kept(duplicate=True, conflict=True)

    def close(self) -> None:
        """Give up this thread's connection; the next event opens another."""
        self._drop()

    def _instant(self, at: datetime) -> Any:
        # The text that SQLAlchemy's DateTime writes on SQLite, so that both ways of writing compare alike. Not by
        # strftime, whose %Y leaves out the zeros of early years.
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if self._sqlite else at

    def _execute(self, statement: str, row: tuple[Any, ...]) -> Any:
        """Run one statement; once more on a fresh connection, since a held one may have died while it was idle."""
        error: Exception | None = None
        for _ in range(2):
            try:
                return self._connection().execute(statement, row)
            except self._outages as met:
                error = met
                self._drop()
        raise Unavailable("the inbox cannot be written") from error

    def _connection(self) -> Any:
        held: PoolProxiedConnection | None = getattr(self._local, "held", None)
        if held is None or self._local.engine is not self._database.engine:
            engine = self._database.engine
            held = engine.raw_connection()
            held.detach()  # ours for as long as the thread lives; the pool need not count it.
            if not self._sqlite:
                cast(Any, held.dbapi_connection).autocommit = True
            self._local.held, self._local.engine = held, engine
            self._local.raw = held.dbapi_connection
        return self._local.raw

    def _drop(self) -> None:
        raw = getattr(self._local, "raw", None)
        self._local.held = self._local.raw = None
        if raw is not None:
            with contextlib.suppress(Exception):  # it may well be broken: whatever it says, we are rid of it.
                raw.close()
