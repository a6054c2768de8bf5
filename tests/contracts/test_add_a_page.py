"""`docs/add-a-page.md`, followed as printed, adds a page in both languages, with layout, navigation and audience."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..support.followed_page import copy_tree, follow, read_steps

STEPS = list(read_steps("add-a-page.md"))


def run_tests(tree: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    named = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
    return subprocess.run(named, cwd=tree, capture_output=True, text=True, check=False)


def test_the_page_followed_step_by_step_adds_a_page_that_opens(tmp_path: Path) -> None:
    """Its last step runs the tests that it names, among them the one it creates."""
    tree = copy_tree(tmp_path)
    assert [step.where for step in STEPS].count("run") == 2
    for step in STEPS:
        follow(step, tree)


def test_what_is_missing_is_named_by_a_sentence(tmp_path: Path) -> None:
    tree = copy_tree(tmp_path)
    for step in STEPS[:-1]:
        follow(step, tree)
    view = tree / "marketplace_hooks/web/customer/shops.py"
    view.write_text(view.read_text(encoding="utf-8").replace("@audience(Role.CUSTOMER)\n", ""), encoding="utf-8")
    catalogue = tree / "marketplace_hooks/web/translations/fr/LC_MESSAGES/marketplace_hooks.po"
    translated = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(translated.replace('msgstr "Mes boutiques"', 'msgstr ""'), encoding="utf-8")
    done = run_tests(tree, "tests/contracts/test_pages.py", "tests/web/i18n")
    assert done.returncode == 1, done.stderr
    assert "/account/shops declares no audience" in done.stdout
    assert "fr lacks 'My shops'" in done.stdout
