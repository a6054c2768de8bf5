"""A restore brings everything back or changes nothing, and nothing that was over comes back with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from marketplace_hooks.database import migrate
from marketplace_hooks.database.types import Base
from marketplace_hooks.errors import BackupRefused
from marketplace_hooks.models.access import PersonSession, Role, SignInMethod
from marketplace_hooks.models.purchases import Customer
from marketplace_hooks.services.access.sessions import SignIn, begin
from marketplace_hooks.services.core.stored_secrets import check_encryption_keys
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.operations import backup_manifest
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.backups import backs_up, empty_database, restored_marketplace, restores, rows, tables
from ...support.customers import set_up_purchase
from ...support.marketplace import OFFLINE, Marketplace, open_marketplace

ENDPOINT = "https://hooks.example/in"
STILL_SIGNED_IN = select(PersonSession.subject).where(PersonSession.ended_at.is_(None))


@pytest.fixture
def target_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    with empty_database(database_url, tmp_path, request) as url:
        yield url


@pytest.fixture
def sold(marketplace: Marketplace) -> Marketplace:
    """Texts that files could spoil, a purchase, an endpoint with its secret, a delivery that waits."""
    marketplace.publish_products("mod-1")
    marketplace.publish("seller.upserted", seller_id="odd", name="tab\there, \\N, « été », \u2028 and 🛒")
    set_up_purchase(marketplace)
    add_endpoint(marketplace.runtime, ENDPOINT)
    sign_in = SignIn(method=SignInMethod.OPENID, role=Role.CUSTOMER, subject="customer-1")
    run_in_transaction(marketplace.runtime, lambda uow: begin(uow, sign_in))
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    return marketplace


def without_counters(content: dict[str, list[str]]) -> dict[str, list[str]]:
    """The tables that a restore leaves exactly as they were: no counter of events, no session, no audit log."""
    changed = {table.name for table in Base.metadata.sorted_tables if "sequence" in table.c} - {"mh_outbox"}
    return {name: found for name, found in content.items() if name not in changed | {"mh_audit", "mh_sessions"}}


def test_everything_comes_back_and_everybody_signs_in_again(sold: Marketplace, target_url: str, tmp_path: Path) -> None:
    before = rows(sold.runtime.database)
    backs_up(sold.runtime, tmp_path / "backup")
    with restored_marketplace(target_url, tmp_path / "other", tmp_path / "backup") as restored:
        database = restored.runtime.database
        after = rows(database)
        assert without_counters(after) == without_counters(before)
        assert {name: len(found) for name, found in after.items()} == {
            name: len(found) for name, found in before.items()
        }
        assert migrate.is_current(database)
        assert migrate.differences(database) == []
        assert sold.all(STILL_SIGNED_IN) == ["customer-1"]
        assert restored.all(STILL_SIGNED_IN) == []
        # The keys came along, and the work goes on: new rows get new numbers.
        assert check_encryption_keys(database, restored.runtime.encryption) == 1
        assert restored.seller("odd").name == sold.seller("odd").name
        restored.publish("product.upserted", event_id="evt_new", product_id="mod-9", seller_id="seller-1")
        restored.run_all_now()
        assert restored.state_and_outcome("evt_new") == ("applied", "changed")


def test_an_event_of_before_is_a_duplicate_and_one_of_the_gap_is_taken_and_published_again(
    sold: Marketplace, target_url: str, tmp_path: Path
) -> None:
    backs_up(sold.runtime, tmp_path / "backup")
    sent_at = datetime.now(UTC)
    sold.publish("product.status_changed", event_id="evt_gap", sent_at=sent_at, **_status(500))
    sold.run_all_now()
    known = [event.sequence for event in sold.outgoing("mod-1")]
    with restored_marketplace(target_url, tmp_path / "other", tmp_path / "backup") as restored:
        before = len(restored.outgoing("mod-1"))
        restored.publish("product.status_changed", event_id="evt_gap", sent_at=sent_at, **_status(500))
        restored.run_all_now()
        assert restored.state_and_outcome("evt_gap") == ("applied", "changed")
        published = restored.outgoing("mod-1")[before:]
        # A receiver that has seen the events of the gap takes what comes now for newer.
        assert [event.type for event in published][:1] == ["product.shown"]
        assert all(event.sequence > max(known) for event in published)


def _status(version: int) -> dict[str, Any]:
    return {"product_id": "mod-1", "status": "online", "actor": "seller", "reason": "back", "version": version}


def test_a_database_that_is_not_empty_is_refused_and_stays_as_it_is(sold: Marketplace, tmp_path: Path) -> None:
    backs_up(sold.runtime, tmp_path / "backup")
    before = rows(sold.runtime.database)
    with pytest.raises(BackupRefused, match="not empty"):
        restores(sold.runtime, tmp_path / "backup")
    assert rows(sold.runtime.database) == before


def alter(folder: Path, **values: Any) -> None:
    """Another value in the manifest, under a hash that fits."""
    content = json.loads((folder / backup_manifest.FILE).read_text())
    del content["sha256"]
    content |= values
    content["sha256"] = backup_manifest._digest(content)
    (folder / backup_manifest.FILE).write_text(json.dumps(content))


def largest(folder: Path) -> Path:
    return max(folder.iterdir(), key=lambda path: (path.name != backup_manifest.FILE) * path.stat().st_size)


def cut(folder: Path) -> None:
    path = largest(folder)
    path.write_bytes(path.read_bytes()[:-1])


def flip(folder: Path) -> None:
    path = largest(folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "cut short"),
    "half a manifest": (lambda folder: (folder / "manifest.json").write_text('{"format": 1,'), "cannot be read"),
    "a manifest that is a list": (lambda folder: (folder / "manifest.json").write_text("[]"), "altered or is damaged"),
    "an altered manifest": (
        lambda folder: (folder / "manifest.json").write_text(
            (folder / "manifest.json").read_text().replace('"format": 1', '"format": 2')
        ),
        "altered or is damaged",
    ),
    "a file that is missing": (lambda folder: largest(folder).unlink(), "not whole"),
    "a file that was cut short": (cut, "cut short"),
    "a file that was altered": (flip, "altered or is damaged"),
    "another format": (lambda folder: alter(folder, format=2), "newer version"),
    "a newer schema": (lambda folder: alter(folder, revision="9999"), "newer than this program"),
    "another kind of database": (lambda folder: alter(folder, database="oracle"), "of a oracle database"),
    "a table outside": (
        lambda folder: alter(folder, tables=[{"name": "mh_../x", "columns": [], "rows": 0}]),
        "not a manifest",
    ),
}


def test_a_backup_that_is_not_whole_is_refused_and_changes_nothing(
    marketplace: Marketplace, target_url: str, tmp_path: Path
) -> None:
    add_endpoint(marketplace.runtime, ENDPOINT)
    backs_up(marketplace.runtime, tmp_path / "backup")
    with open_marketplace(target_url, tmp_path / "other") as target:
        for damage, (spoil, sentence) in DAMAGES.items():
            folder = tmp_path / damage
            shutil.copytree(tmp_path / "backup", folder)
            spoil(folder)
            with pytest.raises(BackupRefused, match=sentence):
                restores(target.runtime, folder)
            assert tables(target.runtime.database) == [], damage
        with pytest.raises(BackupRefused, match="is no backup"):
            restores(target.runtime, tmp_path / "nowhere")
        assert not (tmp_path / "other" / "encryption.key").exists()


def test_a_restore_that_fails_in_the_middle_changes_nothing(
    sold: Marketplace, target_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backup"
    backs_up(sold.runtime, folder)

    def fail(*_: object) -> None:
        raise OSError("the machine is going down")

    with open_marketplace(target_url, tmp_path / "other") as target:
        with monkeypatch.context() as patched:
            patched.setattr("marketplace_hooks.services.operations.restore.end_all_sessions", fail)
            with pytest.raises((OSError, BackupRefused)):
                restores(target.runtime, folder)
        assert tables(target.runtime.database) == []
        assert not (tmp_path / "other" / "encryption.key").exists()
        assert [path.name for path in tmp_path.iterdir() if "restoring" in path.name] == []
        restores(target.runtime, folder)
        assert target.status("mod-1") == sold.status("mod-1")


def test_a_backup_of_an_older_schema_is_brought_to_the_newest(
    target_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "old").mkdir()
    with (
        empty_database(target_url, tmp_path / "old", request) as url,
        open_marketplace(url, tmp_path / "instance") as old,
    ):
        with migrate.alone(old.runtime.database) as connection:
            migrate.upgrade_to(connection, "0022")
        with old.runtime.database.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO mh_customers (id, name, email, locale, professional, described_at, sequence) "
                    "VALUES ('c-1', 'Odile', 'odile@pelote.example', 'fr', false, '2026-03-01 10:00:00', 4)"
                )
            )
        backs_up(old.runtime, tmp_path / "backup")
    with restored_marketplace(target_url, tmp_path / "other", tmp_path / "backup") as restored:
        assert migrate.is_current(restored.runtime.database)
        assert restored.all(select(Customer.name)) == ["Odile"]


def test_the_keys_must_be_those_of_then(sold: Marketplace, target_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    backs_up(sold.runtime, folder, with_keys=False)
    with (
        open_marketplace(target_url, tmp_path / "other") as target,
        pytest.raises(BackupRefused, match="without them"),
    ):
        restores(target.runtime, folder)
    other = Fernet.generate_key().decode()
    with open_marketplace(target_url, tmp_path / "other", ENCRYPTION_KEYS=other) as target:
        with pytest.raises(BackupRefused, match="do not open"):
            restores(target.runtime, folder)
        assert tables(target.runtime.database) == []
    key = (sold.runtime.settings.instance / "encryption.key").read_text()
    with restored_marketplace(target_url, tmp_path / "other", folder, ENCRYPTION_KEYS=f"{other} {key}") as restored:
        assert check_encryption_keys(restored.runtime.database, restored.runtime.encryption) == 1
