"""Search finds what is described, by words in any part of it, the best first, and nothing that is hidden."""

from __future__ import annotations

import pytest

from marketplace_hooks.domain.search.version_spans import searched_span
from marketplace_hooks.models.products import ProductKind, SubjectKind
from marketplace_hooks.models.search import SearchEntry
from marketplace_hooks.services.catalog import search
from marketplace_hooks.services.catalog.cards import Visibility
from marketplace_hooks.services.catalog.search import Narrowing

from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.searched_catalogue import LISTING, fill_catalogue, found, listed, page, publish


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    return fill_catalogue(marketplace)


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


def test_what_is_narrowed_has_all_the_properties(shop: Marketplace) -> None:
    assert found(shop, "etiquettes", kind=ProductKind.THEME) == ["p-text"]
    assert found(shop, None, kind=ProductKind.MODULE) == ["p-feature", "p-name", "p-other"]
    assert found(shop, None, versions=searched_span("1.6")) == ["p-feature"]
    assert found(shop, None, versions=searched_span("8.1"), highest_cents=9_900) == ["p-name", "p-text"]
    assert found(shop, None, lowest_cents=1_990, highest_cents=1_990) == ["p-name"]
    assert found(shop, None, category="Light", kind=ProductKind.MODULE) == ["p-feature"]
    assert found(shop, None, category="light") == []
    assert found(shop, "labels", seller_id="seller-2") == ["p-other"]
    assert found(shop, None, lowest_cents=1_990, highest_cents=1_990, currency="EUR") == ["p-name"]
    assert found(shop, None, lowest_cents=1_990, highest_cents=1_990, currency="USD") == []
    assert found(shop, None, kind=ProductKind.MODULE, limit=2, after="p-feature") == ["p-name", "p-other"]


def test_a_version_that_nothing_announces_is_looked_for_in_no_entry(shop: Marketplace) -> None:
    described = {"title": {"en": "Anchor"}, "technical_name": "anchor"}
    publish(shop, "p-open", **described, listing={**LISTING, "features": [], "compatible_to": None})
    shop.run_all_now()
    assert (
        found(shop, None, versions=searched_span("99")) == found(shop, None, versions=searched_span("20")) == ["p-open"]
    )
    assert found(shop, None, versions=searched_span("5")) == ["p-name", "p-open", "p-other", "p-text"]
    shop.change_status("p-open", WITHDRAWN)
    shop.run_all_now()
    assert found(shop, None, versions=searched_span("99")) == []
    with shop.runtime.database.read_session() as session:
        index = search._Index(session, SubjectKind.PRODUCT, Narrowing(versions=searched_span("1.2")), [])
        assert session.scalars(index.ids([])).all() == [], "no entry is read"


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
