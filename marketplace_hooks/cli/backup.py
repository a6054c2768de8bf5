"""Backup commands: back up the installation, and restore one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from ..domain.instants import format_instant
from ..services.operations.backup import KEYS_FILE, back_up
from ..services.operations.backup_manifest import BackupManifest
from ..services.operations.restore import restore as restore_backup
from .output import json_option, print_line, show_one
from .root import current_runtime, hooks_group

_folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@hooks_group.command("backup")
@_folder
@click.option("--without-keys", is_flag=True, help="Leave out the encryption keys, if you keep them elsewhere.")
@json_option
def backup(folder: Path, without_keys: bool, as_json: bool) -> None:
    """Back up the database of the running installation, with its encryption keys, to the new folder DIR.

    The service keeps running meanwhile. Only your account can read the folder: keep it as safe as the database.
    Settings are not included.

    \b
    marketplace-hooks backup /var/backups/marketplace-hooks/2026-03-02
    """
    manifest = back_up(current_runtime(), folder, with_keys=not without_keys, log=_progress(as_json))
    show_one({"folder": str(folder), **_facts(manifest)}, as_json=as_json)


@hooks_group.command("restore")
@_folder
@json_option
def restore(folder: Path, as_json: bool) -> None:
    """Restore the backup in DIR into the configured database, which must be empty.

    The backup is checked first. Either all of it is restored or nothing is, in this version's schema;
    everyone has to sign in again.

    \b
    marketplace-hooks restore /var/backups/marketplace-hooks/2026-03-02
    """
    manifest = restore_backup(current_runtime(), folder, log=_progress(as_json))
    show_one({"restored": str(folder), **_facts(manifest)}, as_json=as_json)
    if not as_json:
        print_line(f"Now ask every sender for its events since {format_instant(manifest.taken_at)}: docs/backup.md.")


def _facts(manifest: BackupManifest) -> dict[str, object]:
    return {
        "taken_at": format_instant(manifest.taken_at),
        "version": manifest.version,
        "schema": manifest.dump.revision,
        "database": manifest.database,
        "files": len(manifest.files),
        "bytes": sum(size for size, _ in manifest.files.values()),
        "with_keys": KEYS_FILE in manifest.files,
    }


def _progress(as_json: bool) -> Callable[[str], None]:
    """Lines about the progress, for somebody who watches."""
    if as_json or not sys.stderr.isatty():
        return lambda line: None
    return lambda line: print_line(line, is_error=True)
