"""`calls` gives callers of the API of the test's `marketplace`: `calls("seller", "seller-1").get("/products")`."""

from __future__ import annotations

import pytest

from ..support.api_callers import Caller, MakeCaller, caller_of
from ..support.marketplace import Marketplace


@pytest.fixture
def calls(marketplace: Marketplace) -> MakeCaller:
    """Makes callers: without a role nobody in particular, else with a new token."""

    def call_as(role: str | None = None, subject: str | None = None) -> Caller:
        if role is None:
            return Caller(marketplace.app)
        return caller_of(marketplace, role, subject)

    return call_as


@pytest.fixture
def public(calls: MakeCaller) -> Caller:
    """Nobody in particular."""
    return calls()


@pytest.fixture
def seller(calls: MakeCaller) -> Caller:
    """Who sells as `seller-1`."""
    return calls("seller", "seller-1")


@pytest.fixture
def operator(calls: MakeCaller) -> Caller:
    """One of the marketplace's people."""
    return calls("operator")
