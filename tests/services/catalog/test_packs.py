"""A pack's page is seen when its status and all its products allow it; each change is published. `rules.md` 6."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from marketplace_hooks.models.packs import PackMember

from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace


@pytest.fixture(autouse=True)
def _pack_1(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    marketplace.set_up_pack("pack-1", "mod-1", "mod-2")


def members(marketplace: Marketplace, pack_id: str = "pack-1") -> list[str]:
    order = select(PackMember.product_id).where(PackMember.pack_id == pack_id).order_by(PackMember.position)
    return marketplace.all(order)


def types_of_pack(marketplace: Marketplace, pack_id: str = "pack-1") -> list[str]:
    return marketplace.published_types(pack_id, "pack")


def test_a_new_pack_of_products_online_is_visible_and_publishes_nothing(marketplace: Marketplace) -> None:
    assert marketplace.is_pack_visible("pack-1")
    assert marketplace.outgoing("pack-1", "pack") == []


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_a_pack_vanishes_with_a_member_and_its_cause_is_the_members(marketplace: Marketplace, status: str) -> None:
    event = marketplace.change_status("mod-1", status, reason="Repairs")
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-1")
    [hidden] = marketplace.outgoing("pack-1", "pack")
    assert (hidden.type, hidden.data) == (
        "pack.hidden",
        {"pack_id": "pack-1", "seller_id": "seller-1", "status": ONLINE},
    )
    assert hidden.cause == {"event_id": event, "actor": SELLER, "reason": "Repairs"}
    assert hidden.cascade_id == marketplace.cascades("mod-1")[0].id


def test_two_members_offline_and_one_back_leave_the_pack_hidden(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-2", OFFLINE)
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-1")
    marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-1")
    assert types_of_pack(marketplace) == ["pack.hidden"]
    marketplace.change_status("mod-2", ONLINE)
    marketplace.run_all_now()
    assert marketplace.is_pack_visible("pack-1")
    assert types_of_pack(marketplace) == ["pack.hidden", "pack.shown"]


def test_a_member_back_for_one_side_and_held_by_another_leaves_the_pack_hidden(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, SELLER)
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE)
    marketplace.change_status("mod-1", ONLINE, SELLER)
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-1")


def test_a_product_in_several_packs_hides_them_all_and_no_other(marketplace: Marketplace) -> None:
    marketplace.publish_pack("pack-2", "mod-2", "mod-1")
    marketplace.publish_pack("pack-3", "mod-2", "mod-3")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    assert [marketplace.is_pack_visible(f"pack-{number}") for number in (1, 2, 3)] == [False, False, True]
    assert [types_of_pack(marketplace, f"pack-{number}") for number in (1, 2, 3)] == [
        ["pack.hidden"],
        ["pack.hidden"],
        [],
    ]


# --- its own holds


def test_a_packs_own_hold_hides_it_and_none_of_its_products(marketplace: Marketplace) -> None:
    marketplace.change_status("pack-1", OFFLINE, kind="pack")
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-1")
    assert marketplace.pack("pack-1").status == OFFLINE
    assert marketplace.status("mod-1") == marketplace.status("mod-2") == ONLINE
    assert types_of_pack(marketplace) == ["pack.hidden"]


def test_a_pack_held_on_its_own_and_blocked_is_back_when_both_are_lifted(marketplace: Marketplace) -> None:
    marketplace.change_status("pack-1", OFFLINE, kind="pack")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    marketplace.change_status("pack-1", ONLINE, kind="pack")
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-1")
    marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    assert marketplace.is_pack_visible("pack-1")
    assert types_of_pack(marketplace) == ["pack.hidden", "pack.shown"]


def test_each_side_lifts_only_its_own_hold_of_a_pack(marketplace: Marketplace) -> None:
    marketplace.change_status("pack-1", OFFLINE, MARKETPLACE, kind="pack")
    refused = marketplace.change_status("pack-1", ONLINE, SELLER, kind="pack")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(refused) == ("applied", "no_effect")
    assert marketplace.holding_sides("pack-1", "pack") == {MARKETPLACE}


def test_a_withdrawn_pack_stays_hidden_whatever_comes_back(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("pack-1", WITHDRAWN, kind="pack")
    marketplace.change_status("mod-1", ONLINE)
    marketplace.change_status("pack-1", ONLINE, kind="pack")
    marketplace.run_all_now()
    assert marketplace.pack("pack-1").status == WITHDRAWN
    assert not marketplace.is_pack_visible("pack-1")
    assert types_of_pack(marketplace) == ["pack.hidden"]


def test_an_echo_of_a_packs_change_publishes_nothing(marketplace: Marketplace) -> None:
    marketplace.change_status("pack-1", OFFLINE, kind="pack")
    echo = marketplace.change_status("pack-1", OFFLINE, kind="pack")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(echo) == ("applied", "no_effect")
    assert types_of_pack(marketplace) == ["pack.hidden"]


@pytest.mark.parametrize(("version", "outcome"), [(6, "superseded"), (7, "superseded"), (8, "changed")])
def test_versions_order_the_changes_of_a_pack(marketplace: Marketplace, version: int, outcome: str) -> None:
    marketplace.change_status("pack-1", OFFLINE, kind="pack", version=7)
    event = marketplace.change_status("pack-1", ONLINE, kind="pack", version=version)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", outcome)


# --- what is in it


@pytest.mark.parametrize(("products", "seen"), [([], False), (["mod-1"], False), (["mod-1", "mod-2"], True)])
def test_a_pack_with_fewer_than_two_members_is_not_sold(
    marketplace: Marketplace, products: list[str], seen: bool
) -> None:
    marketplace.publish_pack("pack-2", *products)
    assert marketplace.is_pack_visible("pack-2") is seen
    assert marketplace.outgoing("pack-2", "pack") == []


def test_the_same_product_twice_is_one_member(marketplace: Marketplace) -> None:
    marketplace.publish_pack("pack-2", "mod-1", "mod-1")
    assert members(marketplace, "pack-2") == ["mod-1"]
    assert not marketplace.is_pack_visible("pack-2")


def test_a_pack_that_loses_its_second_member_vanishes_and_comes_back_with_another(marketplace: Marketplace) -> None:
    marketplace.publish_pack("pack-1", "mod-1")
    assert not marketplace.is_pack_visible("pack-1")
    marketplace.publish_pack("pack-1", "mod-1", "mod-3")
    assert marketplace.is_pack_visible("pack-1")
    assert members(marketplace) == ["mod-1", "mod-3"]
    assert types_of_pack(marketplace) == ["pack.hidden", "pack.shown"]


def test_a_member_offline_put_into_a_pack_hides_it_and_taken_out_shows_it(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-3", OFFLINE)
    marketplace.publish_pack("pack-1", "mod-1", "mod-2", "mod-3")
    assert not marketplace.is_pack_visible("pack-1")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    assert marketplace.is_pack_visible("pack-1")
    assert types_of_pack(marketplace) == ["pack.hidden", "pack.shown"]


def test_a_member_put_in_by_the_same_batch_blocks_the_pack(marketplace: Marketplace) -> None:
    marketplace.publish("pack.upserted", pack_id="pack-2", product_ids=["mod-2", "mod-3"])
    marketplace.change_status("mod-3", OFFLINE)
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-2")
    assert types_of_pack(marketplace, "pack-2") == ["pack.hidden"]


def test_a_product_taken_out_of_a_pack_no_longer_concerns_it(marketplace: Marketplace) -> None:
    marketplace.publish_pack("pack-1", "mod-2", "mod-3")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    assert marketplace.is_pack_visible("pack-1")
    assert types_of_pack(marketplace) == []


@pytest.mark.parametrize("versions", [(1, 2), (2, 1)], ids=["in order", "the older one late"])
def test_the_newest_description_of_a_pack_stands(marketplace: Marketplace, versions: tuple[int, int]) -> None:
    contents = {1: ["mod-1", "mod-2"], 2: ["mod-2", "mod-3"]}
    for version in versions:
        marketplace.publish("pack.upserted", pack_id="pack-2", version=version, product_ids=contents[version])
        marketplace.run_all_now()
    assert members(marketplace, "pack-2") == ["mod-2", "mod-3"]


def test_a_pack_remembers_its_title_price_and_the_order_of_its_members(marketplace: Marketplace) -> None:
    marketplace.publish_pack("pack-1", "mod-2", "mod-1")
    pack = marketplace.pack("pack-1")
    assert (pack.title, pack.price_cents, pack.currency) == (
        {"fr": "Pack Images", "en": "Image pack"},
        14900,
        "EUR",
    )
    assert members(marketplace) == ["mod-2", "mod-1"]


def test_a_pack_of_another_sellers_products_follows_both_accounts(marketplace: Marketplace) -> None:
    marketplace.publish_products(seller_id="seller-2")
    marketplace.publish_pack("pack-2", "mod-1", "mod-2", seller_id="seller-2")
    marketplace.publish("seller.suspended", seller_id="seller-2")
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-2")
    assert marketplace.is_pack_visible("pack-1")
    marketplace.publish("seller.unsuspended", seller_id="seller-2")
    marketplace.publish("seller.suspended", seller_id="seller-1")
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-2")
    assert types_of_pack(marketplace, "pack-2") == ["pack.hidden"]


def test_a_pack_sold_on_follows_the_new_sellers_account(marketplace: Marketplace) -> None:
    marketplace.publish_products(seller_id="seller-2")
    marketplace.publish("seller.suspended", seller_id="seller-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2", seller_id="seller-2")
    assert not marketplace.is_pack_visible("pack-1")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2", seller_id="seller-1")
    assert marketplace.is_pack_visible("pack-1")
    assert types_of_pack(marketplace) == ["pack.hidden", "pack.shown"]
