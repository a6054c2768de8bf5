"""Demo marketplace: believable, complete in both languages, and made of events that the inbox accepts."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace_hooks.demo.catalog import Event, events, shares
from marketplace_hooks.demo.load import signed_posts
from marketplace_hooks.domain.versions import compare
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.packs import Pack, pack_is_visible
from marketplace_hooks.models.products import Listing, Product, ProductKind

from ..support.html_reader import Reader
from ..support.marketplace import SECRET, Marketplace, open_marketplace

NOW = datetime(2026, 5, 20, 15, 42, tzinfo=UTC)


def data_of(type_: str) -> list[dict[str, Any]]:
    return [data for _, posted, _, data in events(NOW) if posted == type_]


def load(marketplace: Marketplace, posted: list[Event]) -> Counter[bool]:
    """Post everything as the command does; how many were new, and how many known already."""
    duplicates: Counter[bool] = Counter()
    for path, headers, body in signed_posts(posted, SECRET, datetime.now(UTC)):
        answer = marketplace.app.test_client().post(path, data=body, headers=headers)
        assert answer.status_code == 202, answer.text
        duplicates[answer.get_json()["duplicate"]] += 1
    marketplace.run_all_now()
    return duplicates


def test_the_demo_passes_through_the_real_inbox_and_is_all_on_sale(marketplace: Marketplace) -> None:
    posted = events(datetime.now(UTC))
    assert load(marketplace, posted) == {False: len(posted)}
    states = {event.event_id: event.state for event in marketplace.all(select(InboxEvent))}
    settled = {InboxState.APPLIED, InboxState.IGNORED}
    assert {id_: state for id_, state in states.items() if state not in settled} == {}
    assert {product.status.value for product in marketplace.all(select(Product))} == {"online"}
    assert marketplace.all(select(func.count()).select_from(Product)) == [40]
    assert marketplace.all(select(func.count()).select_from(Pack).where(pack_is_visible())) == [8]


@pytest.fixture
def shop(sqlite_url: str, tmp_path: Path) -> Any:
    with open_marketplace(sqlite_url, tmp_path / "instance", DEMO=True) as marketplace:
        load(marketplace, events(datetime.now(UTC)))
        yield marketplace


def test_loading_again_on_any_day_changes_nothing(shop: Marketplace) -> None:
    def stored() -> list[tuple[Any, ...]]:
        with shop.runtime.database.read_session() as session:
            products = session.execute(select(Product.id, Product.description_version, Product.price_cents))
            listings = session.execute(select(Listing.product_id, Listing.version, Listing.published_at))
            return sorted(map(tuple, [*products, *listings]), key=str)

    before = stored()
    posted = events(datetime.now(UTC))
    assert load(shop, posted) == {True: len(posted)}
    later = events(datetime.now(UTC) + timedelta(days=40))
    assert load(shop, [event for event in later if event[1] != "purchase.completed"])[True] == 0
    assert stored() == before


def test_the_first_page_is_light(shop: Marketplace) -> None:
    for language in ("fr", "en"):
        reader = Reader(shop.app, language)
        page = reader.open("/")
        files = set(re.findall(r'(?:href|src)="(/mh-static/[^"#]+)', page.text))
        sent = [reader.open(file, Accept_Encoding="gzip").data for file in files]
        weight = len(page.data) + sum(map(len, sent))
        assert len(files) + 1 <= 5
        assert weight <= 60_000
        assert page.text.count('<li class="card">') == 24
        assert page.text.count('<li class="card pack">') == 8


def test_only_the_demo_says_that_it_is_one(shop: Marketplace, tmp_path: Path) -> None:
    assert "products and users are invented" in Reader(shop.app).visible_text("/")
    url = shop.runtime.database.url.render_as_string(hide_password=False)
    with open_marketplace(url, tmp_path / "real") as real:
        assert "products and users are invented" not in Reader(real.app).visible_text("/")


def test_the_same_day_tells_the_same_events_to_the_byte() -> None:
    morning = NOW.replace(hour=0, minute=1)
    evening = NOW.replace(hour=23, minute=59)
    assert [post[2] for post in signed_posts(events(morning), SECRET, NOW)] == [
        post[2] for post in signed_posts(events(evening), SECRET, NOW)
    ]


def test_an_event_of_another_day_has_another_id() -> None:
    assert {id_ for id_, *_ in events(NOW)}.isdisjoint(id_ for id_, *_ in events(NOW + timedelta(days=1)))


def test_every_event_has_an_id_of_its_own_that_the_inbox_accepts() -> None:
    ids = [id_ for id_, *_ in events(NOW)]
    assert len(set(ids)) == len(ids)
    assert [id_ for id_ in ids if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", id_)] == []


def test_nothing_is_told_before_what_it_stands_on() -> None:
    known: set[str] = set()
    for _, type_, _, data in events(NOW):
        kind = type_.partition(".")[0]
        needs = [data.get("seller_id"), data.get("customer_id"), data.get("pack_id"), *data.get("product_ids", [])]
        own = data[f"{kind}_id"]
        needs.append(data.get("product_id"))
        assert {id_ for id_ in needs if id_ not in (None, own)} <= known, type_
        known.add(own)


def test_nothing_happens_in_the_future_and_the_past_is_spread_over_two_years() -> None:
    instants = [at for *_, at, _ in events(NOW)]
    assert max(instants) <= NOW.replace(hour=0, minute=0)
    bought = [datetime.fromisoformat(data["purchased_at"]) for data in data_of("purchase.completed")]
    assert min(bought) < NOW - timedelta(days=600)
    assert max(bought) > NOW - timedelta(days=7)
    assert sum(NOW - timedelta(days=366) < at < NOW - timedelta(days=330) for at in bought) >= 5


def test_the_catalogue_is_a_believable_one() -> None:
    latest = {data["product_id"]: data for data in data_of("product.upserted")}
    kinds = Counter(data["kind"] for data in latest.values())
    assert len(latest) == 40
    assert kinds[ProductKind.THEME] >= 9
    assert len({data["technical_name"] for data in latest.values()}) == 40
    assert {data["seller_id"] for data in latest.values()} == {data["seller_id"] for data in data_of("seller.upserted")}
    assert sum(data["version"] > 1 for data in latest.values()) >= 15
    assert any(data["price"]["amount_cents"] == 0 for data in latest.values())
    assert len(data_of("customer.upserted")) == 12
    assert len(data_of("purchase.completed")) >= 40


def test_everything_that_is_read_is_there_in_french_and_in_english() -> None:
    for data in [*data_of("product.upserted"), *data_of("pack.upserted")]:
        texts = [data["title"], *([data["description"]] if "description" in data else [])]
        texts += data.get("listing", {}).get("features", [])
        for text in texts:
            assert set(text) == {"fr", "en"}
            assert all(one.strip() for one in text.values())
            assert "'" not in text["fr"]
    for data in data_of("product.upserted"):
        assert all(2 <= len(re.findall(r"[.!?](?:\s|$)", text)) <= 4 for text in data["description"].values())
        assert 3 <= len(data["listing"]["features"]) <= 6


def test_announced_versions_are_in_order_and_exist() -> None:
    path = Path(__file__).parents[1] / "data" / "prestashop_releases.json"
    released = {one["version"] for one in json.loads(path.read_text())["releases"]}
    for data in data_of("product.upserted"):
        first = data["listing"]["compatible_from"]
        last = data["listing"]["compatible_to"]
        assert {first, last} <= released
        assert compare(first, last) < 0


def test_a_pack_costs_less_than_its_products() -> None:
    prices = {data["product_id"]: data["price"]["amount_cents"] for data in data_of("product.upserted")}
    packs = data_of("pack.upserted")
    assert len(packs) == 8
    for pack in packs:
        assert len(pack["product_ids"]) >= 2
        assert pack["price"]["amount_cents"] < sum(prices[id_] for id_ in pack["product_ids"])


def test_what_is_bought_was_on_sale_and_paid_at_the_price_of_that_day() -> None:
    revisions = data_of("product.upserted")
    for purchase in data_of("purchase.completed"):
        then = [
            one
            for one in revisions
            if one["product_id"] == purchase["product_id"]
            and one["listing"]["published_at"] <= purchase["purchased_at"]
        ]
        assert then
        if "pack_id" not in purchase:
            assert purchase["price_paid"] == then[-1]["price"]


def test_the_products_of_a_bought_pack_add_up_to_its_price() -> None:
    prices = {pack["pack_id"]: pack["price"]["amount_cents"] for pack in data_of("pack.upserted")}
    paid: Counter[tuple[str, str]] = Counter()
    for purchase in data_of("purchase.completed"):
        if "pack_id" in purchase:
            paid[purchase["customer_id"], purchase["pack_id"]] += purchase["price_paid"]["amount_cents"]
    assert paid
    assert {pack_id: cents for (_, pack_id), cents in paid.items()} == {pack_id: prices[pack_id] for _, pack_id in paid}


@given(total=st.integers(0, 10**6), prices=st.lists(st.integers(1, 10**6), min_size=1, max_size=10))
def test_shares_add_up_to_the_cent_and_none_is_negative(total: int, prices: list[int]) -> None:
    parts = shares(total, prices)
    assert sum(parts) == total
    assert min(parts) >= 0
    assert all(abs(part - total * price / sum(prices)) < len(prices) for part, price in zip(parts, prices, strict=True))


def test_nobody_real_can_be_reached() -> None:
    text = json.dumps([data for *_, data in events(NOW)])
    hosts = re.findall(r"(?:@|https?://)([\w.-]+)", text)
    assert hosts
    assert [host for host in hosts if not host.endswith(".example")] == []


def test_a_day_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zone"):
        events(datetime(2026, 5, 20))  # noqa: DTZ001 - the mistake itself
