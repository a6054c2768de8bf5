"""Progress of cascades by the API, as those see it whom it concerns."""

from __future__ import annotations

import pytest

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import OFFLINE, Marketplace


@pytest.fixture(autouse=True)
def _sold(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    for number in range(3):
        marketplace.set_up_pack(f"pack-{number}", "mod-1", "mod-2")


def test_a_cascade_shows_its_progress_from_the_change_to_its_end(seller: Caller, marketplace: Marketplace) -> None:
    id_ = seller.request_status("mod-1", OFFLINE, reason="a fault").get_json()["cascade_id"]
    running = seller.get(f"/cascades/{id_}").get_json()
    assert (running["state"], running["finished_at"], running["change"]) == ("running", None, "held")
    assert (running["total"], running["done"]) == (1, 1)  # the page is hidden, the packs are not counted yet.
    assert running["subject"] == {"kind": "product", "id": "mod-1"}
    assert running["cause"] == {"event_id": None, "actor": "seller", "reason": "a fault"}
    marketplace.run_all_now()
    done = seller.get(f"/cascades/{id_}").get_json()
    assert (done["state"], done["failed"]) == ("done", 0)
    assert done["finished_at"] >= done["created_at"]
    assert {step["name"]: (step["state"], step["total"], step["done"]) for step in done["steps"]}["packs"] == (
        "done",
        3,
        3,
    )
    assert done["total"] == done["done"] == sum(step["total"] for step in done["steps"])


def test_a_cascade_tells_which_event_caused_it(operator: Caller, marketplace: Marketplace) -> None:
    event_id = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("mod-1")
    assert operator.get(f"/cascades/{cascade.id}").get_json()["cause"]["event_id"] == event_id


def test_a_seller_follows_his_own_cascades_only(seller: Caller, calls: MakeCaller, public: Caller) -> None:
    path = f"/cascades/{seller.request_status('mod-1', OFFLINE).get_json()['cascade_id']}"
    assert problem_of(public.get(path)) == (401, "not_signed_in")
    assert problem_of(calls("customer", "customer-1").get(path)) == (403, "forbidden")
    assert problem_of(calls("seller", "seller-2").get(path)) == (404, "not_found")
    assert problem_of(seller.get("/cascades/cas_unknown")) == (404, "not_found")
    for role in ("operator", "platform"):
        assert calls(role).get(path).status_code == 200


def test_who_follows_a_cascade_is_told_when_nothing_has_moved(seller: Caller, marketplace: Marketplace) -> None:
    path = f"/cascades/{seller.request_status('mod-1', OFFLINE).get_json()['cascade_id']}"
    known_version = {"If-None-Match": seller.get(path).headers["ETag"]}
    assert seller.get(path, headers=known_version).status_code == 304
    marketplace.run_all_now()
    assert seller.get(path, headers=known_version).status_code == 200
