"""`docs/add-a-probe.md`, followed as it is printed, adds a probe whose finding both sides read."""

from __future__ import annotations

from pathlib import Path

from ..support.followed_page import copy_tree, follow, read_steps


def test_the_page_followed_step_by_step_adds_a_probe_that_works(tmp_path: Path) -> None:
    """Its last step runs the tests that it names, among them the one it creates."""
    tree = copy_tree(tmp_path)
    steps = list(read_steps("add-a-probe.md"))
    assert [step.where for step in steps].count("run") == 2
    for step in steps:
        follow(step, tree)
