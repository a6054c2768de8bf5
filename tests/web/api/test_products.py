"""Products by the API: for everybody, and for those who own them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from werkzeug.test import TestResponse

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace


@pytest.fixture(autouse=True)
def _sold(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


def change(marketplace: Marketplace, id_: str, status: str, side: str = SELLER) -> None:
    marketplace.change_status(id_, status, side)
    marketplace.run_all_now()


def ids(answer: TestResponse) -> list[str]:
    return [item["product_id"] for item in answer.get_json()["items"]]


def listing_from(instant: datetime) -> dict[str, object]:
    return {"features": [], "compatible_from": None, "compatible_to": None, "published_at": instant.isoformat()}


def test_everybody_sees_what_a_products_page_shows(marketplace: Marketplace, public: Caller) -> None:
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    product = public.get("/products/mod-1").get_json()
    assert product["product_id"] == "mod-1"
    assert product["title"] == {"fr": "Galerie Lumen", "en": "Lumen Gallery"}
    assert product["price"] == {"amount_cents": 9900, "currency": "EUR"}
    assert (product["status"], product["visible"], product["kind"]) == ("online", True, "module")
    assert product["seller_id"] == "seller-1"
    assert product["listing"]["features"] == ["Lazy loading", {"fr": "Zoom au survol", "en": "Zoom on hover"}]
    assert product["listing"]["published_at"] == "2026-03-02T08:00:00Z"
    assert [pack["pack_id"] for pack in product["packs"]] == ["pack-1"]
    assert "holds" not in product


def test_a_hidden_product_looks_as_if_it_had_never_been(marketplace: Marketplace, public: Caller) -> None:
    change(marketplace, "mod-1", OFFLINE)
    hidden = public.get("/products/mod-1")
    unknown = public.get("/products/mod-9")
    assert problem_of(hidden) == problem_of(unknown) == (404, "not_found")
    assert hidden.text.replace("mod-1", "mod-9") == unknown.text


def test_a_withdrawn_product_is_gone_for_good(marketplace: Marketplace, public: Caller) -> None:
    change(marketplace, "mod-1", WITHDRAWN)
    assert problem_of(public.get("/products/mod-1")) == (410, "withdrawn")


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_its_seller_and_the_marketplace_see_a_hidden_product_marked_as_such(
    marketplace: Marketplace, calls: MakeCaller, status: str
) -> None:
    change(marketplace, "mod-1", status)
    for caller in (calls("seller", "seller-1"), calls("operator"), calls("platform")):
        product = caller.get("/products/mod-1").get_json()
        assert (product["status"], product["visible"]) == (status, False)
    assert bool(product["holds"]) is (status == OFFLINE)
    assert (product["withdrawal"] or {}).get("side") == (SELLER if status == WITHDRAWN else None)


def test_holds_and_scheduled_changes_are_shown_to_the_seller(marketplace: Marketplace, seller: Caller) -> None:
    change(marketplace, "mod-1", OFFLINE, MARKETPLACE)
    marketplace.change_status("mod-1", WITHDRAWN, effective_at="2999-01-01T00:00:00+00:00")
    marketplace.publish("seller.suspended", reason="unpaid fees")
    marketplace.run_all_now()
    product = seller.get("/products/mod-1").get_json()
    assert [(hold["side"], hold["actor"]) for hold in product["holds"]] == [
        ("marketplace", "marketplace"),
        ("account", "marketplace"),
    ]
    assert product["holds"][1]["reason"] == "unpaid fees"
    assert [(one["side"], one["status"], one["effective_at"]) for one in product["scheduled"]] == [
        ("seller", WITHDRAWN, "2999-01-01T00:00:00Z")
    ]


@pytest.mark.parametrize("who", [("seller", "seller-2"), ("customer", "customer-1")])
def test_others_see_no_more_of_a_hidden_product_than_anybody(
    marketplace: Marketplace, calls: MakeCaller, who: tuple[str, str]
) -> None:
    change(marketplace, "mod-1", OFFLINE)
    assert problem_of(calls(*who).get("/products/mod-1")) == (404, "not_found")
    assert ids(calls(*who).get("/products")) == ["mod-2"]


def test_a_hidden_product_leaves_every_list_at_once_and_comes_back_at_once(
    marketplace: Marketplace, public: Caller, seller: Caller
) -> None:
    change(marketplace, "mod-1", OFFLINE)
    assert ids(public.get("/products")) == ["mod-2"]
    assert ids(public.get("/products?q=lumen")) == ["mod-2"]
    assert ids(seller.get("/products")) == ["mod-1", "mod-2"]
    change(marketplace, "mod-1", ONLINE)
    assert ids(public.get("/products")) == ["mod-1", "mod-2"]


def test_packs_that_are_hidden_are_not_named_on_a_products_page(
    marketplace: Marketplace, public: Caller, seller: Caller
) -> None:
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    change(marketplace, "mod-2", OFFLINE)
    assert public.get("/products/mod-1").get_json()["packs"] == []
    assert [pack["visible"] for pack in seller.get("/products/mod-1").get_json()["packs"]] == [False]


def test_products_are_found_by_words_without_their_accents_by_category_and_by_seller(
    marketplace: Marketplace, public: Caller
) -> None:
    title = {"fr": "Étiquettes d'été 100 %", "en": "Labels"}
    marketplace.publish(
        "product.upserted", product_id="mod-3", title=title, categories=["Été"], technical_name="labels"
    )
    marketplace.publish_products("mod-4", seller_id="seller-2")
    for query in ("q=etiquettes", "q=ÉTÉ labels", "category=Été", "q=100 %"):
        assert ids(public.get(f"/products?{query}")) == ["mod-3"], query
    assert ids(public.get("/products?category=Et")) == []
    assert ids(public.get("/products?q=%25")) == ["mod-3"]
    assert ids(public.get("/products?q=_")) == []
    assert ids(public.get("/products?seller_id=seller-2")) == ["mod-4"]
    assert ids(public.get("/products?q=&category=")) == ["mod-1", "mod-2", "mod-3", "mod-4"]


def test_pages_follow_one_another_without_a_gap_or_a_repeat(marketplace: Marketplace, public: Caller) -> None:
    expected = [f"mod-{number:02}" for number in range(7)]
    marketplace.publish_products(*expected, seller_id="seller-3")
    met = []
    cursor = ""
    pages = 0
    while cursor is not None:
        page = public.get(f"/products?seller_id=seller-3&limit=3&cursor={cursor}".removesuffix("&cursor="))
        met += ids(page)
        cursor = page.get_json()["next_cursor"]
        pages += 1
    assert (met, pages) == (expected, 3)


def test_a_page_holds_between_one_and_a_hundred_items(public: Caller) -> None:
    for limit, status in (("1", 200), ("100", 200), ("0", 422), ("101", 422), ("many", 422)):
        assert public.get(f"/products?limit={limit}").status_code == status, limit


def test_a_cursor_of_another_list_or_of_nobodys_making_is_refused(marketplace: Marketplace, public: Caller) -> None:
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    marketplace.publish_pack("pack-2", "mod-1", "mod-2")
    of_packs = public.get("/packs?limit=1").get_json()["next_cursor"]
    assert public.get(f"/packs?cursor={of_packs}").status_code == 200
    for cursor in (of_packs, "%21%21", "a", "cHJvZHVjdHM6", "é"):
        assert problem_of(public.get(f"/products?cursor={cursor}")) == (400, "cursor_malformed")


def test_a_reader_who_has_the_page_already_is_only_told_that_it_stands(
    marketplace: Marketplace, public: Caller
) -> None:
    first = public.get("/products/mod-1")
    assert first.headers["Cache-Control"] == "no-cache"
    again = {"If-None-Match": first.headers["ETag"]}
    assert public.get("/products/mod-1", headers=again).status_code == 304
    marketplace.publish("product.upserted", product_id="mod-1", technical_name="renamed")
    marketplace.run_all_now()
    assert public.get("/products/mod-1", headers=again).status_code == 200


def test_no_cache_keeps_a_hidden_page_alive(marketplace: Marketplace, public: Caller, seller: Caller) -> None:
    answer = public.get("/products/mod-1")
    mine = seller.get("/products/mod-1")
    assert mine.headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {word.strip() for word in answer.headers["Vary"].split(",")}
    change(marketplace, "mod-1", OFFLINE)
    hidden = public.get("/products/mod-1", headers={"If-None-Match": f"{answer.headers['ETag']}, *"})
    assert hidden.status_code == 404
    assert hidden.headers["Cache-Control"] == "no-store"


def test_what_the_listing_announced_on_a_day_is_what_stood_at_its_end_in_paris(
    marketplace: Marketplace, public: Caller
) -> None:
    def announce(feature: str, published_at: str) -> None:
        listing = {"features": [feature], "compatible_from": None, "compatible_to": None, "published_at": published_at}
        marketplace.publish("product.upserted", product_id="mod-5", listing=listing)

    def on(day: str) -> object:
        return public.get(f"/products/mod-5/listing?on={day}").get_json().get("features")

    announce("first", "2026-06-10T12:00:00+02:00")
    announce("second", "2026-06-11T23:59:59+02:00")
    announce("third", "2026-06-13T00:00:00+02:00")
    marketplace.run_all_now()
    assert problem_of(public.get("/products/mod-5/listing?on=2026-06-09")) == (404, "no_listing")
    assert [on("2026-06-10"), on("2026-06-11"), on("2026-06-12"), on("2026-06-13")] == [
        ["first"],
        ["second"],
        ["second"],
        ["third"],
    ]
    before = public.get("/products/mod-5/listing?at=2026-06-11T21:59:58.999999Z").get_json()
    at = public.get("/products/mod-5/listing?at=2026-06-11T21:59:59Z").get_json()
    assert (before["features"], at["features"]) == (["first"], ["second"])


def test_a_day_or_an_instant_that_is_none_is_refused(public: Caller) -> None:
    both = "on=2026-03-02&at=2026-03-02T00:00:00Z"
    for query in ("on=2026-02-30", "on=0001-01-01", "on=9999-12-31", "on=20260302", "at=2026-03-02", both):
        assert problem_of(public.get(f"/products/mod-1/listing?{query}")) == (422, "payload_rejected"), query


def test_the_listing_of_a_hidden_product_is_as_hidden_as_its_page(marketplace: Marketplace, public: Caller) -> None:
    assert public.get("/products/mod-1/listing").status_code == 200
    change(marketplace, "mod-1", OFFLINE)
    assert problem_of(public.get("/products/mod-1/listing")) == (404, "not_found")


def test_a_listing_that_begins_in_minutes_is_not_shown_yet(
    marketplace: Marketplace, public: Caller, clock: time_machine.Traveller
) -> None:
    later = datetime.now(UTC) + timedelta(minutes=4)
    marketplace.publish("product.upserted", product_id="mod-6", listing=listing_from(later))
    marketplace.run_all_now()
    assert public.get("/products/mod-6").get_json()["listing"] is None
    clock.shift(timedelta(minutes=5))
    assert public.get("/products/mod-6").get_json()["listing"]["published_at"] == "2026-03-02T09:34:00Z"


def test_a_listing_of_the_future_is_rejected(marketplace: Marketplace, public: Caller) -> None:
    listing = listing_from(datetime(2999, 1, 1, tzinfo=UTC))
    event_id = marketplace.publish("product.upserted", product_id="mod-6", listing=listing)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event_id)[0] == "rejected"
    assert problem_of(public.get("/products/mod-6")) == (404, "not_found")
