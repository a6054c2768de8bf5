"""Which settings are there, what does each mean, and are the given ones right?

Every setting is a field of `Settings`: its default, its unit and its meaning stand here and nowhere else. Values come,
first match wins, from the environment (`MARKETPLACE_HOOKS_<NAME>`), the host app's `config` (same key) and
`config.toml` in the instance folder (`NAME` in either case). A key nobody knows stops the start.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import difflib
import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import ConfigurationError

EXTENSION = "marketplace_hooks"
"""Our key in a Flask app's `extensions`."""
PREFIX = "MARKETPLACE_HOOKS_"
DEMO_MARK = "demo-"
"""Secrets made for a demo begin so (a webhook secret's decoded bytes do): production refuses them."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a whole number")
    number = int(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number of seconds")
    number = float(value)
    if not 0 < number < 10**9:
        raise ValueError("must be more than zero")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError("must be true or false")


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(_text(value))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is not a time zone; example: Europe/Paris") from error


def _path(value: Any) -> Path:
    return Path(os.fspath(value)).expanduser().absolute()


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(_text(word) for word in value)
    return tuple(_text(value).replace(",", " ").split())


def _durations(value: Any) -> tuple[float, ...]:
    items = value if isinstance(value, list | tuple) else _text(value).replace(",", " ").split()
    numbers = tuple(float(item) for item in items)
    if not numbers or any(number < 0 for number in numbers):
        raise ValueError("must be seconds, such as: 0 5 300")
    return numbers


def _networks(value: Any) -> tuple[str, ...]:
    """`CIDR[:port]`, an IPv6 network in brackets when it carries a port."""
    for word in (words := _words(value)):
        network, _, port = word.rpartition(":") if "]:" in word or word.count(":") == 1 else (word, "", "")
        try:
            ipaddress.ip_network(network.strip("[]"))
        except ValueError:
            raise ValueError(f"{word!r} is not CIDR[:port]; example: 127.0.0.0/8:9000") from None
        if port and not 0 < int(port) < 65536:
            raise ValueError(f"{word!r} has no such port")
    return words


def _secrets(value: Any) -> Mapping[str, tuple[str, ...]]:
    """`source=whsec_… source=whsec_…`, or a table of source → secret or list of secrets."""
    pairs: list[tuple[str, str]] = []
    if isinstance(value, Mapping):
        for source, given in value.items():
            pairs += [(source, secret) for secret in _words(given)]
    else:
        for word in _words(value):
            source, equals, secret = word.partition("=")
            pairs.append((source, secret) if equals and not source.startswith("whsec_") else ("marketplace", word))
    found: dict[str, tuple[str, ...]] = {}
    for source, secret in pairs:
        if not source.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"{source!r} is not a source's name (letters, digits, - and _)")
        _webhook_key(secret)
        found[source] = (*found.get(source, ()), secret)
    return found


def _webhook_key(secret: str) -> bytes:
    try:
        if not secret.startswith("whsec_"):
            raise ValueError
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("a secret must be whsec_ and base64; make one with: marketplace-hooks secret") from None
    if len(key) < 16:
        raise ValueError("a secret must hold at least 16 bytes; 32 random ones are usual")
    return key


def _optional(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value in (None, "") else parse(value)


def _setting(default: Any, parse: Callable[[Any], Any], meaning: str) -> Any:
    about = {"parse": parse, "meaning": meaning}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=about)
    return field(default=default, metadata=about)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, typed. Made by `load`, which checks them; `docs/configuration.md` is written from here."""

    instance: Path = _setting(Path("instance"), _path, "Folder for what this installation keeps for itself.")
    database_url: str | None = _setting(
        None,
        _optional(_text),
        "PostgreSQL or SQLite. Default: the host app's, else SQLite in the instance folder.",
    )
    redis_url: str | None = _setting(
        None, _optional(_text), "Redis or Valkey. Default: the embedded server that `up` starts."
    )
    secret_key: str | None = _setting(
        None, _optional(_text), "Signs cookies and cursors. Default: the host app's SECRET_KEY."
    )
    webhook_secrets: Mapping[str, tuple[str, ...]] = _setting(
        {},
        _secrets,
        "Who may post events: source=whsec_… pairs, several for one source while rotating.",
    )
    encryption_keys: tuple[str, ...] = _setting(
        (), _words, "Fernet keys for secrets at rest; the first encrypts, all decrypt."
    )
    public_url: str = _setting("http://127.0.0.1:8000", _text, "How the outside reaches this service.")
    url_prefix: str = _setting("", _text, "Where our pages and API begin inside a host app, such as /addons.")
    reference_zone: ZoneInfo = _setting(ZoneInfo("Europe/Paris"), _zone, "The civil days of every rule.")
    allowed_networks: tuple[str, ...] = _setting(
        (), _networks, "CIDR[:port] that outgoing requests may reach although not public, http included."
    )
    demo: bool = _setting(False, _boolean, "This installation shows the demo; its secrets are not for production.")
    web_processes: int = _setting(2, _integer, "Web server processes started by `up`.")
    web_threads: int = _setting(8, _integer, "Threads of each web process.")
    max_body_bytes: int = _setting(1_048_576, _integer, "A larger inbound event is refused with 413.")
    webhook_rate_per_minute: int = _setting(
        60_000, _integer, "Verified events that one source may post, for each web process; 0: no limit."
    )
    failure_rate_per_minute: int = _setting(
        120,
        _integer,
        "Refused signatures or tokens of one client address, for each web process; 0: no limit.",
    )
    api_rate_per_minute: int = _setting(
        1_200, _integer, "API calls of one token or address, for each web process; 0: no limit."
    )
    lease_s: float = _setting(30.0, _seconds, "How long a silent worker keeps what it claimed.")
    sweep_interval_s: float = _setting(30.0, _seconds, "How often forgotten work is looked for.")
    tick_interval_s: float = _setting(1.0, _seconds, "How often the scheduler looks for what has become due.")
    scheduler_lock_s: float = _setting(15.0, _seconds, "How long a silent scheduler keeps its lock.")
    drain_batch: int = _setting(100, _integer, "Events applied in one transaction.")
    cascade_chunk: int = _setting(10_000, _integer, "Rows that a cascade changes in one transaction.")
    apply_attempts: int = _setting(5, _integer, "Tries of an event whose handler failed before a person must look.")
    park_retries_s: tuple[float, ...] = _setting(
        (60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 172_800.0),
        _durations,
        "When an event whose parent is unknown is tried again, unless the parent comes first.",
    )
    delivery_schedule_s: tuple[float, ...] = _setting(
        (0.0, 5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0),
        _durations,
        "Pauses before each attempt of a delivery.",
    )
    delivery_concurrency: int = _setting(4, _integer, "Attempts under way at once to one endpoint.")
    delivery_rate_per_s: float = _setting(50.0, _seconds, "Attempts started each second to one endpoint.")
    delivery_connect_s: float = _setting(5.0, _seconds, "How long connecting to an endpoint may take.")
    delivery_total_s: float = _setting(20.0, _seconds, "How long one attempt may take in all.")


