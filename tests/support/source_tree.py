"""Source tree: the files of the project as git lists them, without what it ignores."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


NOT_OURS = {"__pycache__", "build", "instance", "screenshots"}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is committed or about to be."""
    # The checkout may belong to another account than the one that runs the tests, as on build servers.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return files_without_git()
    named = sorted({ROOT / name for name in listed.stdout.split("\0") if name})
    return tuple(path for path in named if path.is_file())


def files_without_git() -> tuple[Path, ...]:
    """The same in an exported tree: every file outside the folders that tools leave behind."""

    def left_by_tools(part: str) -> bool:
        return part in NOT_OURS or part.endswith(".egg-info") or (part.startswith(".") and part != ".ci")

    found = (path for path in ROOT.rglob("*") if not any(map(left_by_tools, path.relative_to(ROOT).parts[:-1])))
    return tuple(sorted(path for path in found if path.is_file()))


def sources(*folders: str) -> list[Path]:
    """The Python files under these folders; under none, all of them."""
    python = [path for path in project_files() if path.suffix == ".py"]
    return [path for path in python if not folders or path.relative_to(ROOT).parts[0] in folders]


def shown(path: Path) -> str:
    """A path relative to the project, with forward slashes."""
    return path.relative_to(ROOT).as_posix()
