"""Encryption of secrets at rest: subscribers' secrets and sites' credentials are stored encrypted.

Fernet (AES-CBC and HMAC, from `cryptography`): the first key encrypts, every key decrypts, so that keys are rotated by
putting a new one in front. Without configured keys the instance folder holds one, made when the first secret is stored;
where secrets are stored already and it is gone, it is not replaced: they could never be read again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, EncryptionKeyLost

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

# `cryptography` is imported inside the functions: most processes of a host never meet a secret, and it takes 8 MB.


@dataclass(frozen=True, kw_only=True)
class KeyFile:
    """The key of an instance folder whose service configured none, readable by its owner alone.

    `may_make` says whether there may be a first key: nothing is stored under an earlier one. Several machines need
    ENCRYPTION_KEYS instead: each would make a key of its own.
    """

    instance: Path
    may_make: Callable[[], bool]

    @property
    def path(self) -> Path:
        return self.instance / "encryption.key"

    def read(self) -> str | None:
        """The key; None when there is none."""
        try:
            return self.path.read_text().strip()
        except FileNotFoundError:
            return None

    def make(self) -> str:
        """Make the first key, unless another process is quicker. Raises `EncryptionKeyLost` for a second."""
        if not self.may_make():
            raise EncryptionKeyLost(f"{self.path} is gone, and stored secrets need it: put it back, from a backup.")
        from cryptography.fernet import Fernet

        return self.put(Fernet.generate_key().decode())

    def put(self, key: str) -> str:
        """Store this key, unless there is one already; return the one that is there now."""
        self.instance.mkdir(parents=True, exist_ok=True)
        # A draft of its own for each call: threads of one process may make the first key at the same moment.
        with tempfile.NamedTemporaryFile("w", dir=self.instance, prefix=f"{self.path.name}.") as draft:
            draft.write(key)
            draft.flush()
            os.fsync(draft.fileno())  # secrets that are stored under it are of no use without it.
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, self.path)  # the first call wins.
        return self.path.read_text().strip()


class Encryption:
    """Encrypts and decrypts under the configured keys, or under the key of the instance folder."""

    def __init__(self, keys: Sequence[str], key_file: KeyFile | None = None) -> None:
        """`keys` are Fernet keys, newest first. A malformed one is a `ConfigurationError`."""
        self._key_file = key_file
        self._fernet = _fernet(keys) if keys else None

    def encrypt(self, secret: str) -> bytes:
        """The ciphertext to store, under the newest key. Raises `EncryptionKeyLost` when there was one, and is gone."""
        fernet = self._find()
        if fernet is None and self._key_file is not None:
            fernet = self._fernet = _fernet([self._key_file.make()])
        if fernet is None:
            raise EncryptionKeyLost("No ENCRYPTION_KEYS are configured.")
        return fernet.encrypt(secret.encode())

    def decrypt(self, ciphertext: bytes) -> str:
        """The secret again. Raises `EncryptionKeyLost` when no key fits."""
        from cryptography.fernet import InvalidToken

        fernet = self._find()
        if fernet is None and self._key_file is not None:
            raise EncryptionKeyLost(f"{self._key_file.path} is gone, and stored secrets need it: put it back.")
        try:
            if fernet is None:
                raise InvalidToken
            return fernet.decrypt(ciphertext).decode()
        except InvalidToken as error:
            raise EncryptionKeyLost(
                "A stored secret cannot be read with ENCRYPTION_KEYS, or with the key in the instance folder: put the "
                "old key back, as the last of ENCRYPTION_KEYS."
            ) from error

    def _find(self) -> MultiFernet | None:
        """The keys; None while the instance folder holds none. Another process may have made it meanwhile."""
        if self._fernet is None and self._key_file is not None and (key := self._key_file.read()) is not None:
            self._fernet = _fernet([key])
        return self._fernet


def _fernet(keys: Sequence[str]) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    try:
        return MultiFernet([Fernet(key) for key in keys])
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            "ENCRYPTION_KEYS must hold Fernet keys: 32 bytes in URL-safe base64. "
            "`marketplace-hooks secret --encryption` makes one."
        ) from error
