"""A preview of a status change: what it announces is what the change then does."""

from __future__ import annotations

import pytest

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace

PACKS = {
    "pack-1": ["mod-1", "mod-2"],
    "pack-2": ["mod-1", "mod-3"],
    "pack-3": ["mod-2", "mod-3"],
    "pack-4": ["mod-1"],
    "pack-5": ["mod-1", "mod-2", "mod-3"],
}


@pytest.fixture(autouse=True)
def _sold(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    for pack_id, members in PACKS.items():
        marketplace.publish("pack.upserted", pack_id=pack_id, product_ids=members)
    marketplace.run_all_now()


def seen(marketplace: Marketplace) -> set[str]:
    return {pack_id for pack_id in PACKS if marketplace.is_pack_visible(pack_id)}


@pytest.mark.parametrize(
    "before",
    [
        [],
        [("mod-1", OFFLINE, MARKETPLACE)],
        [("mod-3", OFFLINE, SELLER)],
        [("mod-1", OFFLINE, SELLER), ("mod-3", OFFLINE, SELLER)],
    ],
    ids=["all online", "held by another", "another product held", "both held"],
)
def test_a_preview_counts_the_packs_that_then_vanish_or_come_back(
    marketplace: Marketplace, seller: Caller, before: list[tuple[str, str, str]]
) -> None:
    for product_id, wanted, side in before:
        marketplace.change_status(product_id, wanted, side)
    marketplace.run_all_now()
    for status in (ONLINE, OFFLINE, ONLINE, WITHDRAWN, ONLINE):
        preview = seller.get(f"/products/mod-1/status/preview?status={status}").get_json()
        packs_before = seen(marketplace)
        done = seller.request_status("mod-1", status).get_json()
        vanished = packs_before - seen(marketplace)
        back = seen(marketplace) - packs_before
        if "effect" not in done:
            assert (preview["code"], vanished, back) == (done["code"], set(), set())
            continue
        assert (preview["packs_hidden"], preview["packs_shown"]) == (len(vanished), len(back))
        assert preview["packs"] == sorted(vanished or back)
        assert (preview["effect"], preview["status"]) == (done["effect"], done["status"])


def test_a_preview_names_the_consequences_for_customers(seller: Caller) -> None:
    preview = seller.get("/products/mod-1/status/preview?status=offline_permanent").get_json()
    names = "renewals_cancelled", "entitlements_kept", "last_entitlement_day", "open_requests"
    assert {name: preview[name] for name in names} == dict(zip(names, (0, 0, None, 0), strict=True))


def test_a_preview_of_the_impossible_is_refused_as_the_change_would_be(seller: Caller, operator: Caller) -> None:
    operator.request_status("mod-1", OFFLINE)
    assert problem_of(seller.get("/products/mod-1/status/preview?status=online")) == (409, "held_by_others")
    operator.request_status("mod-1", WITHDRAWN)
    refused = seller.get("/products/mod-1/status/preview?status=online")
    assert problem_of(refused) == (409, "withdrawn_for_good")
    assert (refused.get_json()["state"], refused.get_json()["asked"]) == (WITHDRAWN, ONLINE)


def test_a_preview_changes_nothing(seller: Caller, marketplace: Marketplace) -> None:
    seller.get("/products/mod-1/status/preview?status=offline_permanent")
    assert (marketplace.status("mod-1"), marketplace.published_types("mod-1"), marketplace.side_states("mod-1")) == (
        ONLINE,
        [],
        {},
    )


def test_only_those_who_may_change_a_product_see_what_it_would_do(calls: MakeCaller, public: Caller) -> None:
    path = "/products/mod-1/status/preview?status=online"
    assert problem_of(public.get(path)) == (401, "not_signed_in")
    assert problem_of(calls("customer", "customer-1").get(path)) == (403, "forbidden")
    assert problem_of(calls("seller", "seller-2").get(path)) == (404, "not_found")
    assert problem_of(calls("platform").get(path)) == (422, "payload_rejected")
    assert calls("platform").get(f"{path}&actor=seller").status_code == 200


def test_a_preview_says_of_which_status(seller: Caller) -> None:
    for query in ("", "?status=", "?status=gone"):
        assert problem_of(seller.get(f"/products/mod-1/status/preview{query}")) == (422, "payload_rejected")


def test_a_packs_own_preview_tells_of_its_own_page(marketplace: Marketplace, seller: Caller) -> None:
    for status, hidden, shown in (
        (ONLINE, 0, 0),
        (OFFLINE, 1, 0),
        (OFFLINE, 0, 0),
        (ONLINE, 0, 1),
        (WITHDRAWN, 1, 0),
    ):
        preview = seller.get(f"/packs/pack-1/status/preview?status={status}").get_json()
        was_seen = marketplace.is_pack_visible("pack-1")
        seller.post("/packs/pack-1/status", {"status": status, "reason": "tests"})
        assert (preview["packs_hidden"], preview["packs_shown"]) == (hidden, shown)
        assert (
            was_seen and not marketplace.is_pack_visible("pack-1"),
            marketplace.is_pack_visible("pack-1") and not was_seen,
        ) == (
            bool(hidden),
            bool(shown),
        )
        assert preview["packs"] == (["pack-1"] if hidden or shown else [])


def test_a_pack_that_a_product_blocks_does_not_come_back_by_itself(marketplace: Marketplace, seller: Caller) -> None:
    marketplace.change_status("pack-1", OFFLINE, kind="pack")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    preview = seller.get("/packs/pack-1/status/preview?status=online").get_json()
    assert (preview["packs_shown"], preview["status"]) == (0, ONLINE)
