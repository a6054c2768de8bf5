"""Standard reasons: what changes without a person's reason has one of `StandardReason`, which pages have labels for."""

from __future__ import annotations

import ast

from ..support.source_tree import shown, sources

TAKES_A_REASON = {"Cause", "disable_endpoint", "publish_about"}
NO_REASON = {"''"}


def written_reasons(call: ast.Call) -> list[str]:
    """The texts that a call has for its reason, written where it is made."""
    given = [*call.args[-1:], *(word.value for word in call.keywords if word.arg == "reason")]
    texts = (one for one in given if isinstance(one, ast.JoinedStr | ast.Constant))
    return [ast.unparse(one) for one in texts if ast.unparse(one) not in NO_REASON]


def name_of(call: ast.Call) -> str:
    """The function that is called, without its module."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def test_no_reason_is_written_where_something_changes() -> None:
    written = {
        f"{shown(path)}: {reason}"
        for path in sources("marketplace_hooks")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and name_of(call) in TAKES_A_REASON
        for reason in written_reasons(call)
    }
    assert written == set()
