"""Commands that change something are in the audit log, under the account of the machine; `audit list` reads it."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

from marketplace_hooks.cli import hooks_group
from marketplace_hooks.services.core.actor import current_actor
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.audit_log import audit_entries
from ..support.marketplace import Marketplace, sample
from ..support.source_tree import ROOT
from .test_failures import SNAPSHOT

KNOWN_RELEASES = ROOT / "marketplace_hooks" / "data" / "prestashop_releases.json"
CHANGES_NOTHING_OF_A_PERSONS = {
    "audit list",
    "catalogue",
    "compare",
    "configuration",
    "deadline",
    "deliveries list",
    "deliveries show",
    "doctor",
    "endpoints list",
    "endpoints show",
    "events list",
    "events show",
    "listen",
    "openapi",
    "renewals show",
    "secret",
    "sessions list",
    "tokens list",
    "verify",
}
RUNS_WHAT_STANDS_IN_ROWS = {"scheduler", "sweep", "up", "web", "worker"}
ELSEWHERE = {
    "demo": "shows a demo",
    "migrate": "the schema has a table of its own versions",
    "restore": "tested in test_backup: it needs an empty database",
    "send": "posts an event, which the inbox records",
}


def typed(marketplace: Marketplace, *arguments: str) -> Result:
    result = CliRunner().invoke(hooks_group, arguments, obj=ScriptInfo(create_app=lambda: marketplace.app))
    assert result.exit_code == 0, (arguments, result.output)
    return result


def commands() -> set[str]:
    names = set()
    for name, command in hooks_group.commands.items():
        inner = getattr(command, "commands", None)
        names |= {name} if inner is None else {f"{name} {one}" for one in inner}
    return names


def test_every_command_that_changes_something_is_entered(marketplace: Marketplace, tmp_path: Path) -> None:
    wrong = {"product_id": "mod-1", "status": "gone", "actor": "x", "reason": "x"}
    rejected, mended = (marketplace.publish("product.status_changed", **wrong) for _ in range(2))
    marketplace.run_all_now()
    corrected = tmp_path / "corrected.json"
    corrected.write_text(json.dumps(sample("product.status_changed")), encoding="utf-8")
    endpoint, _ = add_endpoint(marketplace.runtime, "https://93.184.215.14/hooks")
    other, _ = add_endpoint(marketplace.runtime, "https://93.184.215.14/others")
    token = json.loads(typed(marketplace, "tokens", "create", "--role", "operator", "--json").output)["token"]
    driven = {
        "tokens create": [],
        "tokens revoke": ["tokens", "revoke", f"tok_{token.split('_')[1]}"],
        "endpoints add": ["endpoints", "add", "https://93.184.215.14/more"],
        "endpoints disable": ["endpoints", "disable", endpoint.id],
        "endpoints enable": ["endpoints", "enable", endpoint.id],
        "endpoints change": ["endpoints", "change", endpoint.id, "--rate", "5"],
        "endpoints rotate": ["endpoints", "rotate", endpoint.id],
        "endpoints delete": ["endpoints", "delete", endpoint.id, "--yes"],
        "deliveries replay": ["deliveries", "replay", "--endpoint", other.id],
        "events correct": ["events", "correct", mended, str(corrected)],
        "events replay": ["events", "replay", rejected],
        "sessions end": ["sessions", "end", "--role", "seller", "--subject", "seller-1"],
        "renewals release": ["renewals", "release"],
        "erase-customer": ["erase-customer", "customer-1", "--yes"],
        "purge": ["purge"],
        "releases update": ["releases", "update", str(KNOWN_RELEASES)],
        "backup": ["backup", str(tmp_path / "backup")],
        "import": ["import", str(SNAPSHOT)],
        "export": ["export", str(tmp_path / "export.ndjson")],
    }
    for command, arguments in driven.items():
        before = len(audit_entries(marketplace))
        if arguments:
            typed(marketplace, *arguments)
            assert len(audit_entries(marketplace)) == before + 1, command
    tested_elsewhere = {"endpoints ping", "inspect"}
    known = {*CHANGES_NOTHING_OF_A_PERSONS, *RUNS_WHAT_STANDS_IN_ROWS, *ELSEWHERE, *driven, *tested_elsewhere}
    assert commands() - known == set(), "drive it here, or say where it is audited"
    assert {(entry.actor_id, entry.channel) for entry in audit_entries(marketplace)} == {(getpass.getuser(), "command")}
    assert current_actor() is None


def test_the_log_is_listed_and_narrowed(marketplace: Marketplace) -> None:
    typed(marketplace, "tokens", "create", "--role", "operator")
    typed(marketplace, "erase-customer", "customer-1", "--yes")
    rows = json.loads(typed(marketplace, "audit", "list", "--json", "--object", "customer-1").output)
    assert [(row["action"], row["who"]) for row in rows] == [
        ("customer.erased", f"{getpass.getuser()} {getpass.getuser()}")
    ]
    assert "token.created" in typed(marketplace, "audit", "list", "--from", "2020-01-01T00:00:00Z").output
    assert "No entry matches." in typed(marketplace, "audit", "list", "--to", "2020-01-01T00:00:00Z").output


@pytest.mark.parametrize("wrong", [["--from", "yesterday"], ["--action", "unheard.of"], ["--limit", "0"]])
def test_a_filter_that_means_nothing_is_a_mistake_of_usage(marketplace: Marketplace, wrong: list[str]) -> None:
    arguments = ["audit", "list", *wrong]
    result = CliRunner().invoke(hooks_group, arguments, obj=ScriptInfo(create_app=lambda: marketplace.app))
    assert result.exit_code == 2
