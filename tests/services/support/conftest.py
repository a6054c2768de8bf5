"""Fixtures shared by the tests of support: their desk has an open request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ...support.marketplace import Marketplace
from ...support.outgoing_events import broken_events
from ...support.support_desk import set_up_request


@pytest.fixture
def desk(desk: Marketplace) -> Marketplace:
    """An anomaly submitted on Monday 2 March 2026: acknowledge by the 3rd, fix by Monday 13 April (Paris)."""
    return set_up_request(desk)


@pytest.fixture(autouse=True)
def events_hold_to_their_schemas(marketplace: Marketplace) -> Iterator[None]:
    """Whatever a test has published is as the catalogue says."""
    yield
    assert list(broken_events(marketplace)) == []
