"""Manifest of a backup: what it holds, of which version and instant, and the size and SHA-256 of every file.

It is written last, so that a backup that was cut short has none. Its own hash finds damage, not forgery: whoever can
write to a backup can make another.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from ...database.dump import Dump
from ...database.table_copy import TableDump
from ...domain.instants import format_instant, parse_instant
from ...errors import BackupRefused

FILE = "manifest.json"
FORMAT = 1
MOST_BYTES = 4 * 1024 * 1024
"""A manifest is a few kilobytes; what is larger is none."""


@dataclass(frozen=True, kw_only=True)
class BackupManifest:
    """What a backup says of itself. `key_check` is a text that only the encryption keys of then decrypt."""

    version: str
    taken_at: datetime
    database: str
    dump: Dump
    key_check: str | None
    files: Mapping[str, tuple[int, str]]


class _TableSchema(Schema):
    name = fields.String(required=True, validate=validate.Regexp(r"mh_[a-z0-9_]{1,60}\Z"))
    columns = fields.List(fields.String(required=True), required=True)
    rows = fields.Integer(required=True, strict=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> TableDump:
        return TableDump(**{**data, "columns": tuple(data["columns"])})


class _FileSchema(Schema):
    name = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9_.]{1,80}\Z"))
    bytes = fields.Integer(required=True, strict=True)
    sha256 = fields.String(required=True)


class _ManifestSchema(Schema):
    format = fields.Integer(required=True, strict=True)
    version = fields.String(required=True)
    taken_at = fields.String(required=True)
    database = fields.String(required=True)
    revision = fields.String(required=True)
    tables = fields.List(fields.Nested(_TableSchema), required=True)
    sequences = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True), required=True)
    key_check = fields.String(required=True, allow_none=True)
    files = fields.List(fields.Nested(_FileSchema), required=True)


_SCHEMA = _ManifestSchema()


def hash_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of every file, each of which is on the disk for good afterwards."""
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found[path.name] = (path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
            os.fsync(file.fileno())
    return found


def write_manifest(folder: Path, manifest: BackupManifest) -> None:
    """Write the manifest, the last file of a backup."""
    content = {
        "format": FORMAT,
        "version": manifest.version,
        "taken_at": format_instant(manifest.taken_at),
        "database": manifest.database,
        "revision": manifest.dump.revision,
        "tables": [asdict(table) for table in manifest.dump.tables],
        "sequences": dict(manifest.dump.sequences),
        "key_check": manifest.key_check,
        "files": [{"name": name, "bytes": size, "sha256": hash_} for name, (size, hash_) in manifest.files.items()],
    }
    signed = {**content, "sha256": _digest(content)}
    with (folder / FILE).open("w", encoding="utf-8") as file:
        file.write(json.dumps(signed, indent=1, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> BackupManifest:
    """The manifest of a backup that is whole. Raises `BackupRefused` when a file is missing, short or altered."""
    manifest = _parse(folder)
    for name, expected in manifest.files.items():
        _check(folder / name, expected)
    return manifest


def _parse(folder: Path) -> BackupManifest:
    try:
        with (folder / FILE).open("rb") as file:
            content = json.loads(file.read(MOST_BYTES))
    except FileNotFoundError as error:
        raise BackupRefused(f"{folder} is no backup, or one that was cut short: it has no {FILE}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise BackupRefused(f"{folder / FILE} cannot be read.") from error
    if not isinstance(content, dict) or content.pop("sha256", None) != _digest(content):
        raise BackupRefused(f"{folder / FILE} was altered or is damaged.")
    if content.get("format") != FORMAT:
        raise BackupRefused("The backup is of a newer version of this program: install that one.")
    try:
        loaded = _SCHEMA.load(content)
    except ValidationError as error:
        raise BackupRefused(f"{folder / FILE} is not a manifest of ours.") from error
    taken_at = parse_instant(loaded["taken_at"])
    if taken_at is None:
        raise BackupRefused(f"{folder / FILE} does not say when the backup was made.")
    return BackupManifest(
        version=loaded["version"],
        taken_at=taken_at,
        database=loaded["database"],
        dump=Dump(revision=loaded["revision"], tables=tuple(loaded["tables"]), sequences=loaded["sequences"]),
        key_check=loaded["key_check"],
        files={file["name"]: (file["bytes"], file["sha256"]) for file in loaded["files"]},
    )


def _check(path: Path, expected: tuple[int, str]) -> None:
    try:
        with path.open("rb") as file:
            found = (path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise BackupRefused(f"The backup is not whole: {path.name} cannot be read.") from error
    if found[0] < expected[0]:
        raise BackupRefused(f"The backup was cut short: {path.name} has {found[0]} of {expected[0]} bytes.")
    if found != expected:
        raise BackupRefused(f"The backup was altered or is damaged: {path.name} is not as it was written.")


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
