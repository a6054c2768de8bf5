"""Checked entities: the lines of a snapshot between their check and their writing, in a temporary database on the disk.

However many there are, memory stays flat: SQLite spills what does not fit its cache into an unnamed file of its own,
which is gone with the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from .entities import Entity, EntityKind
from .packing import PackedLine, unpack

_T = TypeVar("_T")

_CACHE_KIB = 32_768
_KINDS = tuple(EntityKind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_TABLES = (
    """CREATE TABLE entities (position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id TEXT NOT NULL,
        file INTEGER NOT NULL, line INTEGER NOT NULL, is_plain INTEGER NOT NULL, packed BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX by_id ON entities (kind, id)",
    "CREATE INDEX by_kind ON entities (kind, position)",
    "CREATE TABLE parents (kind INTEGER NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL)",
    "CREATE TABLE unknown (kind INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE charges (id TEXT PRIMARY KEY, position INTEGER NOT NULL, path TEXT NOT NULL) WITHOUT ROWID",
)
"""Of kinds, the numbers are stored: their places in the order in which they are written."""


class Place(NamedTuple):
    """Where something stands: the number of the file, the line, and the path in it."""

    file: int
    line: int
    path: str


class ReadLine(NamedTuple):
    """A valid line, with the number of its file and its own."""

    content: PackedLine
    file: int
    number: int


class Contradiction(NamedTuple):
    """What two lines contradict each other about: `path` of the line; `other` is where its id stands already.

    Without `other`, it is the charge `id` that pays another period already.
    """

    place: Place
    kind: EntityKind
    id: str
    other: Place | None


