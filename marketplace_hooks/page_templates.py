"""Templates of the pages, and those of a host or an installation that replace them.

Flask looks in the application's own folder first: `marketplace_hooks/…` there replaces ours. Ours remain available
under a second name, `marketplace_hooks_original/…`, so that a template can extend the one it replaces.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from flask import Blueprint, Flask
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader, TemplateError, nodes

from .config.brand_settings import TEMPLATES

FOLDER = Path(__file__).parent / "web" / "templates"
ORIGINALS = f"{TEMPLATES}_original"
LAYOUT = f"{TEMPLATES}/layout.html"
LAYOUT_BLOCKS = frozenset({"title", "head", "main"})
"""Without these a layout shows nothing of our pages."""


_BLOCK = re.compile(r"{%-? block (\w+)")


class TemplateBlueprint(Blueprint):
    """The blueprint that brings our templates."""

    @cached_property
    def jinja_loader(self) -> BaseLoader:
        """Our templates by both of their names."""
        return ChoiceLoader([FileSystemLoader(FOLDER), PrefixLoader({ORIGINALS: FileSystemLoader(FOLDER / TEMPLATES)})])


def template_names() -> frozenset[str]:
    """The names of our templates."""
    return frozenset(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))


def replaced_templates(app: Flask) -> list[str]:
    """The templates of the application's own folder that have a name like ours."""
    loader = app.jinja_loader
    return [] if loader is None else [name for name in loader.list_templates() if name.startswith(f"{TEMPLATES}/")]


def template_faults(app: Flask) -> list[str]:
    """A sentence for each of them that takes the place of nothing, cannot be read, or leaves our pages empty."""
    known = template_names()
    faults = []
    for name in replaced_templates(app):
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}" if close else ""
            faults.append(f"{name} takes the place of no template of ours{hint}")
            continue
        try:
            blocks = _blocks(app, name, ())
        except TemplateError as error:
            faults.append(f"{name} cannot be read: {error}")
            continue
        if name == LAYOUT:
            faults += _layout_faults(blocks)
    return faults


def _layout_faults(blocks: frozenset[str]) -> Iterator[str]:
    """What keeps our pages from filling a layout with these blocks."""
    if missing := sorted(LAYOUT_BLOCKS - blocks):
        yield f"{LAYOUT} has no block {', '.join(missing)}, without which our pages show nothing"
    if shared := sorted(blocks & page_blocks()):
        yield f"{LAYOUT} or what it extends has a block {', '.join(shared)}, which our pages fill: rename yours"


def page_blocks() -> frozenset[str]:
    """The blocks that our pages have and our layout has not."""
    sources = {name: (FOLDER / name).read_text(encoding="utf-8") for name in template_names()}
    blocks = {name: frozenset(_BLOCK.findall(source)) for name, source in sources.items()}
    return frozenset().union(*blocks.values()) - blocks[LAYOUT]


def _blocks(app: Flask, name: str, extending: tuple[str, ...]) -> frozenset[str]:
    """The blocks of a template and of those that it extends. Raises `TemplateError`."""
    if name in extending:
        original = name.replace(TEMPLATES, ORIGINALS, 1)
        raise TemplateError(f"it extends itself; ours is {original}")
    loader = app.jinja_env.loader
    source = loader.get_source(app.jinja_env, name)[0] if loader else ""
    tree = app.jinja_env.parse(source)
    blocks = frozenset(block.name for block in tree.find_all(nodes.Block))
    for parent in tree.find_all(nodes.Extends):
        if not isinstance(parent.template, nodes.Const):  # known only when the page is rendered.
            return blocks | LAYOUT_BLOCKS
        blocks |= _blocks(app, parent.template.value, (*extending, name))
    return blocks
