"""Contract of the glossary: no identifier of ours uses a word that `docs/glossary.md` replaces by a standard term.

The page says for each word how it is matched: any part of a name, or more narrowly where ordinary English needs it.
Prose and strings are free, and so is the name of a test, which is a sentence.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from ..support.source_tree import ROOT, shown, sources

PAGE = ROOT / "docs" / "glossary.md"
CHECKED = ("marketplace_hooks", "workers", "tests", "benchmarks")
CODE = re.compile(r"`([^`]+)`")
HOW = {"name", "part", "class", "module"}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def replaced() -> dict[str, str]:
    """Each word that is replaced, and how it is matched."""
    return {word: row[3] for row in rows("Words of the code") for word in CODE.findall(row[0])}


def kept_names() -> set[str]:
    """The identifiers that stay although a word of theirs is replaced elsewhere."""
    return {name for row in rows("Names that stay") for name in CODE.findall(row[0])}


@cache
def parts_of(name: str) -> list[str]:
    """`snake_case`, `CamelCase` and `UPPER_CASE` as lower-case parts."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def uses(name: str, word: str, how: str, *, kind: str = "name") -> bool:
    """Whether an identifier uses a word; a word of several parts is looked for as their sequence."""
    parts = parts_of(name)
    wanted = parts_of(word)
    if how in ("class", "module"):
        return kind == how and parts == wanted
    if how == "name":
        return parts == wanted
    return any(parts[start : start + len(wanted)] == wanted for start in range(len(parts)))


def defined_names(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Every name that a module defines or binds, with its kind and line; names of tests are left out."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name):
                yield name, "class", node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("test_"):
                    yield name, "name", node.lineno
            case ast.arg(arg=name):
                yield name, "name", node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, "name", node.lineno
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name, "name", node.lineno
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, "name", node.lineno


def checked_modules() -> list[Path]:
    """Our modules, but for the migrations: what they wrote once stays."""
    return [path for path in sources(*CHECKED) if "versions" not in path.parts]


@cache
def names_of(path: Path) -> Sequence[tuple[str, str, int]]:
    """The names of a module's folders and file, then those that it defines."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    folders = [(part, "module", 0) for part in parts if not part.startswith("test_")]
    return [*folders, *defined_names(ast.parse(path.read_text(encoding="utf-8")))]


def test_no_identifier_uses_a_word_that_the_glossary_replaces() -> None:
    words = replaced()
    assert len(words) > 60, "the table was not read"
    stays = kept_names()
    found: defaultdict[str, set[str]] = defaultdict(set)

    @cache
    def is_replaced(name: str, kind: str) -> bool:
        return name not in stays and any(uses(name, word, how, kind=kind) for word, how in words.items())

    for path in checked_modules():
        for name, kind, line in names_of(path):
            if is_replaced(name, kind):
                found[shown(path)].add(f"{name} (line {line})")
    listed = "\n".join(f"{path}: {', '.join(sorted(names))}" for path, names in sorted(found.items()))
    assert not found, f"say it in the words of docs/glossary.md:\n{listed}"


def test_every_row_says_what_to_use_what_it_is_and_how_it_is_matched() -> None:
    for row in rows("Words of the code"):
        instead_of, use, meaning, how = row
        assert CODE.findall(instead_of), row
        assert use, row
        assert meaning, row
        assert how in HOW, row
    assert all(len(row) == 3 and all(row) for row in rows("Words of the domain"))
    assert all(len(row) == 2 and all(row) for row in rows("Names that stay"))


def test_every_name_that_stays_is_still_in_use() -> None:
    defined = {name for path in checked_modules() for name, _, _ in names_of(path)}
    assert kept_names() - defined == set()


@pytest.mark.parametrize(
    ("name", "word", "how", "is_used"),
    [
        ("told", "told", "part", True),
        ("told_so_far", "told", "part", True),
        ("InboundTold", "told", "part", True),
        ("LAST_TOLD", "told", "part", True),
        ("untold", "told", "part", False),
        ("keep", "keep", "name", True),
        ("keep_alive", "keep", "name", False),
        ("reading", "Reading", "class", False),
        ("people", "people", "module", False),
        ("does_work_off_all", "work_off", "part", True),
        ("work_done_off", "work_off", "part", False),
    ],
)
def test_a_word_is_found_as_the_page_says(name: str, word: str, how: str, is_used: bool) -> None:
    assert uses(name, word, how) is is_used


def test_names_are_found_wherever_they_are_bound() -> None:
    code = (
        "import a as b\ndef f(c, *, d=1):\n    e = self.g = h(i=1)\nclass J:\n    k: int\n\ndef test_l():\n    pass\n"
    )
    assert {name for name, _, _ in defined_names(ast.parse(code))} == {"b", "f", "c", "d", "e", "g", "J", "k"}
