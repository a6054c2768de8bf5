"""Source rules: names, sizes and docstrings of modules, unique class names, a reason beside every exemption."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator

import pytest

from ..support.source_tree import ROOT, files_without_git, project_files, shown, sources

PRODUCT = ("marketplace_hooks", "workers")
# Names without a subject: whatever has no place of its own would end up in a module called so.
NO_SUBJECT = {"utils", "util", "helpers", "helper", "common", "misc", "views", "routes", "app"}
LONGEST_MODULE_LINES = 299
LONGEST_FUNCTION_LINES = 39

QUESTION = re.compile(r"(?:What|How|Who|Whose|Which|When|Where|Why|Is|Are|Does|Do|Can|May|Must)\b")

LINT_EXEMPTION = re.compile(r"#\s*noqa\b(?P<rest>.*)", re.IGNORECASE)
LINT_CODES_AND_REASON = re.compile(r":\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*(?P<reason>.*)")
TYPE_EXEMPTION = re.compile(r"#\s*type:\s*ignore(?P<rest>.*)")
TYPE_CODES_AND_REASON = re.compile(r"\[[a-z, -]+\](?P<reason>.*)")
WHOLE_FILE = re.compile(r"#\s*(?:ruff|flake8):\s*noqa|#\s*mypy:\s*\S|#\s*pyright:", re.IGNORECASE)


def test_no_module_has_a_name_without_a_subject() -> None:
    unnamed = {
        shown(path) for path in sources(*PRODUCT) if NO_SUBJECT & {*path.relative_to(ROOT).with_suffix("").parts}
    }
    assert unnamed == set()


def test_modules_stay_short_enough_to_be_read_at_once() -> None:
    written = [path for path in sources(*PRODUCT, "run.py", "wsgi.py") if "migrations" not in path.parts]
    counted = {shown(path): len(path.read_text().splitlines()) for path in written}
    assert {name: lines for name, lines in counted.items() if lines > LONGEST_MODULE_LINES} == {}


def test_functions_stay_short_enough_to_be_held_in_mind() -> None:
    written = [path for path in sources(*PRODUCT, "run.py", "wsgi.py") if "migrations" not in path.parts]
    long = {
        f"{shown(path)}: {function.name}": lines
        for path in written
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := lines_of(function)) > LONGEST_FUNCTION_LINES
    }
    assert long == {}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From `def` to the end, without the docstring: explaining more must not count."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def test_every_module_begins_by_saying_what_it_is() -> None:
    faults = {
        shown(path): fault
        for path in sources(*PRODUCT, "tests", "benchmarks", "run.py", "wsgi.py")
        if "versions" not in path.parts and not path.name.startswith("test_")
        if (fault := docstring_fault(ast.parse(path.read_text())))
    }
    assert faults == {}


def docstring_fault(module: ast.Module) -> str | None:
    """What is wrong with the first line of a module's docstring; None when nothing is, or the module is empty."""
    if not module.body:
        return None
    first_line = (ast.get_docstring(module) or "").partition("\n")[0]
    if not first_line:
        return "has no docstring"
    if first_line.rstrip().endswith("?") or QUESTION.match(first_line):
        return "begins with a question"
    return None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("", None),
        ('"""Retry policy: when a failed delivery is tried again."""', None),
        ('"""Isolation of tests: …"""', None),
        ("import os", "has no docstring"),
        ('"""When is a failed delivery tried again?"""', "begins with a question"),
        ('"""How a delivery is tried again."""', "begins with a question"),
        ('"""Is it due? Then do it."""', "begins with a question"),
    ],
)
def test_a_docstring_that_asks_is_found(code: str, fault: str | None) -> None:
    assert docstring_fault(ast.parse(code)) == fault


def test_a_class_name_means_one_class() -> None:
    defined: defaultdict[str, list[str]] = defaultdict(list)
    for path in sources(*PRODUCT):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                defined[node.name].append(f"{shown(path)}:{node.lineno}")
    assert {name: places for name, places in defined.items() if len(places) > 1} == {}


def test_unrelated_values_are_not_assigned_together() -> None:
    packed = [
        f"{shown(path)}:{line}"
        for path in sources(*PRODUCT, "tests", "benchmarks", "run.py", "wsgi.py")
        for line in packed_assignments(ast.parse(path.read_text()))
    ]
    assert packed == []


