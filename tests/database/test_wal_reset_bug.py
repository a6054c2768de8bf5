"""Which versions of SQLite's library have the WAL-reset bug."""

from __future__ import annotations

import pytest

from marketplace_hooks.database.wal_reset_bug import has_wal_reset_bug


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_versions_from_before_the_mend_have_it(version: tuple[int, int, int], expected: bool) -> None:
    assert has_wal_reset_bug(version) is expected
