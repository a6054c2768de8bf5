"""Encryption of stored secrets: the first key is made once, however many threads need it at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from marketplace_hooks.database.encryption import Encryption, KeyFile

THREADS = 6
FOLDERS = 40


def test_threads_that_make_the_first_key_at_once_make_one_key(tmp_path: Path) -> None:
    for number in range(FOLDERS):
        key_file = KeyFile(instance=tmp_path / str(number), may_make=lambda: True)
        encryption = Encryption((), key_file)
        together = Barrier(THREADS)

        def encrypt(secret: str, encryption: Encryption = encryption, together: Barrier = together) -> bytes:
            together.wait()
            return encryption.encrypt(secret)

        secrets = [f"secret {n}" for n in range(THREADS)]
        with ThreadPoolExecutor(THREADS) as threads:
            stored = list(threads.map(encrypt, secrets))
        assert [Encryption((), key_file).decrypt(one) for one in stored] == secrets
        assert list(key_file.instance.iterdir()) == [key_file.path]
        assert key_file.path.stat().st_mode & 0o077 == 0
