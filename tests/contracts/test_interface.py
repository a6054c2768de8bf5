"""The public contract: what is promised to others is there, name for name (`tests/data/interface.json`)."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from marketplace_hooks import events
from marketplace_hooks.cli import hooks_group
from marketplace_hooks.config.settings import FIELDS
from marketplace_hooks.domain.outbox.event_types import OUTGOING
from marketplace_hooks.events.registry import EVENTS
from marketplace_hooks.standalone import build_app

PROMISED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "interface.json").read_text())
NOT_BUILT_YET = {
    "purchase.transferred": "no issue has asked for it yet; the contract says that issues say what comes when",
    "receive-mail": "the same: no issue has asked for mail as a way in",
}
"""What is promised and not there, each with its reason. Whatever is built leaves this list."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return build_app({"MARKETPLACE_HOOKS_INSTANCE": str(tmp_path_factory.mktemp("instance"))})


def commands_of(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        yield f"{before}{name}"
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before}{name} ")


def calls_of(app: Flask) -> Set[str]:
    paths: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    return {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path.removeprefix('/api/v1'))}"
        for path, methods in paths.items()
        for method in methods
    }


def missing_from(kind: str, there: Set[str]) -> set[str]:
    assert PROMISED[kind], kind
    return set(PROMISED[kind]) - there


def test_every_promised_name_is_there_or_has_its_reason(app: Flask) -> None:
    assert events.__all__, "the handlers are registered"
    missing = (
        missing_from("commands", set(commands_of(hooks_group)))
        | missing_from("events_in", EVENTS.keys())
        | missing_from("events_out", OUTGOING.keys())
        | missing_from("api", calls_of(app))
        | missing_from("paths", {re.sub("<[^>]*>", "{}", rule.rule) for rule in app.url_map.iter_rules()})
        | missing_from("settings", {name.upper() for name in FIELDS})
    )
    assert missing == set(NOT_BUILT_YET)


def test_every_promised_python_name_can_be_imported() -> None:
    missing = [
        f"{module}.{name}"
        for module, names in PROMISED["python"].items()
        for name in names
        if not hasattr(importlib.import_module(module), name)
    ]
    assert missing == []
