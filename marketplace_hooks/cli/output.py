"""Output of commands: tables and lines for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 240

_F = TypeVar("_F", bound=Callable[..., Any])


def json_option(command: _F) -> _F:
    """`--json` on a command, given to it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def show_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """A list: a table of these columns, or every field as JSON. `empty` is the sentence for an empty list."""
    rows = list(rows)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=_plain))
        return
    if not rows:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        # An id is copied into the next command: it must not be wrapped.
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column.endswith("id"))
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    # A pipe or a file has no width to respect.
    Console(soft_wrap=False, width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def show_one(facts: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing: a line for each fact, or JSON."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, default=_plain))
        return
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {_cell(value)}")


def show_counts(counts: Mapping[str, int], *, as_json: bool) -> None:
    """Counts by name: a line for each, or JSON whose keys are the names joined by underscores."""
    if as_json:
        show_one({name.replace(",", "").replace(" ", "_"): count for name, count in counts.items()}, as_json=True)
        return
    for name, count in counts.items():
        click.echo(f"{count:>7}  {name}")


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
