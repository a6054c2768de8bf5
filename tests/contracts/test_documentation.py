"""Documentation contract: every file, folder and module that a page names is in the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marketplace_hooks.cli.up import up
from marketplace_hooks.config.settings import Settings

from ..support.source_tree import ROOT, project_files, shown

PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md", *ROOT.glob("docs/**/*.md")]
)
TOP_LEVEL = r"(?:marketplace_hooks|workers|tests|benchmarks|companion|deploy|docs|instance|\.ci)"
NAMED = re.compile(r"`([^`\s]+)`")
FILE = re.compile(rf"(?:{TOP_LEVEL}/[\w./-]*|[\w./-]+\.(?:py|md|toml|html|css))")
MODULE = re.compile(r"marketplace_hooks(?:\.\w+)+")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
# Files that exist on a reader's machine, or on a merchant's site, alone.
ELSEWHERE = {"config.toml", "docs/CHANGELOG.txt"}
CREATED = re.compile(r"\bCreate `([^`\s]+)`")


def exists(name: str, page: Path, known: set[str]) -> bool:
    """Whether a name is a file or folder of the project: from its root, or beside the page, or the end of a path."""
    path = name.rstrip("/")
    beside = (page.parent / path).resolve()
    return any(one == path or one.startswith(f"{path}/") or one.endswith(f"/{path}") for one in known) or (
        beside.is_relative_to(ROOT) and shown(beside) in known
    )


def exists_as_module(name: str, known: set[str]) -> bool:
    """Whether a dotted name is a module, or a name in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end])
        if f"{path}.py" in known or f"{path}/__init__.py" in known:
            return end >= len(parts) - 2
    return False


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_file_and_module_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = {shown(path) for path in project_files()}
    names = {name for name in NAMED.findall(text) if name not in ELSEWHERE | set(CREATED.findall(text))}
    missing = {name for name in names if FILE.fullmatch(name) and not exists(name, page, known)}
    missing |= {name for name in names if MODULE.fullmatch(name) and not exists_as_module(name, known)}
    missing |= {link for link in LINK.findall(text) if not (page.parent / link).exists()}
    assert missing == set(), f"{shown(page)} names what is not there"


def test_a_name_that_is_not_there_is_found() -> None:
    known = {"marketplace_hooks/__init__.py", "marketplace_hooks/errors.py", "docs/embed.md"}
    page = ROOT / "README.md"
    assert exists("marketplace_hooks/errors.py", page, known)
    assert exists("errors.py", page, known)
    assert exists("docs/", page, known)
    assert not exists("marketplace_hooks/mistakes.py", page, known)
    assert exists_as_module("marketplace_hooks.errors.Refused", known)
    assert not exists_as_module("marketplace_hooks.store.inbox.Row", known)


CITATION = re.compile(
    r"`(rules|deadlines|webhooks|prestashop)\.md`(?:[ \n]+(\d+(?:\.\d+)?)(?:(?: to |-|, | and )(\d+))?)?"
)
NUMBERED = re.compile(r"^ *(?:#+ |- )?\**(\d+(?:\.\d+)?)\.? ?", re.MULTILINE)


def cited_rules(text: str) -> set[tuple[str, str]]:
    """Page and number of each rule that a source file cites; the number is empty where a whole page is cited."""
    flat = re.sub(r"\n[ #]*", " ", text)
    return {
        (page, number) for page, *numbers in CITATION.findall(flat) for number in numbers if number or not any(numbers)
    }


def test_every_rule_that_a_docstring_cites_stands_on_its_page() -> None:
    numbers = {
        page: {"", *NUMBERED.findall((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"))}
        for page in ("rules", "deadlines", "webhooks", "prestashop")
    }
    sources = [path for path in project_files() if path.suffix in {".py", ".html"} and path != Path(__file__)]
    cited = {(shown(path), *rule) for path in sources for rule in cited_rules(path.read_text(encoding="utf-8"))}
    assert len({(page, number) for _, page, number in cited}) > 30
    assert [one for one in sorted(cited) if one[2] not in numbers[one[1]]] == []


def test_a_rule_that_is_not_on_its_page_is_found() -> None:
    assert cited_rules("(`rules.md` 17, and\n    `webhooks.md` 9 to 11)") == {
        ("rules", "17"),
        ("webhooks", "9"),
        ("webhooks", "11"),
    }
    assert "23" not in NUMBERED.findall((ROOT / "docs" / "rules.md").read_text(encoding="utf-8"))


def test_no_page_is_cited_that_does_not_ship() -> None:
    pages = {path.name for path in project_files() if path.suffix == ".md"}
    sources = [path for path in project_files() if path.suffix == ".py" and "tests" not in path.parts]
    cited = {
        (shown(path), name.rpartition("/")[2])
        for path in sources
        for name in re.findall(r"`([\w/-]+\.md)`", path.read_text(encoding="utf-8"))
    }
    assert [one for one in sorted(cited) if one[1] not in pages] == []


DYING = "When something dies"


def test_every_line_of_the_table_of_what_may_die_has_its_test_and_every_such_test_its_line() -> None:
    section = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8").partition(f"## {DYING}\n")[2]
    table, _, _ = section.partition("\n## ")
    lines = re.findall(r"^\| ([^|:]+)", table, re.MULTILINE)[1:]
    marked = {
        name
        for path in project_files()
        if path.suffix == ".py" and path != Path(__file__)
        for name in re.findall(
            rf'^# docs/operate.md, "{DYING}": (.+)\.$', path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert len(lines) > 10
    assert {line.strip() for line in lines} == marked


def test_the_connections_that_the_page_counts_for_the_defaults_are_those_of_the_settings() -> None:
    settings = Settings()
    [workers] = [option.default for option in up.params if option.name == "workers"]
    web = settings.web_processes * 2 * settings.web_threads
    others = (workers + 1) * (settings.database_pool_size + settings.database_pool_overflow + 1)
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert re.search(rf"`up` [^\n]*\+ 5 = {web + others + 5}, PostgreSQL's own default", page)


def test_every_test_that_the_page_of_requirements_names_exists() -> None:
    page = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)", page))
    assert len(named) > 100
    missing = {(path, name) for path, name in named if f"def {name}" not in (ROOT / path).read_text(encoding="utf-8")}
    assert missing == set()
