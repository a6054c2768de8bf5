"""Outgoing events keep to what receivers were told: a change that would break one needs a higher version.

`outgoing_schemas.json` holds the schema of each type as it was last published. After a change write
them anew: `python -m tests.contracts.test_outgoing_schemas`; what would break a receiver is refused until the version
of the type has grown.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marketplace_hooks.domain.outbox.event_members import MEMBERS
from marketplace_hooks.domain.outbox.event_schemas import body_schema, breaks
from marketplace_hooks.domain.outbox.event_types import OUTGOING

PUBLISHED = Path(__file__).parent / "outgoing_schemas.json"
UPDATE = "run: .venv/bin/python -m tests.contracts.test_outgoing_schemas"
_WORDS = ("description", "examples")


def bare(schema: Any) -> Any:
    """The schema without its texts, which may be reworded at any time."""
    if isinstance(schema, dict):
        return {name: bare(part) for name, part in schema.items() if name not in _WORDS or not is_text(part)}
    return [bare(part) for part in schema] if isinstance(schema, list) else schema


def is_text(part: Any) -> bool:
    return isinstance(part, str | list)


def published() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return content


def faults(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What would break a receiver although the version has not grown."""
    found = [f"{name} is gone" for name in before if name not in now]
    for name, schema in before.items():
        if name in now and now[name]["x-version"] <= schema["x-version"]:
            found += [f"{name}: {fault}" for fault in breaks(schema, now[name])]
            found += [f"{name}: the version went back"] if now[name]["x-version"] < schema["x-version"] else []
    return found


def current() -> dict[str, Any]:
    return {name: bare(body_schema(name)) for name in sorted(OUTGOING)}


def test_no_receiver_is_broken_without_a_higher_version() -> None:
    assert faults(published(), current()) == []


def test_the_published_schemas_are_those_of_the_code() -> None:
    assert published() == current(), UPDATE


def test_every_described_member_stands_in_some_type() -> None:
    used = {name for event in OUTGOING.values() for name in (*event.example, *event.optional)}
    assert used == set(MEMBERS)


def _remove(data: dict[str, Any]) -> None:
    del data["properties"]["seller_id"]


def _retype(data: dict[str, Any]) -> None:
    data["properties"]["seller_id"]["type"] = "integer"


def _make_nullable(data: dict[str, Any]) -> None:
    data["properties"]["seller_id"]["type"] = ["string", "null"]


def _make_optional(data: dict[str, Any]) -> None:
    data["required"].remove("seller_id")


def _rewrite(data: dict[str, Any]) -> None:
    data["properties"]["effective_at"]["format"] = "date"


def _break_inside(data: dict[str, Any]) -> None:
    data["properties"]["caused_by"]["required"].remove("actor")


@pytest.mark.parametrize("change", [_remove, _retype, _make_nullable, _make_optional, _rewrite, _break_inside])
def test_a_change_that_breaks_a_receiver_needs_a_higher_version(change: Callable[[dict[str, Any]], None]) -> None:
    before = current()
    now = copy.deepcopy(before)
    changed = now["product.change_scheduled"]
    change(changed["properties"]["data"])
    assert len(faults(before, now)) == 1
    changed["x-version"] += 1
    assert faults(before, now) == []


def test_a_type_that_is_gone_breaks_its_receivers() -> None:
    before = current()
    now = {name: schema for name, schema in before.items() if name != "product.hidden"}
    assert faults(before, now) == ["product.hidden is gone"]


def _add(data: dict[str, Any]) -> None:
    data["properties"]["colour"] = {"type": "string"}
    data["required"].append("colour")


def _narrow(data: dict[str, Any]) -> None:
    data["required"].append("release_id")


@pytest.mark.parametrize("change", [_add, _narrow])
def test_a_change_that_breaks_nobody_needs_no_version(change: Callable[[dict[str, Any]], None]) -> None:
    before = current()
    now = copy.deepcopy(before)
    change(now["cascade.completed"]["properties"]["data"])
    assert faults(before, now) == []


if __name__ == "__main__":
    broken = faults(published(), current()) if PUBLISHED.exists() else []
    if broken:
        sys.exit("\n".join(["Raise the version of these types, or keep what they say:", *broken]))
    PUBLISHED.write_text(json.dumps(current(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
