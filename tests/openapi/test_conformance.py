"""The API answers as its OpenAPI document says, to requests that nobody wrote.

A short run: each operation for one of the roles. For all of them, and longer: `python -m tests.openapi`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ..support.marketplace import open_marketplace
from .conformance import CALLERS, failures, set_up


@pytest.mark.parametrize(("number", "role"), [*enumerate(CALLERS)])
def test_an_operation_answers_generated_requests_as_it_is_documented(
    sqlite_url: str, tmp_path: Path, number: int, role: str
) -> None:
    with open_marketplace(sqlite_url, tmp_path, API_RATE_PER_MINUTE=0, FAILURE_RATE_PER_MINUTE=0) as marketplace:
        set_up(marketplace)
        every = len(CALLERS)
        assert failures(marketplace, role, examples=1, chosen_seed=1, every=every, first=number) == []
