"""How does the database find the rows of a statement that really ran?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from marketplace_hooks.services.core.runtime import Runtime


@dataclass(frozen=True)
class Ran:
    """One statement as it was executed."""

    sql: str
    values: Any


@contextmanager
def listening(engine: Engine) -> Iterator[list[Ran]]:
    """Every statement that runs meanwhile."""
    heard: list[Ran] = []

    def hear(connection: Any, cursor: Any, sql: str, values: Any, context: Any, many: bool) -> None:
        heard.append(Ran(sql, values[0] if many and isinstance(values, list) else values))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def plans(runtime: Runtime, ran: Ran) -> list[str]:
    """How the database finds the rows of a statement; on PostgreSQL also when it does not look at the values."""
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
        cursor.execute(f"PREPARE asked AS {sql}", prepare=False)
        given = ", ".join("NULL" for _ in names)
        found.append(cursor.execute(f"EXPLAIN EXECUTE asked({given})" if given else "EXPLAIN EXECUTE asked").fetchall())
        cursor.execute("DEALLOCATE asked")
        cursor.execute("RESET plan_cache_mode")
        raw.rollback()
        return ["\n".join(str(row[0]) for row in rows) for rows in found]


def assert_nothing_walked(runtime: Runtime, heard: list[Ran], *tables: str, blindly: bool = True) -> None:
    """None of these tables is read from end to end by any statement that looked.

    `blindly`: not even when the database does not look at the values, as for a statement prepared once for all.
    """
    walked = re.compile(rf"(?:Seq Scan on|SCAN) (?:{'|'.join(tables)})\b(?! USING)")
    looked = [one for one in heard if re.match(r"\s*(SELECT|WITH)", one.sql)]
    assert looked
    for one in looked:
        for plan in plans(runtime, one)[: None if blindly else 1]:
            assert not walked.search(plan) or _is_cut_short(one.sql, plan), f"{one.sql}\n{plan}"


def _is_cut_short(sql: str, plan: str) -> bool:
    """Whether SQLite only reads the first rows of a table in its own order: it calls that a scan, too."""
    return (
        "WHERE" not in sql and re.search(r"ORDER BY .* LIMIT", sql, re.S) is not None and "B-TREE FOR ORDER" not in plan
    )
