"""Every regular expression of the package, with the methods by which it reads text."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow.validate import Regexp

import marketplace_hooks
from marketplace_hooks.domain.support.text_folding import WordingPattern

METHODS = frozenset({"match", "fullmatch", "search", "findall", "finditer", "sub", "split"})


@dataclass(frozen=True, kw_only=True)
class UsedPattern:
    """One expression, the place where it is written, and a method that reads text with it."""

    place: str
    pattern: re.Pattern[Any]
    method: str


def used_patterns() -> list[UsedPattern]:
    """Those that are compiled, those that are written into a call, and those of validators."""
    found: list[UsedPattern] = []
    compiled: dict[int, tuple[str, re.Pattern[Any]]] = {}
    names: defaultdict[int, set[str]] = defaultdict(set)
    for module in _modules():
        text = Path(module.__file__).read_text()
        patterns = list(_patterns_of(module))
        if not patterns and "re." not in text and "Regexp" not in text:
            continue  # parsing takes most of the time.
        tree = ast.parse(text)
        for name, pattern in patterns:
            compiled.setdefault(id(pattern), (f"{module.__name__}.{name}", pattern))
            names[id(pattern)] |= _methods_called(tree, name)
        found += _inline(module.__name__, tree)
        found += [
            UsedPattern(place=f"{module.__name__}:{node.lineno}", pattern=re.compile(_literal(node)), method="match")
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _called(node) == "Regexp" and _is_literal(node)
        ]
    for key, (place, pattern) in compiled.items():
        for method in sorted(names[key] or {"search"}):
            found.append(UsedPattern(place=place, pattern=pattern, method=method))
    return found


def _modules() -> Iterator[Any]:
    for info in pkgutil.walk_packages(marketplace_hooks.__path__, "marketplace_hooks."):
        if not info.name.endswith("__main__") and ".versions." not in info.name and not info.name.endswith(".env"):
            module = importlib.import_module(info.name)
            if module.__file__:
                yield module


def _patterns_of(module: Any) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in vars(module).items():
        values = value if isinstance(value, (tuple, list)) else (value,)
        for one in values:
            if isinstance(one, re.Pattern):
                yield name, one
            elif isinstance(one, Regexp):
                yield name, one.regex
            elif isinstance(one, WordingPattern):
                yield name, one.pattern


def _methods_called(tree: ast.AST, name: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in METHODS
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }


def _inline(module: str, tree: ast.AST) -> Iterator[UsedPattern]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in METHODS and _is_re(node) and _is_literal(node):
            yield UsedPattern(place=f"{module}:{node.lineno}", pattern=re.compile(_literal(node)), method=_called(node))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_re(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re"


def _is_literal(node: ast.Call) -> bool:
    return bool(node.args) and isinstance(node.args[0], ast.Constant)


def _literal(node: ast.Call) -> Any:
    return ast.literal_eval(node.args[0])
