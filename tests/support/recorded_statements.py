"""Recorded statements: how many a piece of code sends to the database, and the plan by which each finds its rows.

`with counting_queries(marketplace) as queries: …`, then `assert len(queries) <= 6`: a page must not need more
statements the more it shows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from marketplace_hooks.database.engine import Database
from marketplace_hooks.services.core.runtime import Runtime

from .marketplace import Marketplace


@dataclass(frozen=True)
class ExecutedStatement:
    """One statement as it was executed."""

    sql: str
    values: Any


@contextmanager
def recorded_statements(engine: Engine) -> Iterator[list[ExecutedStatement]]:
    """Every statement that runs during the `with`, in order."""
    recorded: list[ExecutedStatement] = []
    with _listening(engine, recorded.append):
        yield recorded


@contextmanager
def counting_queries(source: Database | Marketplace) -> Iterator[list[str]]:
    """The statements that are sent during the `with`, but for those that only begin a transaction or set an option."""
    database = source.runtime.database if isinstance(source, Marketplace) else source
    queries: list[str] = []

    def record(statement: ExecutedStatement) -> None:
        if not statement.sql.lstrip().upper().startswith(("BEGIN", "PRAGMA", "SET ")):
            queries.append(statement.sql)

    with _listening(database.engine, record):
        yield queries


@contextmanager
def _listening(engine: Engine, record: Callable[[ExecutedStatement], None]) -> Iterator[None]:
    def listener(connection: Any, cursor: Any, sql: str, values: Any, context: Any, many: bool) -> None:
        record(ExecutedStatement(sql, values[0] if many and isinstance(values, list) else values))

    event.listen(engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", listener)


def plans(runtime: Runtime, ran: ExecutedStatement) -> list[str]:
    """The plan of a statement; on PostgreSQL also its generic plan, made without its values."""
    with runtime.database.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        if runtime.database.is_sqlite:
            return ["\n".join(str(row[-1]) for row in cursor.execute(f"EXPLAIN QUERY PLAN {ran.sql}", ran.values))]
        found = [cursor.execute(f"EXPLAIN {ran.sql}", ran.values).fetchall()]
        numbers = itertools.count(1)
        names = re.findall(r"%\((\w+)\)s", ran.sql)
        sql = re.sub(r"%\(\w+\)s", lambda _: f"${next(numbers)}", ran.sql).replace("%%", "%")
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE planned AS {sql}", prepare=False)
        given = ", ".join("NULL" for _ in names)
        found.append(
            cursor.execute(f"EXPLAIN EXECUTE planned({given})" if given else "EXPLAIN EXECUTE planned").fetchall()
        )
        cursor.execute("DEALLOCATE planned")
        cursor.execute("RESET plan_cache_mode")
        raw.rollback()
        return ["\n".join(str(row[0]) for row in rows) for rows in found]


def rows_visited(runtime: Runtime, ran: ExecutedStatement) -> int:
    """How many rows PostgreSQL really visits for a statement, those that it then leaves out among them."""
    with runtime.database.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        [[[explained]]] = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {ran.sql}", ran.values).fetchall()
        raw.rollback()
    return _rows_of(explained["Plan"])


def _rows_of(node: dict[str, Any]) -> int:
    """The rows of one step of a plan, and of the steps below it."""
    each_time = node["Actual Rows"] + sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
    return int(each_time * node["Actual Loops"]) + sum(_rows_of(below) for below in node.get("Plans", []))


def assert_no_table_scan(
    runtime: Runtime, recorded: list[ExecutedStatement], *tables: str, generic: bool = True
) -> None:
    """No recorded SELECT reads any of these tables from end to end.

    `generic`: not by its generic plan either, as PostgreSQL makes one for a statement that is prepared once.
    """
    scanned = re.compile(rf"(?:Seq Scan on|SCAN) (?:{'|'.join(tables)})\b(?! USING)")
    selects = [one for one in recorded if re.match(r"\s*(SELECT|WITH)", one.sql)]
    assert selects
    for one in selects:
        for plan in plans(runtime, one)[: None if generic else 1]:
            assert not scanned.search(plan) or _is_limited(one.sql, plan), f"{one.sql}\n{plan}"


def _is_limited(sql: str, plan: str) -> bool:
    """Whether SQLite only reads the first rows of a table in its own order: it calls that a scan, too."""
    return (
        "WHERE" not in sql and re.search(r"ORDER BY .* LIMIT", sql, re.S) is not None and "B-TREE FOR ORDER" not in plan
    )
