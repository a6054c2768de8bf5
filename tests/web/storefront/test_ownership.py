"""Ownership: who bought a hidden product or pack still sees its page, marked as hidden; no other customer does."""

from __future__ import annotations

import pytest
import time_machine

from ...support.api_callers import MakeCaller
from ...support.customers import publish_refund, set_up_purchase
from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.set_up_pack("pack-1", "mod-1", "mod-2")
    set_up_purchase(marketplace, pack_id="pack-1")


@pytest.mark.parametrize(("status", "public"), [(OFFLINE, 404), (WITHDRAWN, 410)])
def test_the_owner_sees_a_hidden_product_and_why_it_is_hidden(
    marketplace: Marketplace, calls: MakeCaller, status: str, public: int
) -> None:
    marketplace.change_status("mod-1", status, reason="a fault in 2.1")
    marketplace.run_all_now()
    answer = calls("customer", "customer-1").get("/products/mod-1")
    content = answer.get_json()
    assert (answer.status_code, content["visible"], content["status"]) == (200, False, status)
    reasons = [hold["reason"] for hold in content["holds"]] or [content["withdrawal"]["reason"]]
    assert reasons == ["a fault in 2.1"]
    assert calls("customer", "customer-2").get("/products/mod-1").status_code == public
    assert calls().get("/products/mod-1").status_code == public
    assert calls("customer", "customer-1").get("/products/mod-1/listing").status_code == 200


def test_the_owner_sees_the_hidden_pack_that_was_bought(marketplace: Marketplace, calls: MakeCaller) -> None:
    marketplace.change_status("mod-2", OFFLINE)
    marketplace.run_all_now()
    owner = calls("customer", "customer-1")
    assert owner.get("/packs/pack-1").get_json()["blocking"] == ["mod-2"]
    assert calls("customer", "customer-2").get("/packs/pack-1").status_code == 404
    # What was not bought stays hidden, though it is in the pack.
    assert owner.get("/products/mod-2").status_code == 404


def test_who_got_the_money_back_owns_it_no_longer(marketplace: Marketplace, calls: MakeCaller) -> None:
    publish_refund(marketplace, "purchase-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    assert calls("customer", "customer-1").get("/products/mod-1").status_code == 404


def test_a_hidden_product_leaves_every_list_for_its_owners_too(marketplace: Marketplace, calls: MakeCaller) -> None:
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    listed = calls("customer", "customer-1").get("/products").get_json()["items"]
    assert [one["product_id"] for one in listed] == ["mod-2"]


def test_an_owner_learns_of_a_visible_product_what_is_scheduled(marketplace: Marketplace, calls: MakeCaller) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at="2026-04-01T00:00:00Z")
    marketplace.run_all_now()
    assert len(calls("customer", "customer-1").get("/products/mod-1").get_json()["scheduled"]) == 1
    assert "scheduled" not in calls("customer", "customer-2").get("/products/mod-1").get_json()
