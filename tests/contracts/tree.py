"""Which files make up the project, as git sees them? What is ignored is nobody's business."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is committed or about to be."""
    # The checkout may belong to another account than the one that runs the tests, as on many build servers.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    named = sorted({ROOT / name for name in listed.stdout.split("\0") if name})
    return tuple(path for path in named if path.is_file())


def sources(*folders: str) -> list[Path]:
    """The Python files under these folders; under none, all of them."""
    python = [path for path in project_files() if path.suffix == ".py"]
    return [path for path in python if not folders or path.relative_to(ROOT).parts[0] in folders]


def shown(path: Path) -> str:
    """A path as people name it."""
    return path.relative_to(ROOT).as_posix()
