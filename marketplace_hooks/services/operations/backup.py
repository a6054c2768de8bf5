"""Backup of an installation that is in use: its database as of one instant, its encryption keys, and a manifest.

A backup is written beside its folder and gets the folder's name when it is complete: a folder of that name is always
whole. Only its owner can read it, because it has everything that the database has, and opens it.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

from ...config.settings import Settings
from ...database.dump import Log, dump
from ...database.encryption import Encryption, KeyFile
from ...domain.audit_actions import AuditAction
from ...errors import BackupRefused
from ..core.runtime import Runtime
from ..core.unit_of_work import run_in_transaction
from .backup_manifest import BackupManifest, hash_files, write_manifest

KEYS_FILE = "encryption.keys"
KEY_CHECK = "the keys of the backup"
"""What the manifest has encrypted, to see whether keys are those of then."""


def back_up(runtime: Runtime, folder: Path, *, with_keys: bool, log: Log) -> BackupManifest:
    """Write a backup to a new folder. Raises `BackupRefused` when it exists and is not empty, or cannot be written."""
    folder = folder.absolute()
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        _refuse_existing(folder)
        run_in_transaction(runtime, lambda uow: uow.audit(AuditAction.BACKUP_MADE, None, with_keys=with_keys))
        shutil.rmtree(partial, ignore_errors=True)  # of a backup that was killed.
        partial.mkdir(mode=0o700, parents=True)
        manifest = _write(runtime, partial, with_keys=with_keys, log=log)
        _sync(partial)
        partial.replace(folder)
        _sync(folder.parent)
    except OSError as error:
        raise BackupRefused(f"The backup cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def keys_of(settings: Settings) -> tuple[str, ...]:
    """The encryption keys in use, newest first: those of the settings, else the key of the instance folder."""
    if settings.encryption_keys:
        return tuple(settings.encryption_keys)
    key = KeyFile(instance=settings.instance, may_make=lambda: False).read()
    return () if key is None else (key,)


def _write(runtime: Runtime, partial: Path, *, with_keys: bool, log: Log) -> BackupManifest:
    taken_at = runtime.now()
    dumped = dump(runtime.database, partial, log)
    # After the database: the key of a secret that was stored meanwhile is there, too.
    keys = keys_of(runtime.settings)
    if keys and with_keys:
        (partial / KEYS_FILE).write_text("".join(f"{key}\n" for key in keys))
    for path in partial.iterdir():
        path.chmod(0o600)
    manifest = BackupManifest(
        version=importlib.metadata.version("marketplace-hooks"),
        taken_at=taken_at,
        database=runtime.database.url.get_backend_name(),
        dump=dumped,
        key_check=Encryption(keys).encrypt(KEY_CHECK).decode() if keys else None,
        files=hash_files(partial),
    )
    write_manifest(partial, manifest)
    return manifest


def _refuse_existing(folder: Path) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise BackupRefused(f"{folder} is there already: name a new folder for each backup.")


def _sync(folder: Path) -> None:
    """Have the folder's entries on the disk for good."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
