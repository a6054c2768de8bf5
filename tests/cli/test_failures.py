"""Commands fail with one sentence: whatever the database, Redis or the service lacks, nobody reads a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from marketplace_hooks.cli import events, hooks_group
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.standalone import build_app

from ..support.marketplace import SECRET, Marketplace
from ..support.ports import free_port
from ..support.source_tree import ROOT

SNAPSHOT = ROOT / "tests" / "data" / "snapshot.ndjson"
"""A seller and a customer."""
ARGUMENTS: dict[str, list[str]] = {
    "backup": ["new-backup"],
    "compare": [str(SNAPSHOT)],
    "deliveries replay": ["1"],
    "deliveries show": ["1"],
    "endpoints add": ["https://hooks.example/in"],
    "endpoints delete": ["ep", "--yes"],
    **{f"endpoints {verb}": ["ep"] for verb in ("change", "disable", "enable", "ping", "rotate", "show")},
    "erase-customer": ["customer-1"],
    "events correct": ["evt", "-"],
    "events replay": ["evt"],
    "events show": ["evt"],
    "restore": ["no-backup"],
    "export": [f"{tempfile.gettempdir()}/marketplace-hooks-export.ndjson"],
    "import": [str(SNAPSHOT)],
    "listen": ["9"],
    "inspect": ["https://shop.example/"],
    "releases update": [str(ROOT / "marketplace_hooks" / "data" / "prestashop_releases.json")],
    "sessions end": ["session"],
    "tokens create": ["--role", "operator"],
    "tokens revoke": ["tok"],
}
"""What a command needs so that it comes to its work."""
NO_DATABASE = {"catalogue", "configuration", "deadline", "openapi", "secret", "send", "verify"}
"""Commands that ask no database for anything."""
WITHOUT_TABLES = {"migrate", "restore"}
"""Commands that make the tables themselves."""
REPORTS = {"compare", "doctor", "inspect"}
"""Commands whose exit status says how it is with what they looked at."""
SERVERS = {"demo", "scheduler", "up", "web", "worker"}
"""Commands that serve, or post to who serves; the tests of processes are about them."""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif " ".join((*path, name)) not in NO_DATABASE | SERVERS:
            yield (*path, name)


def app_with(tmp_path: Path, database_url: str, **settings: str) -> Flask:
    given = {"DATABASE_URL": database_url, "INSTANCE": str(tmp_path), "WEBHOOK_SECRETS": f"marketplace={SECRET}"}
    given |= settings
    return build_app({f"{PREFIX}{name}": value for name, value in given.items()})


def run(app: Flask, *words: str) -> Result:
    return CliRunner().invoke(hooks_group, list(words), obj=ScriptInfo(create_app=lambda: app))


def broken(tmp_path: Path, kind: str) -> str:
    if kind == "away":
        return f"postgresql://nobody:secret-word@127.0.0.1:{free_port()}/hooks"
    file = tmp_path / "hooks.db"
    if kind == "damaged":
        file.write_text("This is not a database. " * 200)
    return f"sqlite:///{file}"


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("away", "the database does not answer"),
        ("not migrated", "run `marketplace-hooks migrate`"),
        ("damaged", "file is not a database"),
    ],
)
def test_every_command_says_in_one_sentence_what_is_wrong_with_the_database(
    tmp_path: Path, kind: str, sentence: str
) -> None:
    app = app_with(tmp_path, broken(tmp_path, kind))
    for path in commands(hooks_group):
        name = " ".join(path)
        if name == "doctor" or (kind == "not migrated" and name in WITHOUT_TABLES):
            continue
        result = run(app, *path, *ARGUMENTS.get(name, []))
        assert (result.exit_code, type(result.exception)) == (1, SystemExit), (name, result.output)
        assert result.output.startswith("Error: "), (name, result.output)
        assert sentence in result.output, (name, result.output)
        assert result.output.count("\n") == 1, (name, result.output)
        assert "secret-word" not in result.output


@pytest.mark.parametrize("kind", ["away", "not migrated", "damaged"])
def test_the_doctor_goes_on_and_says_what_is_wrong(tmp_path: Path, kind: str) -> None:
    result = run(app_with(tmp_path, broken(tmp_path, kind)), "doctor", "--json")
    assert result.exit_code == 1
    [state] = [one["state"] for one in json.loads(result.output) if one["check"] == "database"]
    assert state == "wrong"


def test_every_command_works_without_redis_or_says_in_one_sentence_what_is_wrong(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = app_with(tmp_path, sqlite_url, REDIS_URL=f"redis://nobody:secret-word@127.0.0.1:{free_port()}")
    for path in [*commands(hooks_group), *((name,) for name in sorted(NO_DATABASE))]:
        name = " ".join(path)
        if name == "listen":  # it waits for events until it is stopped, and asks no Redis for anything.
            continue
        result = run(app, *path, *ARGUMENTS.get(name, []))
        assert result.exception is None or isinstance(result.exception, SystemExit), (name, result.exception)
        assert "Traceback" not in result.output, (name, result.output)
        assert "secret-word" not in result.output, (name, result.output)
        failed = result.exit_code != 0
        assert not failed or name in REPORTS or result.output.count("Error: ") == 1, (name, result.output)


@pytest.mark.parametrize("command", ["worker", "send"])
def test_a_process_says_no_word_more(tmp_path: Path, command: str) -> None:
    settings = {"INSTANCE": tmp_path, "REDIS_URL": f"redis://127.0.0.1:{free_port()}"}
    settings |= {"WEBHOOK_SECRETS": f"marketplace={SECRET}", "PUBLIC_URL": f"http://127.0.0.1:{free_port()}"}
    words = [command, *(["seller.upserted", "--data", "{}"] if command == "send" else [])]
    result = subprocess.run(
        [sys.executable, "-m", "marketplace_hooks", *words],
        cwd=ROOT,
        env={**os.environ, **{f"{PREFIX}{name}": str(value) for name, value in settings.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1, result.stderr


# --- send


class Answers:
    """Stands in for the service: stores the event as it would, and applies it if it is told to."""

    def __init__(self, marketplace: Marketplace, *, applies: bool) -> None:
        self.marketplace = marketplace
        self.applies = applies

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        answer = self.marketplace.app.test_client().post(
            "/webhooks/marketplace", data=body, headers={"Content-Type": "application/json", **headers}
        )
        if self.applies:
            self.marketplace.run_all_now()
        return answer.status_code, answer.get_json()


SELLER = {"seller_id": "s-1", "name": "Pixelune", "country": "FR", "locale": "fr"}


def sends(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch, type_: str, data: Any, *, applies: bool = True
) -> tuple[int, dict[str, Any], str]:
    monkeypatch.setattr(events, "post_signed", Answers(marketplace, applies=applies))
    monkeypatch.setattr(events, "WAIT_S", 0.3)
    result = run(marketplace.app, "send", type_, "--data", json.dumps(data), "--wait", "--json")
    return result.exit_code, json.loads(result.stdout), result.stderr


def test_send_waits_and_says_what_became_of_the_event(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, answer, _ = sends(marketplace, monkeypatch, "seller.upserted", SELLER)
    assert (status, answer["state"], answer["outcome"]) == (0, "applied", "changed")
    status, answer, _ = sends(marketplace, monkeypatch, "seller.upserted", {"seller_id": "s-1"})
    assert (status, answer["state"]) == (1, "rejected")
    assert {"path": "data.name", "message": "Missing data for required field."} in answer["errors"]
    status, answer, _ = sends(marketplace, monkeypatch, "seller.upserted", SELLER, applies=False)
    assert (status, answer["state"]) == (1, "received")


def test_send_guesses_a_mistyped_type(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    status, answer, remark = sends(marketplace, monkeypatch, "seller.upsertd", SELLER)
    assert (status, answer["state"]) == (1, "ignored")
    assert "Did you mean seller.upserted?" in remark
    assert "marketplace-hooks catalogue" in sends(marketplace, monkeypatch, "nothing.of.the.kind", {})[2]
