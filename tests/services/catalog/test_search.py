"""Search finds what is described, by words in any part of it, spelt as people spell, and nothing that is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from marketplace_hooks.database.trigram_index import TRIGRAM_INDEX
from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.domain.search.version_spans import searched_span
from marketplace_hooks.models.products import ProductKind
from marketplace_hooks.models.search import RenewalScope, SearchEntry, SearchRenewal, SearchWord
from marketplace_hooks.services.catalog import search, search_renewal
from marketplace_hooks.services.catalog.cards import Visibility
from marketplace_hooks.services.catalog.lists import Page, find_packs, find_products
from marketplace_hooks.services.catalog.search import Narrowing
from marketplace_hooks.services.catalog.search_index import request_renewal

from ...support.marketplace import OFFLINE, ONLINE, Marketplace
from ...support.prepared import prepared
from ...support.recorded_statements import counting_queries

LISTING = {"compatible_from": "1.7.6.0", "compatible_to": "8.2.99", "published_at": "2026-03-02T09:00:00+01:00"}
NAMELESS = {"title": {"en": "Lantern"}, "description": {"en": "Bright."}, "categories": ["Light"]}
OLD_LISTING = {**LISTING, "features": [{"fr": "Zoom au survol"}], "compatible_from": "1.6", "compatible_to": "1.6.1.24"}


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    return fill(marketplace)


@prepared
def fill(marketplace: Marketplace) -> None:
    """Labels in a name, in a description, in a feature, and something else of another seller."""
    marketplace.publish("seller.upserted", seller_id="seller-1", name="Atelier Lumen")
    marketplace.publish("seller.upserted", seller_id="seller-2", name="Maison Brume")
    labels = {"title": {"fr": "Étiquettes du Moulin", "en": "Mill Labels"}, "technical_name": "moulinpress"}
    publish(marketplace, "p-name", **labels, description={"fr": "Imprime tout."}, price=price(1_990))
    prints = {"title": {"en": "Printer"}, "technical_name": "printer", "kind": "theme"}
    publish(marketplace, "p-text", **prints, description={"en": "Prints « étiquettes »."}, price=price(9_900))
    publish(marketplace, "p-feature", **NAMELESS, technical_name="lantern", listing=OLD_LISTING, price=price(0))
    other = {"title": {"en": "Fog"}, "technical_name": "wool_shop", "seller_id": "seller-2"}
    publish(marketplace, "p-other", **other, description={"en": "Makes fog."}, price=price(50_000))
    marketplace.run_all_now()


PROPERTIES = {"kind", "versions", "lowest_cents", "highest_cents"}


def price(cents: int) -> dict[str, Any]:
    return {"amount_cents": cents, "currency": "EUR"}


def publish(marketplace: Marketplace, product_id: str, **data: Any) -> None:
    described = {
        "categories": ["Labels"],
        "listing": {**LISTING, "features": []},
        "description": {"en": "Made by hand."},
    }
    marketplace.publish("product.upserted", product_id=product_id, **{**described, **data})


def page(marketplace: Marketplace, words: str | None, **more: Any) -> Page[Any]:
    with marketplace.runtime.database.read_session() as session:
        narrowed = {name: more.pop(name) for name in PROPERTIES & set(more)}
        more = {"best_first": True, "properties": Narrowing(**narrowed), **more}
        return find_products(session, search=words, **more)


def listed(marketplace: Marketplace, words: str, **more: Any) -> tuple[list[str], int]:
    """The ids of a page of a list by id, and how many the list has."""
    with marketplace.runtime.database.read_session() as session:
        answer = find_products(session, search=words, **more)
        return [card.product_id for card in answer.items], answer.items.count_up_to(9)


def found(marketplace: Marketplace, words: str | None, **more: Any) -> list[str]:
    return [card.product_id for card in page(marketplace, words, **more).items]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("tiquet", ["p-name", "p-text"]),  # the promise: a part of a word, in the name first.
        ("ÉTIQUETTES moulin", ["p-name"]),
        ("labels", ["p-name", "p-other", "p-text"]),
        ("zoom SURVOL", ["p-feature"]),
        ("moulinpress", ["p-name"]),
        ("brume", ["p-other"]),
        ("l_s", ["p-other"]),
        ("lumen lantern", ["p-feature"]),
        ("etiquettes fog", []),
        ("lanterns", ["p-feature"]),
        ("p", ["p-text"]),
        ("xylophone", []),
        ("\"' ()", []),
    ],
)
def test_words_are_found_in_every_part_of_a_description(shop: Marketplace, words: str, ids: list[str]) -> None:
    answer = page(shop, words)
    assert [card.product_id for card in answer.items] == ids
    assert (answer.total, answer.has_more, answer.is_similar) == (len(ids), False, False)


def test_a_list_by_id_goes_both_ways_through_what_was_found(shop: Marketplace) -> None:
    assert listed(shop, "labels", limit=2) == (["p-name", "p-other"], 3)
    assert found(shop, "labels", best_first=False, after="p-other") == ["p-text"]
    assert found(shop, "labels", best_first=False, after="p-text", is_backward=True, limit=1) == ["p-other"]


@pytest.mark.parametrize("words", ["étiqettes", "etiqeuttes", "moulin etiquetes", "etikuetes"])
def test_a_small_mistake_is_forgiven_and_said(shop: Marketplace, words: str) -> None:
    answer = page(shop, words)
    assert answer.items[0].product_id == "p-name"
    assert answer.is_similar


def test_what_is_narrowed_has_all_the_properties(shop: Marketplace) -> None:
    assert found(shop, "etiquettes", kind=ProductKind.THEME) == ["p-text"]
    assert found(shop, None, kind=ProductKind.MODULE) == ["p-feature", "p-name", "p-other"]
    assert found(shop, None, versions=searched_span("1.6")) == ["p-feature"]
    assert found(shop, None, versions=searched_span("8.1"), highest_cents=9_900) == ["p-name", "p-text"]
    assert found(shop, None, lowest_cents=1_990, highest_cents=1_990) == ["p-name"]
    assert found(shop, None, category="Light", kind=ProductKind.MODULE) == ["p-feature"]
    assert found(shop, None, category="light") == []
    assert found(shop, "labels", seller_id="seller-2") == ["p-other"]
    assert found(shop, None, kind=ProductKind.MODULE, limit=2, after="p-feature") == ["p-name", "p-other"]


def test_what_is_hidden_is_found_by_those_who_may_see_it(shop: Marketplace) -> None:
    before = shop.all(SearchEntry.__table__.select().with_only_columns(SearchEntry.terms))
    shop.change_status("p-name", OFFLINE)
    shop.run_all_now()
    assert found(shop, "tiquet") == ["p-text"]
    assert page(shop, "tiquet").total == 1
    assert found(shop, "moulinpres") == found(shop, None, lowest_cents=1_990, highest_cents=1_990) == []
    assert found(shop, "tiquet", visibility=Visibility(seller_id="seller-1")) == ["p-name", "p-text"]
    assert found(shop, "tiquet", visibility=Visibility(seller_id="seller-2")) == ["p-text"]
    assert found(shop, "tiquet", visibility=Visibility(everything=True)) == ["p-name", "p-text"]
    assert shop.all(SearchEntry.__table__.select().with_only_columns(SearchEntry.terms)) == before
    shop.change_status("p-name", ONLINE)
    shop.run_all_now()
    assert found(shop, "tiquet") == ["p-name", "p-text"]


def test_hiding_a_product_sends_no_statement_to_the_index(shop: Marketplace) -> None:
    with counting_queries(shop) as sent:
        shop.change_status("p-name", OFFLINE)
        shop.run_all_now()
    assert not [one for one in sent if one.lstrip().startswith(("INSERT", "UPDATE", "DELETE")) and "mh_search" in one]


def test_a_renamed_product_is_found_by_its_new_name_alone(shop: Marketplace) -> None:
    publish(shop, "p-name", title={"en": "Harbour Beacon"}, technical_name="beacon")
    shop.run_all_now()
    assert found(shop, "harbour") == ["p-name"]
    assert found(shop, "moulin") == found(shop, "moulinpress") == []


def test_the_products_and_packs_of_a_renamed_seller_are_found_by_the_new_name_alone(shop: Marketplace) -> None:
    shop.publish_pack("pack-1", "p-name", "p-text")
    shop.publish("seller.upserted", seller_id="seller-1", name="Quai Vermeil")
    shop.run_all_now()
    assert found(shop, "vermeil") == ["p-feature", "p-name", "p-text"]
    assert found(shop, "lumen") == []
    with shop.runtime.database.read_session() as session:
        assert [card.pack_id for card in find_packs(session, search="vermeil").items] == ["pack-1"]
    assert not shop.all(SearchRenewal.__table__.select())


def test_a_listing_that_begins_later_is_found_from_then_on(clock: time_machine.Traveller, shop: Marketplace) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=4)
    coming = {**LISTING, "features": ["Holograms"], "published_at": format_instant(soon)}
    publish(shop, "p-other", title={"en": "Fog"}, seller_id="seller-2", listing=coming)
    shop.run_all_now()
    assert found(shop, "holograms") == []
    clock.shift(timedelta(minutes=5))
    shop.run_all_now()
    assert found(shop, "holograms") == ["p-other"]


def test_the_index_is_filled_from_the_rows_and_goes_on_where_it_was_stopped(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish_pack("pack-1", "p-name", "p-text")
    wanted = entries(shop)
    assert len(wanted) == 5
    with shop.runtime.database.session() as session:
        for table in (SearchEntry, SearchWord):
            session.execute(table.__table__.delete())
        request_renewal(session, RenewalScope.EVERYTHING, "all", shop.runtime.now())
    monkeypatch.setattr(search_renewal, "CHUNK", 2)
    answers = iter([False, True])
    assert search_renewal.renew_entries(shop.runtime, stop=lambda: next(answers)) == 1
    assert len(entries(shop)) == 2
    shop.run_all_now()
    assert entries(shop) == wanted
    assert found(shop, "tiquet") == ["p-name", "p-text"]


def test_more_than_can_be_put_in_order_is_said_and_names_come_first(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        publish(shop, f"a-{number}", title={"en": "Plain"}, technical_name=f"p{number}", description={"en": "Moulin"})
    shop.run_all_now()
    monkeypatch.setattr(search, "MOST_FOUND", 3)
    answer = page(shop, "moulin", limit=2)
    assert (answer.items[0].product_id, answer.total, answer.has_more) == ("p-name", 3, True)
    rest = page(shop, "moulin", limit=2, after=answer.next_after)
    assert ([len(answer.items), len(rest.items)], rest.next_after) == ([2, 1], None)
    assert listed(shop, "moulin", limit=3) == (["a-0", "a-1", "a-2"], 5)
    every = [found(shop, None, kind=ProductKind.MODULE, limit=3, after=after) for after in (None, "a-2", "p-feature")]
    assert every == [["a-0", "a-1", "a-2"], ["a-3", "p-feature", "p-name"], ["p-name", "p-other"]]


def test_without_the_extension_for_trigrams_parts_and_mistakes_are_found_too(shop: Marketplace) -> None:
    if shop.runtime.database.is_sqlite:
        pytest.skip("SQLite has trigrams of its own")
    with shop.runtime.database.begin() as connection:
        assert connection.scalar(text(f"SELECT to_regclass('{TRIGRAM_INDEX}')")) is not None
        connection.execute(text("DROP EXTENSION pg_trgm CASCADE"))
    assert found(shop, "tiquet") == found(shop, "étiqettes") == ["p-name", "p-text"]
    assert found(shop, "etikuetes") == []


def entries(marketplace: Marketplace) -> list[Any]:
    with marketplace.runtime.database.read_session() as session:
        columns = [column for column in SearchEntry.__table__.c if column.name != "id"]
        rows = session.execute(SearchEntry.__table__.select().with_only_columns(*columns))
        return sorted(tuple(row) for row in rows)
