"""The page about moving in, followed: its example is imported, found equal, exported and moved in again."""

from __future__ import annotations

from pathlib import Path

from ..support.marketplace import Marketplace
from ..support.snapshots import run_as_json, run_command
from ..support.source_tree import ROOT


def test_the_example_of_the_page_moves_in(sqlite_marketplace: Marketplace, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "move-in.md").read_text(encoding="utf-8")
    lines = [text.strip() for text in page.splitlines() if text.strip().startswith('{"kind"')]
    path = tmp_path / "example.ndjson"
    path.write_text("\n".join(lines), encoding="utf-8")
    checked = run_command(sqlite_marketplace, "import", "--check", path)
    assert (checked.exit_code, "Everything is in order; nothing was written." in checked.stdout) == (0, True)
    imported = run_as_json(sqlite_marketplace, "import", path)
    assert [(one["kind"], one["new"]) for one in imported["entities"]] == [
        ("seller", 1),
        ("customer", 1),
        ("product", 1),
        ("purchase", 1),
    ]
    assert run_command(sqlite_marketplace, "compare", path).exit_code == 0
    exported = tmp_path / "export.ndjson.gz"
    assert run_command(sqlite_marketplace, "export", exported).exit_code == 0
    again = run_as_json(sqlite_marketplace, "import", exported)
    assert again["errors"] == []
    assert {(one["new"], one["known"]) for one in again["entities"]} == {(0, 1)}
