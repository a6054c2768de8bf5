"""Old secrets of an endpoint: those that still sign beside the new one, each for 24 hours after it was replaced."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta

from ...database.encryption import Encryption
from ...domain.instants import format_instant, parse_instant
from ...errors import EncryptionKeyLost
from ...models.outbox import Endpoint

OLD_SECRET_LASTS = timedelta(hours=24)
"""For so long after a rotation deliveries are signed with the old secret too."""
MOST_OLDER = 4
"""Each is one signature more in a header: of more rotations in a day, the first ones end early."""


def old_secrets_of(endpoint: Endpoint, encryption: Encryption, now: datetime) -> list[str]:
    """Those that sign now, the newest first. Raises `EncryptionKeyLost`."""
    return [secret for secret, _ in _valid(endpoint, encryption, now)]


def replace_secret(endpoint: Endpoint, encryption: Encryption, secret: str, now: datetime) -> None:
    """Give the endpoint a new secret. What no key opens any more could sign nothing, and is let go."""
    older: list[tuple[str, str]] = []
    with suppress(EncryptionKeyLost):
        older = [(one, format_instant(until)) for one, until in _valid(endpoint, encryption, now)][:MOST_OLDER]
    endpoint.older_secrets = encryption.encrypt(json.dumps(older)) if older else None
    endpoint.previous_secret = endpoint.secret
    endpoint.previous_secret_until = now + OLD_SECRET_LASTS
    endpoint.secret = encryption.encrypt(secret)


def _valid(endpoint: Endpoint, encryption: Encryption, now: datetime) -> list[tuple[str, datetime]]:
    until = endpoint.previous_secret_until
    if endpoint.previous_secret is None or until is None or until <= now:
        return []  # the older ones ended before it.
    older = [] if endpoint.older_secrets is None else json.loads(encryption.decrypt(endpoint.older_secrets))
    ends = [(secret, parse_instant(text)) for secret, text in older]
    valid = [(secret, end) for secret, end in ends if end is not None and now < end]
    return [(encryption.decrypt(endpoint.previous_secret), until), *valid]
