"""`operator` is a browser in which somebody of the marketplace is signed in."""

from __future__ import annotations

import pytest

from marketplace_hooks.services.outbox.endpoints import add_endpoint, disable_endpoint, locked_endpoint

from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import in_transaction


@pytest.fixture
def operator(marketplace: Marketplace) -> Browser:
    return browser_of(marketplace, "operator", "odette")


def has_endpoint(marketplace: Marketplace) -> str:
    """An endpoint that wants everything and is disabled: what is told is made ready for it, and sent nowhere."""
    endpoint, _ = add_endpoint(marketplace.runtime, "https://93.184.215.14/hooks")
    in_transaction(marketplace, lambda uow: disable_endpoint(uow, locked_endpoint(uow.session, endpoint.id), "a test"))
    return endpoint.id