FIELDS = {one.name: one for one in dataclasses.fields(Settings)}


def load(host: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting. Raises `ConfigurationError` with one sentence for each thing that is wrong."""
    environment = os.environ if environment is None else environment
    ours = {key.removeprefix(PREFIX).lower(): value for key, value in environment.items() if key.startswith(PREFIX)}
    hosts = {key.removeprefix(PREFIX).lower(): value for key, value in (host or {}).items() if key.startswith(PREFIX)}
    try:
        instance = _path(ours.get("instance") or hosts.get("instance") or default_instance())
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{PREFIX}INSTANCE is not a folder's path.") from error
    written = _read_file(instance / "config.toml")
    problems: list[str] = []
    values: dict[str, Any] = {"instance": instance}
    sources = ((written, "config.toml: "), (hosts, f"app.config: {PREFIX}"), (ours, PREFIX))
    for given, where in sources:
        for name, raw in given.items():
            if name == "instance":
                continue
            try:
                values[name] = _parsed(name, raw)
            except ValueError as error:
                problems.append(f"{where}{name.upper()} {error}.")
    if problems:
        raise ConfigurationError("\n".join(problems))
    settings = Settings(**values)
    _refuse_demo_secrets(settings)
    return settings


def default_instance() -> Path:
    """The checkout's `instance/` when we run from one, else the user's data folder."""
    checkout = Path(__file__).parent.parent / "instance"
    if checkout.is_dir() and (checkout.parent / "pyproject.toml").is_file():
        return checkout
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "marketplace_hooks"


def _parsed(name: str, raw: Any) -> Any:
    known = FIELDS.get(name)
    if known is None:
        close = difflib.get_close_matches(name, FIELDS, 1)
        hint = f"; did you mean {close[0].upper()}" if close else ""
        raise ValueError(f"is not a setting{hint}")
    try:
        return known.metadata["parse"](raw)
    except (TypeError, ValueError) as error:
        raise ValueError(
            str(error) if str(error).startswith(("must", "a ", "'")) else f"is malformed: {error}"
        ) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return {key.lower(): value for key, value in tomllib.load(file).items()}
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error


def _refuse_demo_secrets(settings: Settings) -> None:
    if settings.demo:
        return
    marked = [name for name in ("secret_key",) if (getattr(settings, name) or "").startswith(DEMO_MARK)]
    secrets = [secret for several in settings.webhook_secrets.values() for secret in several]
    if any(_webhook_key(secret).startswith(DEMO_MARK.encode()) for secret in secrets):
        marked.append("webhook_secrets")
    if marked:
        raise ConfigurationError(
            f"{' and '.join(marked).upper()} was made for the demo. Use secrets of your own in production "
            "(marketplace-hooks secret makes one), or say DEMO = true."
        )
