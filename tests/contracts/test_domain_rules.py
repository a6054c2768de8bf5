"""Every rule of `domain` is called by the product, or published in `marketplace_hooks.rules`: none by tests alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace_hooks import rules

from ..support.source_tree import ROOT, shown, sources

DOMAIN = "marketplace_hooks/domain/"


def test_every_public_rule_is_called_by_the_product() -> None:
    product = {path: ast.parse(path.read_text()) for path in sources("marketplace_hooks", "workers")}
    called = {use for path, tree in product.items() for use in used_in(path, tree)}
    unused = [
        f"{module}:{name}"
        for path, tree in product.items()
        if (module := shown(path).removesuffix(".py")).startswith(DOMAIN)
        for name in functions_of(tree)
        if (module, name) not in called and not is_published(module, name)
    ]
    assert unused == []


def functions_of(tree: ast.Module) -> list[str]:
    """The public functions of a module. A decorated one is called by what its decorator registers it with."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [one.name for one in functions if not one.name.startswith("_") and not one.decorator_list]


def is_published(module: str, name: str) -> bool:
    function = getattr(rules, name, None)
    return name in rules.__all__ and getattr(function, "__module__", "") == module.replace("/", ".")


def used_in(path: Path, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every function that a module uses, as (its module, its name): by its own name, or one that it imports."""
    modules = {
        alias.asname or alias.name: (module_of(path, node), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield modules.get(node.id, (shown(path).removesuffix(".py"), node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            package, module = modules[node.value.id]
            yield f"{package}/{module}", node.attr


def module_of(path: Path, node: ast.ImportFrom) -> str:
    """The path, without its suffix, of the module that is imported from."""
    below = (node.module or "").replace(".", "/")
    if not node.level:
        return below
    return "/".join(filter(None, [path.parents[node.level - 1].relative_to(ROOT).as_posix(), below]))


@pytest.mark.parametrize(
    ("code", "used"),
    [
        ("from ..domain.versions import compare\ncompare('1', '2')", ("marketplace_hooks/domain/versions", "compare")),
        ("from ..domain import versions\nversions.compare('1', '2')", ("marketplace_hooks/domain/versions", "compare")),
        ("def a(): ...\na()", ("marketplace_hooks/cli/newcomer", "a")),
    ],
)
def test_a_use_is_seen_however_the_rule_is_imported(code: str, used: tuple[str, str]) -> None:
    assert used in set(used_in(ROOT / "marketplace_hooks" / "cli" / "newcomer.py", ast.parse(code)))


def test_an_import_alone_is_no_use() -> None:
    tree = ast.parse("from ..domain.versions import compare")
    assert not set(used_in(ROOT / "marketplace_hooks" / "cli" / "newcomer.py", tree))
