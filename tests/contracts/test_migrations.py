"""Contract of migrations: they make one chain, numbered one after the other, even when written side by side."""

from __future__ import annotations

import re

from ..support.source_tree import ROOT

FOLDER = ROOT / "marketplace_hooks" / "database" / "migrations" / "versions"


def test_each_migration_follows_the_one_before_it() -> None:
    files = sorted(FOLDER.glob("[0-9]*.py"))
    chain = [re.findall(r'^(?:down_)?revision = "?(\w+)"?$', path.read_text("utf-8"), re.MULTILINE) for path in files]
    expected = [[f"{number:04}", f"{number - 1:04}" if number > 1 else "None"] for number in range(1, len(files) + 1)]
    assert chain == expected
    assert [path.name[:4] for path in files] == [number for number, _ in expected]
