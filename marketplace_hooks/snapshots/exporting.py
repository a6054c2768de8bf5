"""Export of everything stored here as a snapshot: one read of the database as of one instant, parents first."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..database.engine import Database
from .checking import TABLES
from .customer_rendering import describable_requests
from .entities import EntityKind
from .files import LONGEST_LINE
from .rendering import id_chunks, render

Report = Callable[[EntityKind, int, int], None]


@dataclass(kw_only=True)
class ExportedKind:
    """How many lines of a kind were written; the ids of what is left out, and of lines too long for an import."""

    lines: int = 0
    left_out: list[str] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)


def export_snapshot(database: Database, path: Path, report: Report) -> dict[EntityKind, ExportedKind]:
    """Write everything to a file, compressed where its name ends with `.gz`; return what was written of each kind.

    The file appears under its name when it is whole, and only its owner can read it: it holds customers' data.
    """
    exported = {kind: ExportedKind() for kind in EntityKind}
    with database.snapshot_session() as session, _written(path) as file:
        for kind in EntityKind:
            total = session.scalar(select(func.count()).select_from(TABLES[kind])) or 0
            done = exported[kind]
            for line in _lines(session, kind, done):
                file.write(line)
                done.lines += 1
                if done.lines % 1_000 == 0:
                    report(kind, done.lines, total)
            report(kind, done.lines, done.lines)
    return exported


def _lines(session: Session, kind: EntityKind, exported: ExportedKind) -> Iterator[bytes]:
    """The lines of a kind; what is left out of them, or too long, is noted."""
    for ids in id_chunks(session, kind):
        rendered = render(session, kind, ids)
        described = describable_requests(session, ids) if kind is EntityKind.REQUEST else rendered.keys()
        for id_ in ids:
            if id_ not in described:
                exported.left_out.append(id_)
            elif id_ in rendered:
                line = json.dumps(rendered[id_].as_line(), ensure_ascii=False, separators=(",", ":")).encode()
                if len(line) > LONGEST_LINE:
                    exported.too_long.append(id_)
                yield line + b"\n"
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
