"""A backup of a running installation is whole, of one instant, and for its owner's eyes alone."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from marketplace_hooks.errors import BackupRefused
from marketplace_hooks.models.access import Role
from marketplace_hooks.models.audit import AuditChannel
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.services.core.actor import Actor, acting_as
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.audit_log import audit_entries
from ...support.backups import backs_up, empty_database, restored_marketplace
from ...support.marketplace import Marketplace, open_marketplace

EVENTS = 60


@pytest.fixture
def target_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    with empty_database(database_url, tmp_path, request) as url:
        yield url


def test_a_backup_is_of_one_instant_while_events_come_in(
    marketplace: Marketplace, target_url: str, tmp_path: Path
) -> None:
    marketplace.publish_products("mod-1")
    stored_before = len(marketplace.all(select(InboxEvent.id)))
    half_way = threading.Event()

    def post() -> None:
        for number in range(EVENTS):
            marketplace.publish("seller.upserted", event_id=f"during_{number}", seller_id=f"s-{number}")
            if number == EVENTS // 2:
                half_way.set()

    sender = threading.Thread(target=post)
    sender.start()
    half_way.wait()
    backs_up(marketplace.runtime, tmp_path / "backup")
    sender.join()
    with restored_marketplace(target_url, tmp_path / "other", tmp_path / "backup") as restored:
        stored = restored.all(select(InboxEvent.event_id).order_by(InboxEvent.id))[stored_before:]
        assert EVENTS // 2 < len(stored) <= EVENTS
        # What came first is there without a gap.
        assert stored == [f"during_{number}" for number in range(len(stored))]
    assert len(marketplace.all(select(InboxEvent.id))) == stored_before + EVENTS


def test_nobody_else_can_read_a_backup(marketplace: Marketplace, tmp_path: Path) -> None:
    add_endpoint(marketplace.runtime, "https://hooks.example/in")
    folder = tmp_path / "backup"
    backs_up(marketplace.runtime, folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} >= {"manifest.json", "encryption.keys"}


def test_keys_that_are_kept_elsewhere_are_left_out(
    make_marketplace: Callable[..., Marketplace], tmp_path: Path
) -> None:
    key = Fernet.generate_key().decode()
    marketplace = make_marketplace(ENCRYPTION_KEYS=key)
    backs_up(marketplace.runtime, tmp_path / "with")
    backs_up(marketplace.runtime, tmp_path / "without", with_keys=False)
    assert (tmp_path / "with" / "encryption.keys").read_text().split() == [key]
    assert not any(key.encode() in path.read_bytes() for path in (tmp_path / "without").iterdir())


def test_the_manifest_says_what_the_backup_is(marketplace: Marketplace, tmp_path: Path) -> None:
    backs_up(marketplace.runtime, tmp_path / "backup")
    manifest = json.loads((tmp_path / "backup" / "manifest.json").read_text())
    assert set(manifest) >= {"version", "taken_at", "revision", "database", "files", "sha256"}
    named = {file["name"] for file in manifest["files"]}
    assert named == {path.name for path in (tmp_path / "backup").iterdir()} - {"manifest.json"}


def test_no_folder_is_overwritten(marketplace: Marketplace, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    backs_up(marketplace.runtime, folder)  # it was empty.
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(BackupRefused, match="is there already"):
        backs_up(marketplace.runtime, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_a_killed_backup_left_is_no_obstacle(marketplace: Marketplace, tmp_path: Path) -> None:
    left = tmp_path / "backup.partial"
    left.mkdir()
    (left / "mh_inbox.copy").write_bytes(b"half a table")
    backs_up(marketplace.runtime, tmp_path / "backup")
    assert not left.exists()
    assert (tmp_path / "backup" / "manifest.json").exists()


def test_a_folder_that_cannot_be_written_is_refused_with_a_sentence(marketplace: Marketplace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for folder in (tmp_path / "file" / "backup", tmp_path / ("x" * 300), tmp_path / "file"):
        with pytest.raises(BackupRefused):
            backs_up(marketplace.runtime, folder)
    assert sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name) == []


def test_a_damaged_database_makes_no_backup(sqlite_url: str, tmp_path: Path) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance") as marketplace:
        for number in range(40):
            marketplace.publish("seller.upserted", seller_id=f"s-{number}")
        marketplace.runtime.database.dispose()
        path = tmp_path / "marketplace.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            [root] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'mh_products'").fetchone()
            [size] = database.execute("PRAGMA page_size").fetchone()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.seek((root - 1) * size)
            file.write(b"\xff" * size)
        with pytest.raises(BackupRefused, match="damaged"):
            backs_up(marketplace.runtime, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_backup_is_in_the_audit_log_before_its_rows_leave(marketplace: Marketplace, tmp_path: Path) -> None:
    with acting_as(Actor(channel=AuditChannel.COMMAND, role=Role.OPERATOR, id="root", name="root")):
        backs_up(marketplace.runtime, tmp_path / "backup")
    [entry] = audit_entries(marketplace)
    assert (entry.action, entry.actor_id, entry.details) == ("backup.made", "root", {"with_keys": True})
    assert marketplace.all(select(func.count()).select_from(InboxEvent)) == [0]
