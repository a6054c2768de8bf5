"""Kill points of the fault tests: each names a function that exists, or its fault would never happen."""

from __future__ import annotations

import ast
import importlib
import re

from ..support.source_tree import shown, sources

KILL_POINT = re.compile(r"(marketplace_hooks(?:\.\w+)*):([\w.]+)")


def exists(module: str, path: str) -> bool:
    """Whether a module has this function, or this class with this method."""
    found: object = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    return callable(found)


def test_every_kill_point_names_a_function() -> None:
    points = {
        found.groups(): shown(path)
        for path in sources("tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if (found := KILL_POINT.fullmatch(node.value))
    }
    assert len(points) >= 5
    missing = {":".join(point): file for point, file in points.items() if not exists(*point)}
    assert missing == {}
