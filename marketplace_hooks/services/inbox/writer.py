"""How is an event kept before it is answered, as fast as the database can commit?

One INSERT on a raw connection in autocommit mode: on this path the ORM and even Core's transaction cost more than the
statement itself. Events that several threads receive while the last INSERT is under way go into the next one together:
one round trip and one commit for all of them (`benchmarks/ingest.py`).
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy.exc import OperationalError

from ...database.engine import Database, take_turn
from ...database.group_commit import GroupCommit
from ...errors import Unavailable

AT_ONCE = 32
"""Events in one INSERT at most: with the largest bodies allowed, 32 MiB."""
SIDE_BY_SIDE = 2
"""Connections of one process to PostgreSQL, so that one INSERT travels while another commits: with more, fewer events
go together. SQLite has one writer at a time.
"""

_COLUMNS = "source, event_id, type, subject, shard, sent_at, received_at, body, body_sha256, state, attempts"
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', 0)"
_SAME = "SELECT body_sha256 FROM mh_inbox WHERE source = ? AND event_id = ?"
_CONFLICT = (
    "INSERT INTO mh_inbox_conflicts (source, event_id, body, body_sha256, received_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (source, event_id, body_sha256) DO NOTHING RETURNING id"
)


@cache
def _insert(rows: int) -> str:
    return (
        f"INSERT INTO mh_inbox ({_COLUMNS}) VALUES {', '.join([_ROW] * rows)} "  # noqa: S608 - constants only
        "ON CONFLICT (source, event_id) DO NOTHING RETURNING source, event_id"
    )


@cache
def _numbered(statement: str) -> bytes:
    """The same for PostgreSQL: `$1`, `$2`, … in place of the question marks."""
    first, *others = statement.split("?")
    return "".join([first, *(f"${number}{part}" for number, part in enumerate(others, start=1))]).encode()


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
    """Keeps events through a few raw connections, opened when they are needed and replaced when they break."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sqlite = database.is_sqlite
        driver = database.engine.dialect.loaded_dbapi
        self._outages = (driver.OperationalError, driver.InterfaceError, OperationalError)
        side_by_side = 1 if self._sqlite else SIDE_BY_SIDE
        self._gathering: GroupCommit[Received, Kept] = GroupCommit(
            self._keep_all, at_most=AT_ONCE, side_by_side=side_by_side
        )
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._idle: list[Any] = []

    def keep(self, event: Received) -> Kept:
        """Commit the event, or find that it is there already. Raises `Unavailable` when the database is away."""
        return self._gathering.submit(event)

    def close(self) -> None:
        """Give up the connections that nobody uses now; the next event opens another."""
        with self._lock:
            while self._idle:
                _close(self._idle.pop())

    def _keep_all(self, events: Sequence[Received]) -> list[Kept | Exception]:
        try:
            return list(self._keep_together(events))
        except Unavailable as away:
            return [Unavailable(str(away)) for _ in events]
        except Exception:
            if len(events) == 1:
                raise
            # One of them is refused by the database, and takes nobody with it.
            return [self._keep_alone(event) for event in events]

    def _keep_alone(self, event: Received) -> Kept | Exception:
        try:
            return self._keep_together([event])[0]
        except Exception as error:
            return error

    def _keep_together(self, events: Sequence[Received]) -> list[Kept]:
        row = [value for event in events for value in self._row(event)]
        new = set(self._execute(_insert(len(events)), row))
        kept = []
        for event in events:
            key = event.source, event.event_id
            if key in new:
                new.remove(key)  # the same id again in these very events is a repeat.
                kept.append(Kept(duplicate=False))
            else:
                kept.append(self._recognise(event))
        return kept

    def _recognise(self, event: Received) -> Kept:
        """Its id is known. With another body, this one is put aside."""
        found = self._execute(_SAME, (event.source, event.event_id))
        if not found or found[0][0] == event.body_sha256:
            return Kept(duplicate=True)
        aside = (event.source, event.event_id, event.body, event.body_sha256, self._instant(event.received_at))
        self._execute(_CONFLICT, aside)
        return Kept(duplicate=True, conflict=True)

    def _row(self, event: Received) -> tuple[Any, ...]:
        sent_at = self._instant(event.sent_at)
        received_at = self._instant(event.received_at)
        what = event.source, event.event_id, event.type, event.subject, event.shard
        return (*what, sent_at, received_at, event.body, event.body_sha256)

    def _instant(self, at: datetime) -> Any:
        # The text that SQLAlchemy's DateTime writes on SQLite, so that both ways of writing compare alike. Not by
        # strftime, whose %Y leaves out the zeros of early years.
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if self._sqlite else at

    def _execute(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run one statement; once more on a fresh connection, since an idle one may have died meanwhile."""
        error: Exception | None = None
        for _ in range(2):
            cursor = None
            try:
                cursor = self._take()
                self._run(cursor, statement, values)
                # All rows are fetched before anybody is answered: SQLite commits when there are no more.
                found: list[tuple[Any, ...]] = cursor.fetchall()
            except self._outages as met:
                error = met
                _close(cursor)
                self.close()  # what broke one connection has hardly spared those that were idle.
            except BaseException:
                _close(cursor)
                raise
            else:
                with self._lock:
                    self._idle.append(cursor)
                return found
        raise Unavailable("the inbox cannot be written") from error

    def _run(self, cursor: Any, statement: str, values: Sequence[Any]) -> None:
        if self._sqlite:
            take_turn(cursor.connection, lambda: cursor.execute(statement, values))
        else:
            cursor.execute(_numbered(statement), values)

    def _take(self) -> Any:
        """A cursor on a connection of our own in autocommit mode: an idle one, or a new one."""
        with self._lock:
            if self._pid != os.getpid():  # in a forked child, which leaves its parent's connections alone.
                self._pid = os.getpid()
                self._idle = []
            if self._idle:
                return self._idle.pop()
        held = self._database.engine.raw_connection()
        held.detach()  # ours for as long as the process lives; the pool need not count it.
        connection: Any = held.dbapi_connection
        if not self._sqlite:
            connection.autocommit = True
            # It takes PostgreSQL's own placeholders: psycopg's would be looked for anew in each long statement.
            connection.cursor_factory = self._database.engine.dialect.loaded_dbapi.RawCursor
        return connection.cursor()


def _close(cursor: Any) -> None:
    """Close its connection. It may well be broken: whatever it says, we are rid of it."""
    with contextlib.suppress(Exception):
        cursor.connection.close()
