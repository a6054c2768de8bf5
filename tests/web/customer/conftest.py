"""`desk`: one seller, one product, and a customer who bought it; `customer`: a browser signed in by the host."""

from __future__ import annotations

import pytest

from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of


@pytest.fixture
def customer(desk: Marketplace) -> Browser:
    return browser_of(desk, "customer", "customer-1")


@pytest.fixture
def stranger(desk: Marketplace) -> Browser:
    return browser_of(desk, "customer", "customer-2")
