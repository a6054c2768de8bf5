"""Import contracts: pyproject's layers hold, and would notice an arrow that runs up, a circle or a hidden import."""

from __future__ import annotations

import graphlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

from ..support.source_tree import ROOT, shown, sources

PURE = {"holidays", "idna", "mailparser_reply"}
"""What the rules may import beside the standard library."""

LAZY_IMPORTS = ("import_module", "__import__")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    # The copy, where there is one, and not the checkout that is installed into this environment.
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    for package in ("marketplace_hooks", "workers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_contract_holds() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("domain/civil_days.py", "import sqlalchemy", "The rules are pure"),
        ("services/core/leases.py", "import flask", "What can be done does not know Flask"),
        ("models/access.py", "import marketplace_hooks.services.core.runtime", "Arrows point downward"),
        (
            "services/core/leases.py",
            "import marketplace_hooks.services.outbox.endpoints",
            "Arrows inside the services point downward",
        ),
        (
            "web/seller/__init__.py",
            "import marketplace_hooks.web.customer",
            "The areas of the web do not import each other",
        ),
        ("services/core/leases.py", "import redis", "Only remote/redis knows rq and redis"),
        ("services/core/leases.py", "import requests", "Only remote/http speaks HTTP to the outside"),
        ("newcomer.py", "", "Arrows point downward"),
    ],
)
def test_a_planted_import_breaks_its_contract(copied_tree: Path, module: str, line: str, contract: str) -> None:
    with (copied_tree / "marketplace_hooks" / module).open("a") as planted:
        planted.write(f"\n{line}\n")
    done = lint(copied_tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


def test_the_rules_are_kept_from_every_package_that_the_product_has() -> None:
    graph = grimp.build_graph("marketplace_hooks", "workers", include_external_packages=True, cache_dir=None)
    outside = {module.partition(".")[0] for module in graph.modules} - {"marketplace_hooks", "workers"}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [pure] = [contract for contract in contracts if contract["name"] == "The rules are pure"]
    assert outside - sys.stdlib_module_names - PURE <= set(pure["forbidden_modules"])


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("marketplace_hooks", "workers", cache_dir=None)
    arrows = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # Raises CycleError, which names the circle; imports for the type checker alone count as well.
    graphlib.TopologicalSorter(arrows).prepare()


def test_no_import_is_hidden_in_a_string() -> None:
    hidden = [
        f"{shown(path)}: {name}"
        for path in sources("marketplace_hooks", "workers")
        for name in LAZY_IMPORTS
        if name in path.read_text()
    ]
    assert hidden == []
