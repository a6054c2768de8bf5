"""`docs/add-a-page.md`, followed as printed, adds a page in both languages, with layout, navigation and audience."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.followed_page import copy_tree, follow, read_steps

STEPS = list(read_steps("add-a-page.md"))


def run_tests(tree: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    named = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
    return subprocess.run(named, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which the page was followed up to its last step, which runs tests."""
    tree = copy_tree(tmp_path_factory.mktemp("tree"))
    for step in STEPS[:-1]:
        follow(step, tree)
    return tree


def test_the_page_followed_step_by_step_adds_a_page_that_opens(followed: Path) -> None:
    """Its last step runs the tests that it names, among them the one it creates."""
    assert [step.where for step in STEPS].count("run") == 2
    follow(STEPS[-1], followed)


def test_what_is_missing_is_named_by_a_sentence(followed: Path, tmp_path: Path) -> None:
    tree = Path(shutil.copytree(followed, tmp_path / "tree"))
    view = tree / "marketplace_hooks/web/customer/shops.py"
    view.write_text(view.read_text(encoding="utf-8").replace("@audience(Role.CUSTOMER)\n", ""), encoding="utf-8")
    catalogue = tree / "marketplace_hooks/web/translations/fr/LC_MESSAGES/marketplace_hooks.po"
    translated = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(translated.replace('msgstr "Mes boutiques"', 'msgstr ""'), encoding="utf-8")
    done = run_tests(tree, "tests/contracts/test_pages.py", "tests/web/i18n")
    assert done.returncode == 1, done.stderr
    assert "/account/shops declares no audience" in done.stdout
    assert "fr lacks 'My shops'" in done.stdout
