"""Output of commands: tables and lines for people, JSON for programs.

Ids, names and reasons come from outside. None of them reaches the terminal with a character that a terminal obeys, or
that makes text read in another order, nor as markup.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from ..config.settings import Settings
from ..domain.instants import parse_instant
from ..telemetry.log_context import process_name

PIPED_WIDTH = 240
LONGEST_UNBROKEN = 64
"""A longer id is wrapped: on one line it would leave no room for the other columns."""

_F = TypeVar("_F", bound=Callable[..., Any])


def json_option(command: _F) -> _F:
    """`--json` on a command, given to it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def printable(text: str) -> str:
    """The text with every control, format and private character written as its number: `\\u001b`. Line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char == "\n" or not _is_obeyed(char) else _escaped(char) for char in text)


def print_line(text: str = "", *, is_error: bool = False) -> None:
    """Print a text, whatever it holds."""
    click.echo(printable(text), err=is_error)


def announce(settings: Settings, text: str) -> None:
    """Print a line of a process that runs on, such as that it is ready, in the format of its log."""
    if settings.log_format == "json":
        from ..telemetry.log_output import line_of  # a text needs none of it.

        text = line_of(settings.log_format, process_name(), text)
    print_line(text)


def instant_option(ctx: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """The value of an option that is an instant. Raises `BadParameter`."""
    instant = None if value is None else parse_instant(value)
    if value is not None and instant is None:
        raise click.BadParameter("give a date and time with a UTC offset, such as 2026-03-02T10:00:00Z.")
    return instant


def show_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """A list: a table of these columns, or every field as JSON. `empty` is the sentence for an empty list."""
    rows = list(rows)
    if as_json:
        print_line(json.dumps(rows, ensure_ascii=False, indent=2, default=_plain))
        return
    if not rows:
        print_line(empty)
        return
    # An extra: JSON, and what is no table, needs none of it.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    cells = [[Text(_line(row.get(column))) for column in columns] for row in rows]
    for number, column in enumerate(columns):
        # An id is copied into the next command: it should not be wrapped.
        is_short = max(len(row[number]) for row in cells) <= LONGEST_UNBROKEN
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column.endswith("id") and is_short)
    for row_cells in cells:
        table.add_row(*row_cells)
    # A pipe or a file has no width to respect.
    Console(soft_wrap=False, width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def show_one(facts: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing: a line for each fact, or JSON."""
    if as_json:
        print_line(json.dumps(facts, ensure_ascii=False, default=_plain))
        return
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        print_line(f"{name.replace('_', ' '):<{width}}  {_line(value)}")


def show_counts(counts: Mapping[str, int], *, as_json: bool) -> None:
    """Counts by name: a line for each, or JSON whose keys are the names joined by underscores."""
    if as_json:
        show_one({name.replace(",", "").replace(" ", "_"): count for name, count in counts.items()}, as_json=True)
        return
    for name, count in counts.items():
        print_line(f"{count:>7}  {name}")


def _is_obeyed(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def _escaped(char: str) -> str:
    """As JSON escapes it: in a JSON text it stays the same value."""
    return "".join(f"\\u{unit:04x}" for unit in memoryview(char.encode("utf-16-le", "surrogatepass")).cast("H"))


def _line(value: Any) -> str:
    """A value on one line."""
    return printable(_cell(value)).replace("\n", "\\n")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return str(value)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
