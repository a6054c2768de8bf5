"""Shared template cache: a test does not compile again what another test's app compiled.

Each app has a Jinja environment of its own, which compiles for itself. In the tests, the apps of one process share what
was compiled of the same source of the same file.
"""

from __future__ import annotations

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class _InMemory(BytecodeCache):
    """Compiled templates by the key of their name and file, and the checksum of their source."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._compiled[bucket.key, bucket.checksum] = bucket.code


_cache = _InMemory()


def share_compiled_templates(app: Flask) -> None:
    """Have the app use what others have compiled, and add to it."""
    app.jinja_env.bytecode_cache = _cache
