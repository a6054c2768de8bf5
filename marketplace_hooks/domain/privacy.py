"""Erasure of personal data: what may stay of a JSON value about a person who is to be forgotten.

Ids, amounts and dates stay (`webhooks.md` 16), and codes that only say what kind of thing happened. This lists what
stays, not what is erased: a field that nobody thought of is erased.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .instants import parse_instant

_ID = re.compile(r"(?:[a-z_]+_)?ids?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CODE = re.compile(r"[A-Za-z_]{1,40}")
_CURRENCY = re.compile(r"[A-Z]{3}")

NUMBERS = frozenset({"amount_cents", "price_cents", "period_index", "version", "attachments"})
FLAGS = frozenset({"final", "presale"})
CODES = frozenset(
    {
        "author_type",
        "code",
        "ground",
        "handling",
        "how",
        "kind",
        "outcome",
        "path",
        "result",
        "side",
        "state",
        "status",
        "visibility",
    }
)
ACTORS = frozenset({"customer", "seller", "account", "marketplace", "platform", "operator", "marketplace_hooks"})

FORGOTTEN = "what was wrong is no longer kept"


def without_personal_data(content: Any) -> Any:
    """What stays of a JSON value: an object keeps only what may stay, and whatever is not an object goes (None)."""
    return _scrubbed("", content)


def check_without_personal_data(check: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of a check stored with a request: which it was and how it ended, by our own names, and no finding."""
    name = check.get("name")
    named = {"name": name} if isinstance(name, str) and _CODE.fullmatch(name) else {}
    return {"ground": None, "evidence": {}, **without_personal_data(check), **named}


def faults_without_text(faults: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    """What stays of the faults of an event: where each is, and its code. What was said of it may quote the event."""
    if faults is None:
        return None
    return [{**{name: one[name] for name in ("path", "code") if name in one}, "message": FORGOTTEN} for one in faults]


def actor_without_name(actor: str) -> str:
    """An actor that is a role stays; one that could name somebody goes."""
    return actor if actor in ACTORS else ""


def _scrubbed(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = {key: _scrubbed(key, one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one is not None}
    if isinstance(value, list):
        return [one for one in (_scrubbed(name, one) for one in value) if one is not None]
    return value if _may_stay(name, value) else None


def _may_stay(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return name in FLAGS
    if isinstance(value, int):
        return name in NUMBERS
    if not isinstance(value, str):
        return False
    if _ID.fullmatch(name):
        return len(value) <= 256
    if name == "currency":
        return _CURRENCY.fullmatch(value) is not None
    if name in CODES:
        return _CODE.fullmatch(value) is not None
    return parse_instant(value) is not None or _DATE.fullmatch(value) is not None
