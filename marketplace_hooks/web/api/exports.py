"""Exports: lists as files that are streamed in batches, and lines of CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response

from ...domain.instants import format_instant

EXPORT_BATCH = 1_000
"""How many rows are read at once: an export holds neither a connection nor all rows while it is sent."""
CSV = "text/csv; charset=utf-8"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would take for a formula."""


def download(lines: Iterator[str], content_type: str, name: str, *, first: str = "") -> Response:
    """A file of this name that is streamed; `first` comes before the lines."""

    def content() -> Iterator[str]:
        yield first
        yield from lines

    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content(), 200, content_type=content_type, headers=headers)


def csv_line(values: Sequence[Any]) -> str:
    """One line of CSV: instants in RFC 3339, dictionaries as JSON, None as nothing."""
    line = io.StringIO()
    csv.writer(line).writerow([_cell(value) for value in values])
    return line.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = format_instant(value) if hasattr(value, "tzinfo") else "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