class MissingParent(NamedTuple):
    """A parent that no line describes and that is not known here, and where it is named."""

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
        self._position = 0

    def close(self) -> None:
        """Delete everything."""
        self._connection.close()

    def add(self, lines: Sequence[ReadLine]) -> list[Contradiction]:
        """Add entities, each unless the same is known already. Returns what contradicts the lines before it."""
        first = self._position + 1
        self._position += len(lines)
        placed = list(enumerate(lines, first))
        rows = [
            (position, _NUMBERS[content.kind], content.id, file, number, content.is_plain, content.packed)
            for position, (content, file, number) in placed
        ]
        contradictions: list[Contradiction] = []
        if not self._insert("entities VALUES (?, ?, ?, ?, ?, ?, ?)", rows):
            known = "SELECT position FROM entities WHERE position >= ?"
            added = {position for (position,) in self._connection.execute(known, (first,))}
            contradictions += self._other_entities([line for position, line in placed if position not in added])
            placed = [(position, line) for position, line in placed if position in added]
        needed = [
            (_NUMBERS[kind], id_, position, path)
            for position, line in placed
            for kind, id_, path in line.content.parents
        ]
        self._insert("parents VALUES (?, ?, ?, ?)", needed)
        paid = [(id_, position, path) for position, line in placed for id_, path in line.content.charges]
        if not self._insert("charges VALUES (?, ?, ?)", paid):
            contradictions += self._other_payments(paid, dict(placed))
        return sorted(contradictions, key=lambda one: one.place.line)

    def _insert(self, into: str, rows: Sequence[tuple[object, ...]]) -> bool:
        """Insert the rows whose keys are new; whether all of them were."""
        before = self._connection.total_changes
        self._connection.executemany(f"INSERT OR IGNORE INTO {into}", rows)
        return self._connection.total_changes - before == len(rows)

    def _other_entities(self, lines: Iterable[ReadLine]) -> Iterator[Contradiction]:
        """Those of these lines whose ids are known with other content."""
        query = "SELECT file, line, is_plain, packed FROM entities WHERE kind = ? AND id = ?"
        for content, file, number in lines:
            kind = content.kind
            id_ = content.id
            found = self._connection.execute(query, (_NUMBERS[kind], id_)).fetchone()
            known_file, known_line, is_plain, packed = found
            known = unpack(kind, id_, is_plain, packed)
            mine = unpack(kind, id_, content.is_plain, content.packed)
            if (known.timestamp, known.data) != (mine.timestamp, mine.data):
                other = Place(known_file, known_line, "")
                yield Contradiction(Place(file, number, f"data.{kind}_id"), kind, id_, other)

    def _other_payments(
        self, paid: Iterable[tuple[str, int, str]], lines: Mapping[int, ReadLine]
    ) -> Iterator[Contradiction]:
        """Those of these payments whose charges have paid another period."""
        query = "SELECT position, path FROM charges WHERE id = ?"
        for id_, position, path in paid:
            if self._connection.execute(query, (id_,)).fetchone() != (position, path):
                _, file, number = lines[position]
                yield Contradiction(Place(file, number, path), EntityKind.PURCHASE, id_, None)

    def undescribed_parents(self) -> Iterator[tuple[EntityKind, str]]:
        """The parents that no line describes, each once: they must be known here."""
        query = """SELECT DISTINCT kind, id FROM parents WHERE NOT EXISTS
            (SELECT 1 FROM entities WHERE entities.kind = parents.kind AND entities.id = parents.id)"""
        for kind, id_ in self._connection.execute(query):
            yield _KINDS[kind], id_

    def add_unknown(self, kind: EntityKind, ids: Iterable[str]) -> None:
        """Note parents that no line describes and that are not known here either."""
        self._insert("unknown VALUES (?, ?)", [(_NUMBERS[kind], id_) for id_ in ids])

    def missing_parents(self) -> Iterator[MissingParent]:
        """Every place that names a parent that was noted as unknown, in the order of the lines."""
        query = """SELECT parents.kind, parents.id, entities.file, entities.line, parents.path FROM parents
            JOIN unknown ON unknown.kind = parents.kind AND unknown.id = parents.id
            JOIN entities ON entities.position = parents.position ORDER BY parents.rowid"""
        for kind, id_, file, line, path in self._connection.execute(query):
            yield MissingParent(_KINDS[kind], id_, Place(file, line, path))

    def charges(self) -> Iterator[tuple[str, str, Place]]:
        """Every charge that paid a period, with the purchase and where it stands."""
        query = """SELECT charges.id, entities.id, entities.file, entities.line, charges.path FROM charges
            JOIN entities ON entities.position = charges.position"""
        for charge_id, purchase_id, file, line, path in self._connection.execute(query):
            yield charge_id, purchase_id, Place(file, line, path)

    def purchases_with_releases(self) -> Iterator[tuple[Entity, Place]]:
        """The purchases that name releases, each with where it stands."""
        named = "position IN (SELECT position FROM parents WHERE kind = ?)"
        return self._placed(EntityKind.PURCHASE, named, EntityKind.RELEASE)

    def requests(self) -> Iterator[tuple[Entity, Place]]:
        """Every request, with where it stands."""
        return self._placed(EntityKind.REQUEST, "kind = ?", EntityKind.REQUEST)

    def sellers(self) -> Iterator[tuple[Entity, Place]]:
        """Every seller, with where the line stands."""
        return self._placed(EntityKind.SELLER, "kind = ?", EntityKind.SELLER)

    def _placed(self, kind: EntityKind, condition: str, named: EntityKind) -> Iterator[tuple[Entity, Place]]:
        query = f"SELECT id, is_plain, packed, file, line FROM entities WHERE {condition}"  # noqa: S608 - our own text
        for id_, is_plain, packed, file, line in self._connection.execute(query, (_NUMBERS[named],)):
            yield unpack(kind, id_, is_plain, packed), Place(file, line, "")

    def find(self, kind: EntityKind, id_: str) -> Entity | None:
        """The entity with this id, if a line describes it."""
        query = "SELECT is_plain, packed FROM entities WHERE kind = ? AND id = ?"
        found = self._connection.execute(query, (_NUMBERS[kind], id_)).fetchone()
        return None if found is None else unpack(kind, id_, *found)

    def known_ids(self, kind: EntityKind, ids: Iterable[str]) -> set[str]:
        """Those of these ids that lines describe."""
        query = "SELECT id FROM entities WHERE kind = ? AND id = ?"
        found = (self._connection.execute(query, (_NUMBERS[kind], id_)).fetchone() for id_ in ids)
        return {row[0] for row in found if row is not None}

    def counts(self) -> dict[EntityKind, int]:
        """How many there are of each kind, in the order in which they are written."""
        query = "SELECT kind, count(*) FROM entities GROUP BY kind ORDER BY kind"
        return {_KINDS[kind]: count for kind, count in self._connection.execute(query)}

    def count_up_to(self, kind: EntityKind, position: int) -> int:
        """How many of a kind stand up to a position."""
        query = "SELECT count(*) FROM entities WHERE kind = ? AND position <= ?"
        count: int = self._connection.execute(query, (_NUMBERS[kind], position)).fetchone()[0]
        return count

    def chunks(self, kind: EntityKind, size: int, *, after: int = 0) -> Iterator[tuple[int, Sequence[Entity]]]:
        """The entities of a kind in the order of their lines, each chunk with the position of its last."""
        query = """SELECT position, id, is_plain, packed FROM entities WHERE kind = ? AND position > ?
            ORDER BY position LIMIT ?"""
        while rows := self._connection.execute(query, (_NUMBERS[kind], after, size)).fetchall():
            after = rows[-1][0]
            yield after, [unpack(kind, id_, is_plain, packed) for _, id_, is_plain, packed in rows]


def in_batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of this size, the last one shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
