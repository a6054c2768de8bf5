"""Settings reference as Markdown. `docs/configuration.md` is its output."""

from __future__ import annotations

import dataclasses
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config.settings import PREFIX, Settings
from .root import hooks_group

_INTRODUCTION = f"""# Configuration

Written by `marketplace-hooks configuration`; do not edit.

A setting comes, first match wins, from the environment (`{PREFIX}<NAME>`), from the host
application's `config` (the same key), or from `config.toml` in the instance folder (`NAME`, in either case). A key that
is unknown or malformed stops the start with a sentence that names it. `marketplace-hooks doctor` checks the rest.

The instance folder is `INSTANCE`: by default `instance/` of the checkout, else the user's data folder. Several web
processes count their limits each for itself.

| name | default | meaning |
|---|---|---|
"""


@hooks_group.command("configuration", with_appcontext=False)
def configuration() -> None:
    """Print every setting, its default and its meaning, as Markdown."""
    click.echo(page(), nl=False)


def page() -> str:
    """The reference as one Markdown page."""
    lines = [
        f"| `{field.name.upper()}` | {_shown(field)} | {field.metadata['meaning']} |"
        for field in dataclasses.fields(Settings)
    ]
    return _INTRODUCTION + "\n".join(lines) + "\n"


def _shown(field: dataclasses.Field[Any]) -> str:
    default = {} if field.default is dataclasses.MISSING else field.default
    if default in (None, "", {}, ()):
        return "–"
    if isinstance(default, tuple):
        default = " ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in default)
    elif isinstance(default, bool):
        default = str(default).lower()
    elif isinstance(default, float):
        default = f"{default:g}"
    elif isinstance(default, ZoneInfo):
        default = default.key
    return f"`{default}`"
