"""Does what is installed match what the project says it needs?"""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
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
]


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
