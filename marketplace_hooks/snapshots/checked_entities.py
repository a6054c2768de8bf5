"""Checked entities: the lines of a snapshot between their check and their writing, in a temporary database on the disk.

However many there are, memory stays flat: SQLite spills what does not fit its cache into an unnamed file of its own,
which is gone with the process. What is pickled here was made by this process, and is read by no other.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from .lines import Entity, EntityKind

_T = TypeVar("_T")

_CACHE_KIB = 32_768
_BATCH = 1_000
_TABLES = (
    """CREATE TABLE entities (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, file INTEGER NOT NULL,
        line INTEGER NOT NULL, pickled BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX by_id ON entities (kind, id)",
    "CREATE INDEX by_kind ON entities (kind, position)",
    "CREATE TABLE parents (kind TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL)",
    "CREATE TABLE charges (id TEXT PRIMARY KEY, position INTEGER NOT NULL, path TEXT NOT NULL) WITHOUT ROWID",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something stands: the number of the file, the line, and the path in it."""

    file: int
    line: int
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingParent:
    """A parent that no line describes, and where it is named."""

    kind: EntityKind
    id: str
    place: Place


class CheckedEntities:
    """What was read so far. Used by one thread; `close` gives the disk back."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}", "temp_store=FILE"):
            self._connection.execute(f"PRAGMA {pragma}")
        for table in _TABLES:
            self._connection.execute(table)
        self._connection.execute("BEGIN")
        self._parents: list[tuple[str, str, int, str]] = []
        self._position = 0

    def close(self) -> None:
        """Delete everything."""
        self._connection.close()

    def add(self, entity: Entity, file: int, line: int) -> Place | None:
        """Add an entity, unless the same is known already. Returns where another one has its id (None: nowhere)."""
        pickled = pickle.dumps((entity.timestamp, entity.data, entity.given), pickle.HIGHEST_PROTOCOL)
        self._position += 1
        values = (self._position, entity.kind, entity.id, file, line, pickled)
        added = self._connection.execute("INSERT OR IGNORE INTO entities VALUES (?, ?, ?, ?, ?, ?)", values)
        if added.rowcount == 0:
            return self._refuse_other(entity)
        for kind, id_, path in entity.parents():
            self._parents.append((kind, id_, self._position, path))
        if len(self._parents) >= _BATCH:
            self._write_parents()
        return None

    def add_charge(self, charge_id: str, path: str) -> bool:
        """Note that a charge paid a period of the entity added last; False when another period has it already."""
        values = (charge_id, self._position, path)
        return self._connection.execute("INSERT OR IGNORE INTO charges VALUES (?, ?, ?)", values).rowcount == 1

    def _refuse_other(self, entity: Entity) -> Place | None:
        query = "SELECT file, line, pickled FROM entities WHERE kind = ? AND id = ?"
        file, line, pickled = self._connection.execute(query, (entity.kind, entity.id)).fetchone()
        return None if _unpickled(entity.kind, entity.id, pickled) == entity else Place(file=file, line=line, path="")

    def _write_parents(self) -> None:
        self._connection.executemany("INSERT INTO parents VALUES (?, ?, ?, ?)", self._parents)
        self._parents.clear()

    def missing_parents(self) -> Iterator[MissingParent]:
        """The parents that no line describes: they must be known here."""
        self._write_parents()
        query = """SELECT parents.kind, parents.id, entities.file, entities.line, parents.path FROM parents
            JOIN entities ON entities.position = parents.position WHERE NOT EXISTS
            (SELECT 1 FROM entities AS known WHERE known.kind = parents.kind AND known.id = parents.id)"""
        for kind, id_, file, line, path in self._connection.execute(query):
            yield MissingParent(kind=EntityKind(kind), id=id_, place=Place(file=file, line=line, path=path))

    def charges(self) -> Iterator[tuple[str, str, Place]]:
        """Every charge that paid a period, with the purchase and where it stands."""
        query = """SELECT charges.id, entities.id, entities.file, entities.line, charges.path FROM charges
            JOIN entities ON entities.position = charges.position"""
        for charge_id, purchase_id, file, line, path in self._connection.execute(query):
            yield charge_id, purchase_id, Place(file=file, line=line, path=path)

    def purchases_with_releases(self) -> Iterator[tuple[Entity, Place]]:
        """The purchases that name releases, each with where it stands."""
        query = """SELECT id, pickled, file, line FROM entities WHERE position IN
            (SELECT position FROM parents WHERE kind = ?)"""
        for id_, pickled, file, line in self._connection.execute(query, (EntityKind.RELEASE,)):
            yield _unpickled(EntityKind.PURCHASE, id_, pickled), Place(file=file, line=line, path="")

    def requests(self) -> Iterator[tuple[Entity, Place]]:
        """Every request, with where it stands."""
        query = "SELECT id, pickled, file, line FROM entities WHERE kind = ?"
        for id_, pickled, file, line in self._connection.execute(query, (EntityKind.REQUEST,)):
            yield _unpickled(EntityKind.REQUEST, id_, pickled), Place(file=file, line=line, path="")

    def find(self, kind: EntityKind, id_: str) -> Entity | None:
        """The entity with this id, if a line describes it."""
        query = "SELECT pickled FROM entities WHERE kind = ? AND id = ?"
        found = self._connection.execute(query, (kind, id_)).fetchone()
        return None if found is None else _unpickled(kind, id_, found[0])

    def known_ids(self, kind: EntityKind, ids: Iterable[str]) -> set[str]:
        """Those of these ids that lines describe."""
        query = "SELECT id FROM entities WHERE kind = ? AND id = ?"
        found = (self._connection.execute(query, (kind, id_)).fetchone() for id_ in ids)
        return {row[0] for row in found if row is not None}

    def counts(self) -> dict[EntityKind, int]:
        """How many there are of each kind, in the order in which they are written."""
        query = "SELECT kind, count(*) FROM entities GROUP BY kind"
        found = dict(self._connection.execute(query).fetchall())
        return {kind: found[kind] for kind in EntityKind if kind in found}

    def count_up_to(self, kind: EntityKind, position: int) -> int:
        """How many of a kind stand up to a position."""
        query = "SELECT count(*) FROM entities WHERE kind = ? AND position <= ?"
        count: int = self._connection.execute(query, (kind, position)).fetchone()[0]
        return count

    def chunks(self, kind: EntityKind, size: int, *, after: int = 0) -> Iterator[tuple[int, Sequence[Entity]]]:
        """The entities of a kind in the order of their lines, each chunk with the position of its last."""
        query = "SELECT position, id, pickled FROM entities WHERE kind = ? AND position > ? ORDER BY position LIMIT ?"
        while rows := self._connection.execute(query, (kind, after, size)).fetchall():
            after = rows[-1][0]
            yield after, [_unpickled(kind, id_, pickled) for _, id_, pickled in rows]


def in_batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of this size, the last one shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _unpickled(kind: EntityKind, id_: str, pickled: bytes) -> Entity:
    timestamp, data, given = pickle.loads(pickled)  # noqa: S301 - pickled by this process, into a file of its own
    return Entity(kind=kind, id=id_, timestamp=timestamp, data=data, given=given)
