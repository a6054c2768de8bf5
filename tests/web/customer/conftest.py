"""`desk`: one seller, one product, and a customer who bought it; `customer`: a browser signed in by the host."""

from __future__ import annotations

import pytest
import time_machine

from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import set_up_support


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_support(marketplace)
    clock.shift(3600)
    return marketplace


@pytest.fixture
def customer(desk: Marketplace) -> Browser:
    return browser_of(desk, "customer", "customer-1")


@pytest.fixture
def stranger(desk: Marketplace) -> Browser:
    return browser_of(desk, "customer", "customer-2")
