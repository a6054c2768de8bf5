"""Stored secrets: whether there are any, and whether the encryption keys still open them.

A lost or changed key is said at the start and by `doctor`. What needs a secret waits for the key; nothing is given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ...database.encryption import Encryption
from ...database.engine import Database
from ...errors import DatabaseUnavailable, EncryptionKeyLost
from ...models.inspections import SiteCredential
from ...models.outbox import Endpoint
from ...telemetry.log_context import get_logger

log = get_logger(__name__)

_CREDENTIALS_READ = 100
"""Endpoints are few; of sites' credentials, which are deleted soon, so many are opened."""


def has_stored_secrets(database: Database) -> bool:
    """Whether a secret is stored that outlives a day."""
    with database.read_session() as session:
        return next(_ciphertexts(session), None) is not None


def check_encryption_keys(database: Database, encryption: Encryption) -> int:
    """Open what is stored; return how many secrets that were. Raises `EncryptionKeyLost` for one that no key opens."""
    with database.read_session() as session:
        ciphertexts = list(_ciphertexts(session))
    for ciphertext in ciphertexts:
        encryption.decrypt(ciphertext)
    return len(ciphertexts)


def warn_of_lost_key(database: Database, encryption: Encryption) -> None:
    """At the start of a process: log when a stored secret cannot be opened. Never raises."""
    try:
        check_encryption_keys(database, encryption)
    except EncryptionKeyLost as lost:
        log.error("%s Until then nothing is delivered to the endpoints concerned; it waits.", lost)
    except (DatabaseUnavailable, DBAPIError):
        log.warning("the encryption key was not checked: the database cannot be read")


def _ciphertexts(session: Session) -> Iterator[bytes]:
    old = Endpoint.previous_secret, Endpoint.older_secrets
    columns = Endpoint.previous_secret_until, Endpoint.secret, Endpoint.headers, *old
    subscribed = select(*columns).where(Endpoint.deleted_at.is_(None)).order_by(Endpoint.created_at)
    for until, *stored in session.execute(subscribed):
        still_sign = until is not None and datetime.now(UTC) < until
        yield from (one for one in (stored if still_sign else stored[: -len(old)]) if one is not None)
    yield from session.scalars(select(SiteCredential.ciphertext).limit(_CREDENTIALS_READ))
