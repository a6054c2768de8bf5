"""Fixtures shared by the tests of Business Care."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace
from ...support.outgoing_events import broken_events


@pytest.fixture
def bought(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    """One product, bought on Monday 2 March 2026 at 10:30 in Paris."""
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace)


@pytest.fixture(autouse=True)
def events_hold_to_their_schemas(marketplace: Marketplace) -> Iterator[None]:
    """Whatever a test has published is as the catalogue says."""
    yield
    assert list(broken_events(marketplace)) == []
