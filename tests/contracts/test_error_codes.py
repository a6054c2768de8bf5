"""Every code of a problem document is documented, and every documented code is raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from marketplace_hooks.web.api.error_codes import CODES

PACKAGE = Path(__file__).parents[2] / "marketplace_hooks"
ELSEWHERE = {
    *(
        "another_database",
        "autocommit",
        "closed",
        "not_a_session",
        "read_only",
        "session_rejected",
    ),  # of a host's session
    "backup_refused",  # of a command
    "credentials_in_clear",  # of a probe of a merchant site
    "declaration_malformed",  # of a command
    *("filter_malformed", "filter_unknown", "sort_unknown"),  # of a page
    "mail_refused",
    "metrics_not_allowed",
    "no_role",
    "no_secret_key",
    "not_asked_again",
    "not_migrated",
    "sign_in_failed",
    "sign_in_not_believed",
    "releases_malformed",  # of a command
    "stale_form",
    "unknown_host",
}
"""Codes that no call of the API is answered with: of mails, pages, health checks, commands."""
OF_WERKZEUG = {"bad_request"}


def raised() -> Iterator[str]:
    """The codes that stand in the code: `code="…"`, `problem(status, "…")`, and those of the exceptions."""
    for path in PACKAGE.rglob("*.py"):
        if "demo/fake_shops" not in path.as_posix():
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield from codes_of(node, is_of_exceptions=path.name == "errors.py")


def codes_of(node: ast.AST, *, is_of_exceptions: bool) -> Iterator[str]:
    values: list[ast.expr | None] = []
    if isinstance(node, ast.Call):
        values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        values += node.args[1:2] if ast.unparse(node.func) == "problem" else []
    elif isinstance(node, ast.ClassDef) and is_of_exceptions:
        assigned = [one for one in node.body if isinstance(one, ast.Assign)]
        values = [one.value for one in assigned if ast.unparse(one.targets[0]) == "code"]
    elif isinstance(node, ast.FunctionDef):
        arguments = node.args
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        values = [default for argument, default in named if argument.arg == "code"]
    for value in values:
        yield from literal(value)


def literal(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literal(node.body)
        yield from literal(node.orelse)


def test_every_code_that_is_raised_is_documented_and_every_documented_one_is_raised() -> None:
    documented = [code for codes in CODES.values() for code in codes]
    assert len(documented) == len(set(documented))
    assert set(raised()) - ELSEWHERE == set(documented) - OF_WERKZEUG
