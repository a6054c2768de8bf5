"""Everything follows from a change, once. `rules.md` 5 and 6."""

from __future__ import annotations

from marketplace_hooks.events.processor import process_pending

from ...support.cascades import PACKS, published_about_packs, sell_in_packs, steps_of
from ...support.marketplace import OFFLINE, ONLINE, Marketplace


def test_a_product_in_no_pack_is_done_with_the_change_itself(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, cascade.change, cascade.seller_id) == ("done", "held", "seller-1")
    assert steps_of(cascade)["product_page"] == ("done", 1, 1)
    assert steps_of(cascade)["packs"] == ("done", 0, 0)
    assert steps_of(cascade)["events"] == ("done", 1, 1)
    assert cascade.finished_at is not None


def test_packs_follow_as_steps_with_their_progress(marketplace: Marketplace) -> None:
    sell_in_packs(marketplace)
    event = marketplace.change_status("mod-1", OFFLINE, reason="Repairs")
    process_pending(marketplace.runtime, "tests")
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, cascade.finished_at) == ("running", None)
    assert steps_of(cascade)["packs"] == ("pending", None, 0)
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("mod-1")
    assert cascade.state == "done"
    assert steps_of(cascade)["packs"] == ("done", 5, 5)
    assert steps_of(cascade)["events"] == ("done", 6, 6)
    assert cascade.cause == {"event_id": event, "actor": "seller", "reason": "Repairs"}


def test_its_end_is_told_about_its_subject_with_what_was_done(marketplace: Marketplace) -> None:
    sell_in_packs(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("mod-1")
    completed = marketplace.outgoing("mod-1")[-1]
    assert (completed.type, completed.cascade_id) == ("cascade.completed", cascade.id)
    assert completed.data["cascade_id"] == cascade.id
    assert completed.data["product_id"] == "mod-1"
    assert completed.data["steps"]["packs"] == {"total": 5, "failed": 0}
    assert completed.cause == cascade.cause


def test_pages_are_hidden_before_any_cascade_has_run(marketplace: Marketplace) -> None:
    sell_in_packs(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    assert not any(marketplace.is_pack_visible(pack_id) for pack_id in PACKS)
    assert published_about_packs(marketplace) == [[]] * 5


def test_a_change_undone_before_its_cascade_ran_tells_nothing_about_packs(marketplace: Marketplace) -> None:
    sell_in_packs(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.shown"]
    assert published_about_packs(marketplace) == [[]] * 5
    assert [cascade.state for cascade in marketplace.cascades("mod-1")] == ["done", "done"]


def test_a_suspended_accounts_cascade_goes_through_products_and_packs(marketplace: Marketplace) -> None:
    sell_in_packs(marketplace)
    marketplace.publish("seller.suspended")
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("seller-1")
    assert (cascade.state, cascade.change) == ("done", "suspended")
    assert steps_of(cascade)["product_pages"] == ("done", 3, 3)
    assert steps_of(cascade)["packs_of_seller"] == ("done", 5, 5)
    assert steps_of(cascade)["events"] == ("done", 8, 8)
    assert marketplace.outgoing("seller-1", "seller")[-1].type == "cascade.completed"
