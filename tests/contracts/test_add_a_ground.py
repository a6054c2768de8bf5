"""`docs/add-a-ground.md`, followed as it is printed, adds a ground that works from the API to both sides' pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..support.followed_page import copy_tree, follow, read_steps

STEPS = list(read_steps("add-a-ground.md"))


def test_the_page_followed_step_by_step_adds_a_ground_that_works(tmp_path: Path) -> None:
    """Its last step runs the tests that it names, among them the one it creates."""
    tree = copy_tree(tmp_path)
    assert [step.where for step in STEPS].count("run") == 2
    for step in STEPS:
        follow(step, tree)


def test_a_ground_without_its_label_is_named_by_a_sentence_and_does_not_stop_the_start(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    for step in STEPS:
        if step.path is not None and step.path.endswith("domain/support/refusal_grounds.py"):
            follow(step, tree)
    started = [sys.executable, "-c", "import marketplace_hooks.standalone, marketplace_hooks.web.mail.rendering"]
    subprocess.run(started, cwd=tree, check=True)
    named = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contracts/test_labels.py"]
    done = subprocess.run(named, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Ground.HOSTING_BELOW_REQUIREMENTS has no text in labels.refusal_grounds.GROUND_LABELS" in done.stdout
