"""The commands `backup` and `restore`, and a service of real processes that goes on from a backup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

from marketplace_hooks.cli import hooks_group

from ..support.audit_log import audit_entries
from ..support.backups import empty_database, tables
from ..support.marketplace import Marketplace, open_marketplace


def typed(marketplace: Marketplace, *arguments: object) -> Result:
    return CliRunner().invoke(
        hooks_group, [str(one) for one in arguments], obj=ScriptInfo(create_app=lambda: marketplace.app)
    )


@pytest.fixture
def target(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Marketplace]:
    """An installation whose database is empty."""
    with (
        empty_database(database_url, tmp_path, request) as url,
        open_marketplace(url, tmp_path / "other") as target,
    ):
        yield target


def test_a_backup_is_restored_by_command_and_says_what_to_do_next(
    marketplace: Marketplace, target: Marketplace, tmp_path: Path
) -> None:
    marketplace.publish_products("mod-1")
    folder = tmp_path / "backups" / "first"
    made = typed(marketplace, "backup", folder, "--json")
    assert made.exit_code == 0, made.output
    facts = json.loads(made.output)
    assert (facts["folder"], facts["with_keys"]) == (str(folder), False)  # no secret was stored yet: there is no key.
    restored = typed(target, "restore", folder)
    assert restored.exit_code == 0, restored.output
    assert f"ask every sender for its events since {facts['taken_at']}" in restored.output
    assert target.status("mod-1") == "online"
    assert [entry.action for entry in audit_entries(target)] == ["backup.made", "backup.restored"]


def test_what_is_refused_is_one_sentence_and_changes_nothing(
    marketplace: Marketplace, target: Marketplace, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    assert typed(marketplace, "backup", folder).exit_code == 0
    for wrong in (
        typed(marketplace, "backup", folder),
        typed(marketplace, "restore", folder),
        typed(target, "restore", tmp_path / "nowhere"),
        typed(target, "backup", tmp_path / "second"),
    ):
        assert (wrong.exit_code, wrong.output.count("\n")) == (1, 1), wrong.output
        assert wrong.output.startswith("Error: "), wrong.output
    assert tables(target.runtime.database) == []
    assert not (tmp_path / "second").exists()
