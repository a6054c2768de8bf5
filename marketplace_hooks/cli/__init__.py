"""The command line: `marketplace-hooks …`, and inside a host app `flask hooks …`."""

from __future__ import annotations

from .root import hooks_group, main

__all__ = ["hooks_group", "main"]
