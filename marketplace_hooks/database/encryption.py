"""Encryption at rest of the secrets that rows carry.

Fernet (AES-CBC and HMAC, from `cryptography`): the first key encrypts, every key decrypts, so that keys are rotated by
putting a new one in front.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ..errors import ConfigurationError


class Encryption:
    """Encrypts and decrypts under the configured keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, newest first. A malformed one is a `ConfigurationError`."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                "ENCRYPTION_KEYS must hold Fernet keys: 32 bytes in URL-safe base64. "
                "`marketplace-hooks secret --encryption` makes one."
            ) from error

    def encrypt(self, secret: str) -> bytes:
        """The ciphertext to store, under the newest key."""
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """The secret again. Raises `ConfigurationError` when no configured key fits."""
        try:
            return self._fernet.decrypt(ciphertext).decode()
        except InvalidToken as error:
            raise ConfigurationError(
                "A stored secret cannot be read with the configured ENCRYPTION_KEYS: put the old one back last."
            ) from error


def instance_key(instance: Path) -> str:
    """The key of an instance folder whose service configured none: made once, readable by its owner alone.

    Several machines need ENCRYPTION_KEYS instead: each would make a key of its own.
    """
    path = instance / "encryption.key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        instance.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(Fernet.generate_key().decode())
    try:
        os.link(draft, path)  # the first process wins.
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
