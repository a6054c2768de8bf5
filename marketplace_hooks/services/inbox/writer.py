"""Inbox writer: an event is stored before it is answered, as fast as the database can commit.

One INSERT on a raw connection: on this path the ORM and even Core's transaction cost more than the statement itself.
Events that several threads receive while the last INSERT is under way go into the next one together: one round trip and
one commit for all of them (`benchmarks/ingest.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ...database.engine import Database
from ...database.group_commit import GroupCommit
from ...errors import Unavailable

BATCH = 32
"""Events in one INSERT at most: with the largest bodies allowed, 32 MiB."""
CONCURRENCY = 2
"""INSERTs of one process under way to PostgreSQL, so that one travels while another commits: with more, fewer events go
together. SQLite has one writer at a time.
"""

_COLUMNS = (
    "source, event_id, type, subject, shard, sent_at, received_at, body, body_sha256, urgent, charge_id, "
    "state, attempts"
)
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', 0)"
_SELECT_SHA256 = "SELECT body_sha256 FROM mh_inbox WHERE source = ? AND event_id = ?"
_INSERT_CONFLICT = (
    "INSERT INTO mh_inbox_conflicts (source, event_id, body, body_sha256, received_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (source, event_id, body_sha256) DO NOTHING RETURNING id"
)


@cache
def _insert_statement(rows: int) -> str:
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
class IncomingEvent:
    """A verified event, ready to be stored. `subject` is what it is about (`product:12`), `shard` its hash.

    An `urgent` one goes before all others. `charge_id` is the charge that it reports.
    """

    source: str
    event_id: str
    type: str
    subject: str
    shard: int
    sent_at: datetime
    received_at: datetime
    body: bytes
    body_sha256: str
    urgent: bool = False
    charge_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InsertResult:
    """`duplicate`: the id is known. `conflict`: with another body, and this one was put aside."""

    duplicate: bool
    conflict: bool = False


class InboxWriter:
    """Stores events for the threads of one process."""

    def __init__(self, database: Database) -> None:
        self._sqlite = database.is_sqlite
        self._database = database
        self._driver = database.engine.dialect.loaded_dbapi
        self._group: GroupCommit[IncomingEvent, InsertResult] = GroupCommit(
            self._insert_all, at_most=BATCH, concurrency=1 if self._sqlite else CONCURRENCY
        )

    def insert(self, event: IncomingEvent) -> InsertResult:
        """Commit the event, or find that it is there already. Raises `DatabaseUnavailable` when that is impossible."""
        with self._database.bulkhead:
            return self._group.submit(event)

    def _insert_all(self, events: Sequence[IncomingEvent]) -> list[InsertResult | Exception]:
        try:
            return list(self._insert_together(events))
        except Unavailable:
            raise
        except Exception:
            if len(events) == 1:
                raise
            # The database refuses one of them, which must not take the others with it.
            return [self._insert_alone(event) for event in events]

    def _insert_alone(self, event: IncomingEvent) -> InsertResult | Exception:
        try:
            return self._insert_together([event])[0]
        except Exception as error:
            return error

    def _insert_together(self, events: Sequence[IncomingEvent]) -> list[InsertResult]:
        values = [value for event in events for value in self._values(event)]
        new = set(self._execute(_insert_statement(len(events)), values))
        results = []
        for event in events:
            key = event.source, event.event_id
            if key in new:
                new.remove(key)  # the same id again in these very events is a repeat.
                results.append(InsertResult(duplicate=False))
            else:
                results.append(self._compare(event))
        return results

    def _compare(self, event: IncomingEvent) -> InsertResult:
        """Its id is known. With another body, this one is put aside."""
        found = self._execute(_SELECT_SHA256, (event.source, event.event_id))
        if not found or found[0][0] == event.body_sha256:
            return InsertResult(duplicate=True)
        values = (event.source, event.event_id, event.body, event.body_sha256, self._instant(event.received_at))
        self._execute(_INSERT_CONFLICT, values)
        return InsertResult(duplicate=True, conflict=True)

    def _values(self, event: IncomingEvent) -> tuple[Any, ...]:
        return (
            event.source,
            event.event_id,
            event.type,
            event.subject,
            event.shard,
            self._instant(event.sent_at),
            self._instant(event.received_at),
            event.body,
            event.body_sha256,
            event.urgent,
            event.charge_id,
        )

    def _instant(self, at: datetime) -> Any:
        # The text that SQLAlchemy's DateTime writes on SQLite, so that both ways of writing compare alike. Not by
        # strftime, whose %Y leaves out the zeros of early years.
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if self._sqlite else at

    def _execute(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        def fetch(connection: Any) -> list[tuple[Any, ...]]:
            if self._sqlite:
                cursor = self._database.wait_to_write(connection, lambda: connection.execute(statement, values))
            else:
                # It takes PostgreSQL's own placeholders: psycopg's would be looked for anew in each long statement.
                cursor = self._driver.RawCursor(connection)
                cursor.execute(_numbered(statement), values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            cursor.close()
            return rows

        return self._database.raw.run(fetch)
