"""Policies that the contract owner sets count at every door: test copies of merchant sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from marketplace_hooks import MarketplaceHooks

from ...support.api_callers import caller_of
from ...support.marketplace import Marketplace
from ...support.support_desk import PURCHASE, publish_request, request, set_up_support

DEMO = "https://demo.shop.example"
DEV = "https://dev.shop.example"


@pytest.fixture
def desk(make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller) -> Marketplace:
    """The host `demo.` is a test copy, and no other."""
    made = make_marketplace(TEST_PREFIXES="demo")
    set_up_support(made)
    return made


@pytest.mark.parametrize(("site", "code"), [(DEMO, "VALID_STAGING_SHOP"), (DEV, "SHOP_SCOPE_MISMATCH")])
def test_a_listed_prefix_makes_a_test_copy(desk: Marketplace, site: str, code: str) -> None:
    platform = caller_of(desk, "platform")
    query: dict[str, Any] = {"purchase_id": PURCHASE, "shop_url": site}
    assert platform.get("/entitlements", query_string=query).get_json()["code"] == code
    past = platform.get("/entitlements", query_string={**query, "at": desk.runtime.now().isoformat()})
    assert past.get_json()["code"] == code
    with desk.app.app_context():
        assert MarketplaceHooks().entitlements.check(purchase_id=PURCHASE, shop_url=site).code == code


@pytest.mark.parametrize(("site", "is_other"), [(DEMO, False), (DEV, True)])
def test_a_request_about_a_test_copy_is_about_the_same_site(desk: Marketplace, site: str, is_other: bool) -> None:
    publish_request(desk, shop_url=site)
    assert request(desk).grounds == (["other_merchant_site"] if is_other else [])
    shown = caller_of(desk, "platform").get("/support-requests/request-1").get_json()
    assert shown["business_care"]["code"] == ("SHOP_SCOPE_MISMATCH" if is_other else "VALID_STAGING_SHOP")
