"""Contract of migrations: they make one chain, numbered one after the other, even when written side by side.

Since 0.1.0 they only add, so that processes of an older version go on beside the new schema.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ..support.source_tree import ROOT

FOLDER = ROOT / "marketplace_hooks" / "database" / "migrations" / "versions"


def test_each_migration_follows_the_one_before_it() -> None:
    files = sorted(FOLDER.glob("[0-9]*.py"))
    chain = [re.findall(r'^(?:down_)?revision = "?(\w+)"?$', path.read_text("utf-8"), re.MULTILINE) for path in files]
    expected = [[f"{number:04}", f"{number - 1:04}" if number > 1 else "None"] for number in range(1, len(files) + 1)]
    assert chain == expected
    assert [path.name[:4] for path in files] == [number for number, _ in expected]


LAST_OF_0_1_0 = "0012"
TAKES_AWAY = {"alter_column", "drop_column", "drop_table", "rename_table"}


def calls(path: Path) -> Iterator[ast.Call]:
    """The calls of `op.…` in a migration, without its downgrade."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name != "downgrade":
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and ast.unparse(inner.func).startswith("op."):
                    yield inner


def is_required(column: ast.expr) -> bool:
    """Whether an older version, which does not know the column, could not insert a row."""
    given = {one.arg: ast.unparse(one.value) for one in column.keywords} if isinstance(column, ast.Call) else {}
    return given.get("nullable") == "False" and "server_default" not in given


def test_a_migration_leaves_an_older_version_what_it_reads_and_writes() -> None:
    found = []
    for path in sorted(FOLDER.glob("[0-9]*.py")):
        number = path.name[:4]
        if number <= LAST_OF_0_1_0:
            continue
        for call in calls(path):
            name = ast.unparse(call.func).removeprefix("op.")
            if name in TAKES_AWAY or (name == "add_column" and is_required(call.args[1])):
                found.append(f"{path.name}:{call.lineno}: {ast.unparse(call)[:80]}")
    assert found == [], "take it away a version later, when nothing reads it any more (docs/backup.md)"


def test_a_column_that_an_older_version_could_not_fill_is_found() -> None:
    required, optional, filled = (
        ast.parse(f"sa.Column('x', sa.Text(){more})", mode="eval").body
        for more in (", nullable=False", ", nullable=True", ", nullable=False, server_default=''")
    )
    assert (is_required(required), is_required(optional), is_required(filled)) == (True, False, False)
