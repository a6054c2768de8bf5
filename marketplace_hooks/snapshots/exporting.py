"""Export of everything stored here as a snapshot: one read of the database as of one instant, parents first."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..database.engine import Database
from .checking import TABLES
from .entities import EntityKind
from .rendering import id_chunks, render

Report = Callable[[EntityKind, int, int], None]


def export_snapshot(database: Database, path: Path, report: Report) -> dict[EntityKind, int]:
    """Write everything to a file, compressed where its name ends with `.gz`; return how many of each kind.

    The file appears under its name when it is whole, and only its owner can read it: it holds customers' data.
    """
    counts: dict[EntityKind, int] = {}
    with database.snapshot_session() as session, _written(path) as file:
        for kind in EntityKind:
            total = session.scalar(select(func.count()).select_from(TABLES[kind])) or 0
            counts[kind] = 0
            for line in _lines(session, kind):
                file.write(line)
                counts[kind] += 1
                if counts[kind] % 1_000 == 0:
                    report(kind, counts[kind], total)
            report(kind, counts[kind], counts[kind])
    return counts


def _lines(session: Session, kind: EntityKind) -> Iterator[bytes]:
    for ids in id_chunks(session, kind):
        rendered = render(session, kind, ids)
        for id_ in ids:
            if id_ in rendered:
                yield json.dumps(rendered[id_].as_line(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        session.expunge_all()


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when everything is written, and is gone when anything fails."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            if path.suffix == ".gz":
                with gzip.open(raw, "wb", compresslevel=6) as compressed:
                    yield compressed  # type: ignore[misc] # a GzipFile is written like any
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
