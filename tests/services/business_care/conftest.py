"""Fixtures shared by the tests of Business Care."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from ...support.marketplace import Marketplace
from ...support.outgoing_events import broken_events
from ...support.support_desk import set_up_support


@pytest.fixture
def bought(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    """One product, bought on Monday 2 March 2026 at 10:30 in Paris."""
    set_up_support(marketplace)


@pytest.fixture(autouse=True)
def events_hold_to_their_schemas(marketplace: Marketplace) -> Iterator[None]:
    """Whatever a test has published is as the catalogue says."""
    yield
    assert list(broken_events(marketplace)) == []
