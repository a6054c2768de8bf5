"""`operator` is a browser in which somebody of the marketplace is signed in."""

from __future__ import annotations

import pytest

from marketplace_hooks.services.endpoints import add_endpoint, disable_endpoint, locked_endpoint

from ...desk import does
from ...marketplace import Marketplace
from ..pages_rig import Browser, browser_of


@pytest.fixture
def operator(marketplace: Marketplace) -> Browser:
    return browser_of(marketplace, "operator", "odette")


def has_endpoint(marketplace: Marketplace) -> str:
    """An endpoint that wants everything and is disabled: what is told is made ready for it, and sent nowhere."""
    endpoint, _ = add_endpoint(marketplace.installation, "https://93.184.215.14/hooks")
    does(marketplace, lambda work: disable_endpoint(work, locked_endpoint(work.session, endpoint.id), "a test"))
    return endpoint.id
