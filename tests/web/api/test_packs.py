"""Packs by the API: hidden with any of their products, and gone for good only by themselves."""

from __future__ import annotations

import pytest

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace


@pytest.fixture(autouse=True)
def _sold(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    marketplace.set_up_pack("pack-1", "mod-2", "mod-1")


def change(marketplace: Marketplace, id_: str, status: str, kind: str = "product") -> None:
    marketplace.change_status(id_, status, kind=kind)
    marketplace.run_all_now()


def test_everybody_sees_what_is_in_a_pack_in_its_order(public: Caller) -> None:
    pack = public.get("/packs/pack-1").get_json()
    assert [product["product_id"] for product in pack["products"]] == ["mod-2", "mod-1"]
    assert (pack["size"], pack["visible"], pack["status"]) == (2, True, "online")
    assert not {"holds", "blocking"} & pack.keys()


def test_a_pack_is_hidden_while_one_of_its_products_is_and_its_seller_sees_which(
    marketplace: Marketplace, public: Caller, seller: Caller
) -> None:
    change(marketplace, "mod-1", OFFLINE)
    assert problem_of(public.get("/packs/pack-1")) == (404, "not_found")
    assert public.get("/packs").get_json()["items"] == []
    pack = seller.get("/packs/pack-1").get_json()
    assert (pack["status"], pack["visible"], pack["blocking"]) == ("online", False, ["mod-1"])
    change(marketplace, "mod-1", ONLINE)
    assert public.get("/packs/pack-1").status_code == 200


def test_a_withdrawn_product_hides_its_pack_but_does_not_end_it(marketplace: Marketplace, public: Caller) -> None:
    change(marketplace, "mod-1", WITHDRAWN)
    assert problem_of(public.get("/packs/pack-1")) == (404, "not_found")


def test_a_withdrawn_pack_is_gone_for_good_and_its_products_stay(marketplace: Marketplace, public: Caller) -> None:
    change(marketplace, "pack-1", WITHDRAWN, "pack")
    assert problem_of(public.get("/packs/pack-1")) == (410, "withdrawn")
    assert public.get("/products/mod-1").status_code == 200


def test_a_pack_of_one_product_is_not_sold(marketplace: Marketplace, public: Caller, calls: MakeCaller) -> None:
    marketplace.publish_pack("pack-2", "mod-1")
    assert problem_of(public.get("/packs/pack-2")) == (404, "not_found")
    assert calls("operator").get("/packs/pack-2").get_json()["visible"] is False


def test_lists_hold_what_is_sold_and_to_the_seller_all_that_is_his(
    marketplace: Marketplace, public: Caller, seller: Caller, calls: MakeCaller
) -> None:
    marketplace.publish_pack("pack-2", "mod-2", "mod-3")
    change(marketplace, "pack-1", OFFLINE, "pack")
    for caller, expected in (
        (public, ["pack-2"]),
        (calls("seller", "seller-2"), ["pack-2"]),
        (seller, ["pack-1", "pack-2"]),
    ):
        assert [pack["pack_id"] for pack in caller.get("/packs").get_json()["items"]] == expected


def test_a_pack_that_hides_or_changes_has_another_etag(marketplace: Marketplace, public: Caller) -> None:
    known_version = {"If-None-Match": public.get("/packs/pack-1").headers["ETag"]}
    assert public.get("/packs/pack-1", headers=known_version).status_code == 304
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    assert public.get("/packs/pack-1", headers=known_version).status_code == 200
    change(marketplace, "mod-2", OFFLINE)
    assert public.get("/packs/pack-1", headers=known_version).status_code == 404