def packed_assignments(tree: ast.AST) -> Iterator[int]:
    """The lines of `a, b = x, y`, but where a name of the left side is read on the right, as in a swap."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Tuple | ast.List):
            continue
        if len(node.value.elts) < 2:
            continue
        if not any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
            continue
        if any(isinstance(value, ast.Starred) for value in node.value.elts):
            continue
        written = {ast.unparse(name) for target in node.targets for name in getattr(target, "elts", [target])}
        read = {ast.unparse(part) for part in ast.walk(node.value) if isinstance(part, ast.Name | ast.Attribute)}
        if not written & read:
            yield node.lineno


@pytest.mark.parametrize(
    ("code", "is_packed"),
    [
        ("a, b = 1, 2", True),
        ("(a, b) = [c, d]", True),
        ("a, b = b, a", False),
        ("a.x, b = b, a.x", False),
        ("a, b = f()", False),
        ("a = 1, 2", False),
        ("a, *b = *c, 1", False),
        ("[a] = [b]", False),
    ],
)
def test_a_packed_assignment_is_found(code: str, is_packed: bool) -> None:
    assert bool(list(packed_assignments(ast.parse(code)))) is is_packed


def test_every_exemption_names_its_rule_and_gives_its_reason() -> None:
    faults = [
        f"{shown(path)}:{number}: {fault}"
        for path in sources()
        for number, comment in comments_of(path.read_text())
        if (fault := fault_of(comment))
    ]
    assert faults == []


def comments_of(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def fault_of(comment: str) -> str | None:
    """What is wrong with a comment that exempts code from a check; None when nothing is, or it exempts nothing."""
    if WHOLE_FILE.search(comment):
        return "exempts a whole file"
    for exemption, codes_and_reason in (
        (LINT_EXEMPTION, LINT_CODES_AND_REASON),
        (TYPE_EXEMPTION, TYPE_CODES_AND_REASON),
    ):
        if not (found := exemption.search(comment)):
            continue
        named = codes_and_reason.match(found["rest"])
        if not named:
            return "names no code"
        if len(re.findall(r"[A-Za-z]{2,}", named["reason"])) < 2:
            return "gives no reason"
    return None


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("# noqa: S603 - the binary is our own", None),
        ("# noqa: S603, T201 - a report for people", None),
        ("# type: ignore[attr-defined]  # added by the extension at start", None),
        ("# an ordinary remark about what type: ignored things have", None),
        ("# noqa", "names no code"),
        ("# noqa - it is fine, believe me", "names no code"),
        ("# noqa: S603", "gives no reason"),
        ("# noqa: S603 - sic", "gives no reason"),
        ("# NOQA: S603", "gives no reason"),
        ("# type: ignore", "names no code"),
        ("# type: ignore  # just because I say so", "names no code"),
        ("# type: ignore[arg-type]", "gives no reason"),
        ("# ruff: noqa: S101 - asserts are wanted here", "exempts a whole file"),
        ("# mypy: ignore-errors", "exempts a whole file"),
    ],
)
def test_an_exemption_without_code_or_reason_is_found(comment: str, fault: str | None) -> None:
    assert fault_of(comment) == fault


def test_every_skipped_or_expected_failure_gives_its_reason() -> None:
    silent = [
        f"{shown(path)}:{mark.lineno}"
        for path in sources("tests")
        for mark in unexplained_marks(ast.parse(path.read_text()))
    ]
    assert silent == []


def unexplained_marks(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Every `skip`, `skipif` or `xfail` of pytest that is not called with a reason."""
    explained = {
        id(call.func)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and ((call.args and is_direct(call.func)) or any(word.arg == "reason" for word in call.keywords))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("skip", "skipif", "xfail") and id(node) not in explained:
            yield node


def is_direct(function: ast.expr) -> bool:
    """`pytest.skip("why")`: its first argument is the reason; that of a mark is a condition."""
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.attr != "skipif"


@pytest.mark.parametrize(
    ("code", "silent"),
    [
        ("pytest.skip('needs a browser')", 0),
        ("pytest.mark.skipif(there, reason='needs a browser')", 0),
        ("pytest.skip()", 1),
        ("pytest.mark.skip", 1),
        ("pytest.mark.skipif(there)", 1),
        ("pytest.mark.xfail(strict=True)", 1),
    ],
)
def test_a_skip_without_a_reason_is_found(code: str, silent: int) -> None:
    assert len(list(unexplained_marks(ast.parse(code)))) == silent


def test_every_folder_of_tests_is_a_package_so_that_equal_names_do_not_clash() -> None:
    folders = {path.parent for path in sources("tests")}
    assert {shown(folder) for folder in folders if folder / "__init__.py" not in project_files()} == set()


def test_an_exported_tree_is_held_to_the_same_rules() -> None:
    assert set(sources()) <= set(files_without_git())
