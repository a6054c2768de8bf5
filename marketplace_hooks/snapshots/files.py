"""Files of a snapshot, read line by line: plain or gzip, each line bounded, and noticed when they change meanwhile."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

LONGEST_LINE = 1_048_576
"""The most bytes of a line, its end not counted: as much as an event may have."""
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 65_536


class UnreadableFile(ValueError):
    """A file that cannot be read to its end. `line` is the last one that was read whole."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class RawLine(NamedTuple):
    """One line as it stands in its file. `text` is None of one that is too long."""

    number: int
    text: bytes | None


class SnapshotFile:
    """One file, read once. Afterwards `digest` is that of its content."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = hashlib.sha256()
        self.size = 0
        self._raw: BinaryIO | None = None

    @property
    def position(self) -> int:
        """How many bytes of the file have been read, for the progress."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else 0

    def lines(self) -> Iterator[RawLine]:
        """Every line that is not blank. Raises `UnreadableFile`, also at the end of a file that has changed."""
        number = 0
        try:
            with self.path.open("rb") as raw:
                self._raw = raw
                if not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
                    raise UnreadableFile(0, "It is no regular file.")
                before = _state(os.fstat(raw.fileno()))
                self.size = before[0]
                for line in self._lines(raw):
                    number = line.number
                    if line.text != b"":
                        yield line
                changed = _state(os.fstat(raw.fileno())) != before or _state(self.path.stat()) != before
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(number, f"The gzip file is cut short or damaged: {error}") from error
        except OSError as error:
            raise UnreadableFile(number, f"The file cannot be read: {error.strerror or error}") from error
        if changed:
            raise UnreadableFile(number, "The file has changed while it was read.")

    def _lines(self, raw: BinaryIO) -> Iterator[RawLine]:
        is_gzip = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        with contextlib.ExitStack() as stack:
            content: BinaryIO = stack.enter_context(gzip.open(raw, "rb")) if is_gzip else raw  # type: ignore[assignment] # a GzipFile is read like any
            buffered = io.BufferedReader(content, _CHUNK) if is_gzip else content  # type: ignore[type-var] # as above
            number = 0
            while text := buffered.readline(LONGEST_LINE + 2):
                number += 1
                self.digest.update(text)
                if len(text.rstrip(b"\r\n")) > LONGEST_LINE:
                    _skip_rest(buffered.readline, text)
                    yield RawLine(number, None)
                    continue
                yield RawLine(number, text.strip())


def _skip_rest(readline: Callable[[int], bytes], text: bytes) -> None:
    """Read on to the end of a line that is too long, a piece at a time."""
    while text and not text.endswith(b"\n"):
        text = readline(_CHUNK)


def _state(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev
