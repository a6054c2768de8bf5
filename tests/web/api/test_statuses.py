"""Status changes by the API: who may request them, what is answered, and that they equal those by event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace

LATER = "2999-01-01T00:00:00+02:00"


@pytest.fixture(autouse=True)
def _sold(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    marketplace.set_up_pack("pack-1", "mod-1", "mod-2")


def test_a_seller_hides_a_product_and_its_packs_with_the_very_answer(
    public: Caller, seller: Caller, marketplace: Marketplace
) -> None:
    answer = seller.request_status("mod-1", OFFLINE, reason="a fault in 2.1")
    content = answer.get_json()
    assert (answer.status_code, content["status"], content["effect"]) == (202, OFFLINE, "hold")
    assert [(hold["side"], hold["reason"], hold["actor"]) for hold in content["holds"]] == [
        ("seller", "a fault in 2.1", "seller")
    ]
    assert content["scheduled"] is None
    # Nothing has been worked off: what follows is the cascade's, what is seen is not.
    assert public.get("/products/mod-1").status_code == 404
    assert public.get("/packs/pack-1").status_code == 404
    assert seller.get(f"/cascades/{content['cascade_id']}").get_json()["change"] == "held"
    assert marketplace.holding_sides("mod-1") == {"seller"}


def test_what_was_hidden_comes_back_and_what_is_withdrawn_does_not(
    public: Caller, seller: Caller, marketplace: Marketplace
) -> None:
    seller.request_status("mod-1", OFFLINE)
    assert seller.request_status("mod-1", ONLINE).get_json()["effect"] == "lift"
    assert public.get("/products/mod-1").status_code == 200
    assert seller.request_status("mod-1", WITHDRAWN).get_json()["status"] == WITHDRAWN
    assert public.get("/products/mod-1").status_code == 410
    assert len(marketplace.withdrawals("mod-1")) == 1


def test_a_withdrawn_product_cannot_be_put_online_and_the_refusal_names_both_states(
    seller: Caller, marketplace: Marketplace
) -> None:
    seller.request_status("mod-1", WITHDRAWN)
    published = marketplace.published_types("mod-1")
    for status in (ONLINE, OFFLINE):
        refused = seller.request_status("mod-1", status)
        assert problem_of(refused) == (409, "withdrawn_for_good")
        assert (refused.get_json()["state"], refused.get_json()["asked"]) == (WITHDRAWN, status)
    assert seller.request_status("mod-1", WITHDRAWN).get_json()["cascade_id"] is None
    assert marketplace.published_types("mod-1") == published


def test_a_side_without_a_hold_of_its_own_is_told_whose_holds_stand(
    seller: Caller, operator: Caller, marketplace: Marketplace
) -> None:
    operator.request_status("mod-1", OFFLINE, reason="under review")
    refused = seller.request_status("mod-1", ONLINE)
    assert problem_of(refused) == (409, "held_by_others")
    assert [(hold["side"], hold["reason"]) for hold in refused.get_json()["holds"]] == [("marketplace", "under review")]
    assert (refused.get_json()["state"], refused.get_json()["asked"]) == (OFFLINE, ONLINE)
    seller.request_status("mod-1", OFFLINE)
    lifted = seller.request_status("mod-1", ONLINE).get_json()
    assert (lifted["effect"], lifted["status"]) == ("lift", OFFLINE)
    assert [hold["side"] for hold in lifted["holds"]] == ["marketplace"]


def test_what_changes_nothing_starts_no_cascade_and_tells_nobody(seller: Caller, marketplace: Marketplace) -> None:
    already = seller.request_status("mod-1", ONLINE).get_json()
    assert (already["effect"], already["cascade_id"]) == ("no_effect", None)
    seller.request_status("mod-1", OFFLINE)
    published = marketplace.published_types("mod-1")
    again = seller.request_status("mod-1", OFFLINE).get_json()
    assert (again["effect"], again["cascade_id"], again["status"]) == ("no_effect", None, OFFLINE)
    assert marketplace.published_types("mod-1") == published == ["product.hidden"]


def test_only_its_seller_and_the_marketplace_change_a_product(
    calls: MakeCaller, public: Caller, marketplace: Marketplace
) -> None:
    assert problem_of(public.request_status("mod-1", OFFLINE)) == (401, "not_signed_in")
    assert problem_of(calls("customer", "seller-1").request_status("mod-1", OFFLINE)) == (403, "forbidden")
    another = calls("seller", "seller-2").request_status("mod-1", OFFLINE)
    assert problem_of(another) == (404, "not_found")
    assert another.text.replace("mod-1", "mod-9") == calls("seller", "seller-2").request_status("mod-9", OFFLINE).text
    assert marketplace.status("mod-1") == ONLINE


def test_each_role_speaks_for_its_own_side_and_the_platform_for_the_one_it_names(
    calls: MakeCaller, seller: Caller, operator: Caller, marketplace: Marketplace
) -> None:
    platform = calls("platform")
    assert problem_of(seller.request_status("mod-1", OFFLINE, actor=MARKETPLACE)) == (403, "forbidden")
    assert problem_of(operator.request_status("mod-1", OFFLINE, actor=SELLER)) == (403, "forbidden")
    assert problem_of(operator.request_status("mod-1", OFFLINE, on_behalf_of="Ada")) == (403, "forbidden")
    assert seller.request_status("mod-1", OFFLINE, actor=SELLER).status_code == 202
    unnamed = platform.request_status("mod-2", OFFLINE)
    assert problem_of(unnamed) == (422, "payload_rejected")
    assert [error["path"] for error in unnamed.get_json()["errors"]] == ["actor"]
    published = platform.request_status("mod-2", OFFLINE, actor=SELLER, on_behalf_of="Ada of seller-1").get_json()
    assert [(hold["side"], hold["on_behalf_of"]) for hold in published["holds"]] == [("seller", "Ada of seller-1")]
    assert operator.request_status("mod-3", OFFLINE).get_json()["holds"][0]["side"] == "marketplace"
    [hidden] = [event for event in marketplace.outgoing("mod-2") if event.type == "product.hidden"]
    assert hidden.cause == {
        "event_id": None,
        "actor": "seller",
        "reason": "tests",
        "on_behalf_of": "Ada of seller-1",
    }


def test_a_later_change_waits_in_its_sides_slot_until_it_is_cancelled(
    seller: Caller, operator: Caller, marketplace: Marketplace
) -> None:
    answer = seller.request_status("mod-1", WITHDRAWN, effective_at=LATER).get_json()
    assert (answer["cascade_id"], answer["effect"], answer["status"]) == (None, "schedule", ONLINE)
    assert answer["scheduled"] == {
        "side": "seller",
        "status": WITHDRAWN,
        "effective_at": "2998-12-31T22:00:00Z",
        "reason": "tests",
    }
    assert problem_of(operator.delete("/products/mod-1/status/scheduled")) == (404, "nothing_scheduled")
    assert set(marketplace.scheduled_changes("mod-1")) == {"seller"}
    assert seller.delete("/products/mod-1/status/scheduled").status_code == 204
    assert marketplace.scheduled_changes("mod-1") == {}
    assert problem_of(seller.delete("/products/mod-1/status/scheduled")) == (404, "nothing_scheduled")
    assert marketplace.published_types("mod-1") == ["product.change_scheduled", "product.change_cancelled"]


def test_a_cancellation_is_its_own_sides_affair(seller: Caller, calls: MakeCaller, marketplace: Marketplace) -> None:
    seller.request_status("mod-1", OFFLINE, effective_at=LATER)
    path = "/products/mod-1/status/scheduled"
    assert problem_of(calls("seller", "seller-2").delete(path)) == (404, "not_found")
    assert problem_of(calls("customer", "customer-1").delete(path)) == (403, "forbidden")
    assert problem_of(calls("platform").delete(path)) == (422, "payload_rejected")
    assert problem_of(calls("platform").delete(f"{path}?actor=marketplace")) == (404, "nothing_scheduled")
    assert calls("platform").delete(f"{path}?actor=seller&reason=on+the+phone").status_code == 204
    [cancelled] = [event for event in marketplace.outgoing("mod-1") if event.type == "product.change_cancelled"]
    assert cancelled.cause["reason"] == "on the phone"


def test_an_effective_instant_that_is_past_means_now(seller: Caller) -> None:
    assert seller.request_status("mod-1", OFFLINE, effective_at="2020-01-01T00:00:00Z").get_json()["effect"] == "hold"


def test_a_pack_is_hidden_and_withdrawn_by_its_seller_and_its_products_stay(
    seller: Caller, public: Caller, marketplace: Marketplace
) -> None:
    asked = {"status": OFFLINE, "reason": "sold apart"}
    assert seller.post("/packs/pack-1/status", asked).get_json()["status"] == OFFLINE
    assert public.get("/packs/pack-1").status_code == 404
    assert public.get("/products/mod-1").status_code == 200
    later = seller.post("/packs/pack-1/status", {**asked, "status": WITHDRAWN, "effective_at": LATER}).get_json()
    assert later["scheduled"]["status"] == WITHDRAWN
    assert seller.delete("/packs/pack-1/status/scheduled").status_code == 204
    seller.post("/packs/pack-1/status", {**asked, "status": WITHDRAWN})
    assert public.get("/packs/pack-1").status_code == 410
    marketplace.run_all_now()
    assert sorted(marketplace.published_types("pack-1", "pack")) == [
        "pack.change_cancelled",
        "pack.change_scheduled",
        "pack.hidden",
    ]


def test_everything_that_is_wrong_with_a_request_is_said_at_once(seller: Caller) -> None:
    body = {"status": "gone", "effective_at": "tomorrow", "effectiv_at": LATER, "actor": "account"}
    refused = seller.post("/products/mod-1/status", body)
    assert problem_of(refused) == (422, "payload_rejected")
    assert {error["path"] for error in refused.get_json()["errors"]} == {
        "status",
        "reason",
        "effective_at",
        "effectiv_at",
        "actor",
    }


def test_a_change_needs_a_reason_of_a_reasonable_length(seller: Caller) -> None:
    for length, status in ((0, 422), (1, 202), (2000, 202), (2001, 422)):
        assert seller.request_status("mod-1", OFFLINE, reason="x" * length).status_code == status, length


REQUESTS: list[tuple[str, str]] = [
    (SELLER, OFFLINE),
    (MARKETPLACE, OFFLINE),
    (SELLER, ONLINE),
    (SELLER, OFFLINE),
    (MARKETPLACE, ONLINE),
]


def facts(marketplace: Marketplace, id_: str) -> dict[str, Any]:
    """All that a product's state consists of, but for who was first to say it and when."""
    return {
        "status": marketplace.status(id_),
        "shown": marketplace.product(id_).shown,
        "sides": {
            side: (state.held, state.held_reason, state.scheduled_status)
            for side, state in marketplace.side_states(id_).items()
        },
        "withdrawn": [(one.side, one.reason) for one in marketplace.withdrawals(id_)],
        "published": marketplace.published_types(id_),
        "cascades": [(one.change, one.state.value) for one in marketplace.cascades(id_)],
    }


@pytest.mark.parametrize("requests", [[], [(SELLER, WITHDRAWN)], [(MARKETPLACE, WITHDRAWN)]])
def test_the_button_and_the_event_lead_to_the_same_state(
    seller: Caller, operator: Caller, marketplace: Marketplace, requests: list[tuple[str, str]]
) -> None:
    for side, status in [*REQUESTS, *requests]:
        (seller if side == SELLER else operator).request_status("mod-1", status)
        marketplace.change_status("mod-2", status, side, reason="tests")
        marketplace.run_all_now()
    assert facts(marketplace, "mod-1") == facts(marketplace, "mod-2")


def test_an_echo_of_what_we_told_changes_nothing_and_tells_nobody(seller: Caller, marketplace: Marketplace) -> None:
    seller.request_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    before = facts(marketplace, "mod-1"), marketplace.published_types("pack-1", "pack")
    echo = marketplace.change_status("mod-1", OFFLINE, SELLER)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(echo) == ("applied", "no_effect")
    assert (facts(marketplace, "mod-1"), marketplace.published_types("pack-1", "pack")) == before


def test_an_event_sent_before_a_change_made_here_comes_too_late(seller: Caller, marketplace: Marketplace) -> None:
    sent_at = datetime.now(UTC) - timedelta(seconds=5)
    seller.request_status("mod-1", OFFLINE)
    late = marketplace.change_status("mod-1", ONLINE, SELLER, sent_at=sent_at)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(late) == ("applied", "superseded")
    assert marketplace.status("mod-1") == OFFLINE


def test_a_body_that_is_not_strict_json_is_refused_by_its_kind(seller: Caller) -> None:
    path = "/products/mod-1/status"

    def refused(data: bytes, content_type: str = "application/json", **headers: str) -> tuple[int, str]:
        return problem_of(seller.call("POST", path, data=data, content_type=content_type, headers=headers))

    good = json.dumps({"status": OFFLINE, "reason": "x"}).encode()
    assert refused(b"{") == (400, "not_json")
    assert refused(b'{"status": "online", "status": "online"}') == (400, "not_json")
    assert refused(b'{"reason": "\\ud800"}') == (400, "not_json")
    assert refused(b"[]") == (422, "payload_rejected")
    assert refused(b"") == (400, "not_json")
    assert refused(good, "text/plain") == (415, "unsupported_media_type")
    assert refused(good, **{"Content-Encoding": "gzip"}) == (415, "unsupported_media_type")
    assert refused(b" " * 1_048_577) == (413, "too_large")
    assert refused(b" " * 1_048_576) == (400, "not_json")
