"""Pages of `docs/` that say how to add something, followed step by step as they are printed, in a copy of the tree.

A step is a sentence and the block of code below it: "In `path`, after `line`:" inserts the block there, "In `path`,
below `line`:" puts it in place of the line that follows, "Create `path`:" writes a new file, and a block of `sh` is
run.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .source_tree import ROOT, project_files

_STEP = re.compile(
    r"""
    (?:In\ `(?P<path>[^`]+)`,\ (?P<where>after|below)\ `(?P<line>[^\n]+)`:\n\n
      |Create\ `(?P<new>[^`]+)`:\n\n)?
    ^```(?P<language>\w+)\n(?P<block>.*?)^```$
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One printed step. `path` None: the block is a command."""

    path: str | None
    where: str
    line: str
    block: str


def read_steps(page: str) -> Iterator[Step]:
    """The steps of a page of `docs/`, in their order."""
    for found in _STEP.finditer((ROOT / "docs" / page).read_text(encoding="utf-8")):
        path = found["path"] or found["new"]
        if path is not None or found["language"] == "sh":
            where = found["where"] or ("new" if found["new"] else "run")
            yield Step(path=path, where=where, line=found["line"] or "", block=found["block"])


def copy_tree(folder: Path) -> Path:
    """Copy every file of the project into an empty folder, with what Python has compiled of it already."""
    for path in project_files():
        for file in (path, *path.parent.glob(f"__pycache__/{path.stem}.*.pyc")):
            copy = folder / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)  # with its time, by which Python knows what it compiled.
    return folder


def follow(step: Step, tree: Path) -> None:
    """Do what a step says. Fails when its line is not there exactly once, or its command does not succeed."""
    if step.path is None:
        run(tree, step.block)
        return
    path = tree / step.path
    if step.where == "new":
        assert not path.exists(), f"{step.path} is there already"
        path.write_text(step.block, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.rstrip("\n") == step.line]
    assert len(places) == 1, f"{step.path} has {len(places)} lines {step.line!r}"
    after = places[0] + 1
    lines[after : after + (step.where == "below")] = [step.block]
    path.write_text("".join(lines), encoding="utf-8")


def run(tree: Path, command: str) -> str:
    """Run a printed command in the tree, by this Python; return what it printed. `> path` at its end writes that."""
    command, _, written = command.partition(" > ")
    words = shlex.split(command)
    assert words[0] == "python", f"{command!r} is run by python"
    done = subprocess.run([sys.executable, *words[1:]], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    if written:
        (tree / written.strip()).write_text(done.stdout, encoding="utf-8")
    return done.stdout
