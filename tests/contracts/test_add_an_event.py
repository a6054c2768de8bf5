"""`docs/add-an-event.md`, followed as it is printed, adds an event whose product search finds by its new name only."""

from __future__ import annotations

from pathlib import Path

from ..support.followed_page import copy_tree, follow, read_steps

STEPS = list(read_steps("add-an-event.md"))


def test_the_page_followed_step_by_step_adds_an_event_that_works(tmp_path: Path) -> None:
    """Its last step runs the tests that it names, among them the one it creates."""
    tree = copy_tree(tmp_path)
    assert [step.where for step in STEPS] == ["after", "after", "new", "run", "new", "run"]
    for step in STEPS:
        follow(step, tree)
    assert "### `product.renamed`" in (tree / "docs" / "events.md").read_text(encoding="utf-8")
