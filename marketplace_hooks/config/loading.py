"""Loading of the settings: from the environment, the host app's `config` and `config.toml`, checked at startup.

Values come, first match wins, from the environment (`MARKETPLACE_HOOKS_<NAME>`), the host app's `config` (same key) and
`config.toml` in the instance folder (`NAME` in either case). An unknown key stops the start.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .colors import color_faults
from .parsers import SettingError, as_path
from .public_holidays import require_calendar
from .secret_strength import SECRETS, is_in_production, weaknesses
from .senders import sender_faults
from .settings import FIELDS, PREFIX, Settings


def load(host: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting. Raises `ConfigurationError` with one sentence for each error."""
    environment = os.environ if environment is None else environment
    from_environment = _ours(environment)
    from_host = _ours(host or {})
    try:
        instance = as_path(from_environment.get("instance") or from_host.get("instance") or default_instance())
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{PREFIX}INSTANCE is not a folder's path.") from error
    from_file = _read_file(instance / "config.toml")
    problems: list[str] = []
    values: dict[str, Any] = {"instance": instance}
    sources = ((from_file, "config.toml: "), (from_host, f"app.config: {PREFIX}"), (from_environment, PREFIX))
    for source, label in sources:
        for name, raw in source.items():
            if name == "instance" and source is from_file:
                problems.append(f"{label}INSTANCE says where this file is, and cannot stand in it.")
            if name == "instance":
                continue
            try:
                values[name] = _parsed(name, raw)
            except SettingError as error:
                problems.append(f"{label}{name.upper()} {error}.")
    if problems:
        raise ConfigurationError("\n".join(problems))
    settings = Settings(**values)
    if faults := list(_faults(settings)):
        raise ConfigurationError("\n".join(faults))
    in_file = bool(from_file.keys() & SECRETS)
    weak = list(weaknesses(settings, secrets_in_file=in_file, in_production=is_in_production(settings)))
    if weak and not settings.demo:
        raise ConfigurationError("\n".join(weak))
    return settings


def _faults(settings: Settings) -> Iterator[str]:
    """What is wrong with settings together, though each may be right alone."""
    require_calendar(settings.holidays_country, settings.holidays_region, name=f"{PREFIX}HOLIDAYS_REGION")
    yield from sorted(
        sender_faults(settings.webhook_senders, settings.webhook_sender_secrets, settings.webhook_secrets)
    )
    for fault in color_faults(settings.light_colors, settings.dark_colors):
        yield f"{PREFIX}{fault}"


def _ours(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The entries whose key begins with our prefix, by the name of the setting."""
    return {key.removeprefix(PREFIX).lower(): value for key, value in mapping.items() if key.startswith(PREFIX)}


def default_instance() -> Path:
    """The `instance/` of a checkout when we run from one, else a directory in the user's data directory."""
    checkout = Path(__file__).parents[2] / "instance"
    if checkout.is_dir() and (checkout.parent / "pyproject.toml").is_file():
        return checkout
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "marketplace_hooks"


def _parsed(name: str, raw: Any) -> Any:
    setting = FIELDS.get(name)
    if setting is None:
        close = difflib.get_close_matches(name, FIELDS, 1)
        hint = f"; did you mean {close[0].upper()}" if close else ""
        raise SettingError(f"is not a setting{hint}")
    try:
        return setting.metadata["parse"](raw)
    except SettingError:
        raise
    except (TypeError, ValueError) as error:
        raise SettingError(f"is malformed: {error}") from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return {key.lower(): value for key, value in tomllib.load(file).items()}
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
