"""Settings reference as Markdown. `docs/configuration.md` is its output."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config.brand_settings import BrandSettings
from ..config.business_care_rates import RATES, rates_as_json
from ..config.policy_settings import PolicySettings
from ..config.settings import PREFIX, Settings
from .root import hooks_group

_INTRODUCTION = f"""# Configuration

Written by `marketplace-hooks configuration`; do not edit.

Each setting is read from the first of these places that has it: the environment (`{PREFIX}<NAME>`), the
host application's `config` (the same key), or `config.toml` in the instance folder (`NAME`, in upper or lower case). If
a setting is unknown or invalid, the service does not start, and the error names it. `marketplace-hooks doctor` checks
the rest.

The instance folder is `INSTANCE`: by default `instance/` in a checkout, else the user's data folder. Limits "per web
process" are counted by each process separately.

"""
_POLICIES = """
## Policies

What the contract leaves to the marketplace: [rules.md](rules.md).

"""
_BRAND = """
## The marketplace's own look

See [theming.md](theming.md) for examples.

"""
_HEAD = """| name | default | meaning |
|---|---|---|
"""


@hooks_group.command("configuration", with_appcontext=False)
def configuration() -> None:
    """Print every setting, its default and its meaning, as Markdown."""
    click.echo(page(), nl=False)


def page() -> str:
    """The reference as one Markdown page."""
    of_policies, of_brand = ({one.name for one in dataclasses.fields(part)} for part in (PolicySettings, BrandSettings))
    fields = dataclasses.fields(Settings)
    service = _rows(field for field in fields if field.name not in of_policies | of_brand)
    policies = _rows(field for field in fields if field.name in of_policies)
    brand = _rows(field for field in fields if field.name in of_brand)
    return f"{_INTRODUCTION}{_HEAD}{service}{_POLICIES}{_HEAD}{policies}{_BRAND}{_HEAD}{brand}"


def _rows(fields: Iterable[dataclasses.Field[Any]]) -> str:
    return "".join(f"| `{field.name.upper()}` | {_shown(field)} | {field.metadata['meaning']} |\n" for field in fields)


def _shown(field: dataclasses.Field[Any]) -> str:
    default = {} if field.default is dataclasses.MISSING else field.default
    if default in (None, "", {}, ()):
        return "–"
    if default is RATES:
        default = rates_as_json(RATES)
    elif field.name == "brand_logo_size":
        default = "x".join(map(str, default))
    elif isinstance(default, tuple):
        default = " ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in default)
    elif isinstance(default, bool):
        default = str(default).lower()
    elif isinstance(default, float):
        default = f"{default:g}"
    elif isinstance(default, ZoneInfo):
        default = default.key
    return f"`{default}`"
