"""Restore of a backup into an empty database: everything or nothing, without reviving what had ended since.

The state is that of the backup, but must not contradict what receivers and people have seen since: the sequences of
outgoing events skip those of the gap, and everybody signs in again. `docs/backup.md` says what to ask senders for.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sqlalchemy import Connection, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database import migrate
from ...database.dump import Log, load, refuse_used
from ...database.encryption import Encryption, KeyFile
from ...database.types import Base
from ...domain.audit_actions import AuditAction
from ...domain.instants import format_instant
from ...errors import BackupRefused, EncryptionKeyLost
from ...models.outbox import OutgoingEvent
from ..access.sessions import end_all_sessions
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork
from .backup import KEYS_FILE, keys_of
from .backup_manifest import BackupManifest, read_manifest

SEQUENCE_JUMP = 1_000_000
"""More outgoing events than there were about one subject between a backup and its restore."""


def restore(runtime: Runtime, folder: Path, *, log: Log) -> BackupManifest:
    """Bring back the installation of a backup, in an empty database.

    Raises `BackupRefused` for a database that is not empty, and for a backup that is not whole, of another kind of
    database, of a newer schema, or whose keys are not here. Then nothing was changed.
    """
    with runtime.database.read_session() as session:
        refuse_used(runtime.database, session.connection())
    manifest = read_manifest(folder)
    _refuse_foreign(manifest, runtime.database.url.get_backend_name())
    key = _key_to_put(runtime.settings, folder, manifest)

    key_file = KeyFile(instance=runtime.settings.instance, may_make=lambda: False)
    if key is not None:
        key_file.put(key)  # first: an empty database needs none, and a restored one must not be without.
    try:
        load(runtime.database, folder, manifest.dump, partial(_finish, runtime, manifest), log)
    except BaseException:
        if key is not None:
            key_file.path.unlink(missing_ok=True)
        raise
    return manifest


def _refuse_foreign(manifest: BackupManifest, kind: str) -> None:
    if manifest.database != kind:
        raise BackupRefused(f"The backup is of a {manifest.database} database, and DATABASE_URL names a {kind} one.")
    if not migrate.is_known(manifest.dump.revision):
        raise BackupRefused(
            f"The backup is of version {manifest.version}, whose schema {manifest.dump.revision} is newer than this "
            "program: install that version, or a newer one."
        )


def _key_to_put(settings: Settings, folder: Path, manifest: BackupManifest) -> str | None:
    """The backup's key for the instance folder; None when the keys are here, or none is needed."""
    if manifest.key_check is None:
        return None
    if keys := keys_of(settings):
        _refuse_other_keys(keys, manifest.key_check)
        return None
    saved = (folder / KEYS_FILE).read_text().split() if KEYS_FILE in manifest.files else []
    if len(saved) != 1:
        where = f"they are in {folder / KEYS_FILE}" if saved else "the backup was made without them"
        raise BackupRefused(f"Set ENCRYPTION_KEYS to the keys of then: {where}.")
    return saved[0]


def _refuse_other_keys(keys: tuple[str, ...], key_check: str) -> None:
    try:
        Encryption(keys).decrypt(key_check.encode())
    except EncryptionKeyLost as lost:
        raise BackupRefused(
            f"The encryption keys here do not open the backup's secrets: set ENCRYPTION_KEYS to those of then "
            f"({KEYS_FILE} in the backup, if they were included)."
        ) from lost


def _finish(runtime: Runtime, manifest: BackupManifest, connection: Connection) -> None:
    """In the transaction of the restore, under the newest schema."""
    for table in Base.metadata.sorted_tables:
        if "sequence" in table.c and table is not OutgoingEvent.__table__:
            connection.execute(update(table).values(sequence=table.c.sequence + SEQUENCE_JUMP))
    with Session(connection, autoflush=False) as session:
        uow = UnitOfWork(session=session, now=runtime.now(), settings=runtime.settings)
        end_all_sessions(uow)
        uow.audit(AuditAction.BACKUP_RESTORED, None, taken_at=format_instant(manifest.taken_at))
        uow.write()
