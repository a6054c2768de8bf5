"""SQLite's WAL-reset bug: whether a version of its library may lose a committed write, or damage the file.

It takes two processes at one instant: one checkpoints what another has just checkpointed, while a third writes from the
start of the log again (https://sqlite.org/wal.html#walresetbug). That is rare, and nothing that we could set prevents
it, so `doctor` names it.
"""

from __future__ import annotations

_MENDED = (3, 51, 3)
_BACKPORTS = {(3, 44): 6, (3, 50): 7}
"""Older lines that were mended too, and the first version of each that is."""


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Whether this version is older than the fix. A distribution may have fixed an older version."""
    major, minor, patch = version
    mended_patch = _BACKPORTS.get((major, minor))
    return version < _MENDED if mended_patch is None else patch < mended_patch
