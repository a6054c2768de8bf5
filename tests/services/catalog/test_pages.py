"""Pages are read in a fixed number of statements, and words are found as people type them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from marketplace_hooks.database.text_search import folded, words_of
from marketplace_hooks.services.catalog import pages
from marketplace_hooks.services.catalog.pages import Visibility

from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace


@contextmanager
def counted(marketplace: Marketplace) -> Iterator[list[str]]:
    """The statements that were sent meanwhile."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    engine = marketplace.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def cost(marketplace: Marketplace, read: Callable[[Any], Any]) -> int:
    with counted(marketplace) as statements, marketplace.runtime.database.reading() as session:
        assert read(session) is not None
    return len([statement for statement in statements if "mh_" in statement])


def test_a_page_costs_the_same_however_much_is_on_it(marketplace: Marketplace) -> None:
    products = [f"mod-{number}" for number in range(8)]
    marketplace.publish_products(*products)
    marketplace.publish_pack("pack-0", *products[:2])
    marketplace.publish_pack("pack-1", *products)
    reads: list[Callable[[Any], Any]] = [
        lambda session: pages.product_page(session, "mod-0"),
        lambda session: pages.pack_page(session, "pack-1"),
        lambda session: pages.find_products(session),
        lambda session: pages.find_packs(session),
    ]
    before = [cost(marketplace, read) for read in reads]
    for number in range(2, 8):
        marketplace.publish_pack(f"pack-{number}", "mod-0", f"mod-{number}")
    assert [cost(marketplace, read) for read in reads] == before
    assert before == [5, 4, 1, 1]
    assert cost(marketplace, lambda session: pages.pack_page(session, "pack-0")) == 4


def test_hidden_things_are_found_with_the_sight_of_them_only(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_products("mod-3", seller_id="seller-2")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-3", WITHDRAWN)
    marketplace.run_all_now()

    def found(visibility: Visibility) -> list[str]:
        with marketplace.runtime.database.reading() as session:
            return [card.product_id for card in pages.find_products(session, visibility=visibility).items]

    assert found(pages.PUBLIC) == found(Visibility(seller_id="seller-9")) == ["mod-2"]
    assert found(Visibility(seller_id="seller-1")) == ["mod-1", "mod-2"]
    assert found(Visibility(seller_id="seller-2")) == ["mod-2", "mod-3"]
    assert found(Visibility(everything=True)) == ["mod-1", "mod-2", "mod-3"]


def test_categories_are_those_of_what_is_sold_now(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    for product_id, categories in (("mod-1", ["Été", "Zoo"]), ("mod-2", ["Attic", "Zoo"]), ("mod-3", ["Hidden"])):
        marketplace.publish("product.upserted", product_id=product_id, categories=categories)
    marketplace.run_all_now()
    marketplace.change_status("mod-3", OFFLINE)
    marketplace.run_all_now()
    with marketplace.runtime.database.reading() as session:
        assert pages.find_categories(session) == ["Attic", "Été", "Zoo"]


def test_a_product_moves_between_categories_and_vanishes_with_its_sellers_account(marketplace: Marketplace) -> None:
    def found(category: str) -> list[str]:
        with marketplace.runtime.database.reading() as session:
            return [card.product_id for card in pages.find_products(session, category=category).items]

    marketplace.publish("seller.upserted")
    # All in one batch: the last description counts, a category named twice counts once, and a change in between too.
    for categories in (["Attic", "Zoo"], ["Zoo", "Zoo", "Cellar"]):
        marketplace.publish("product.upserted", product_id="mod-1", categories=categories)
        marketplace.change_status("mod-1", OFFLINE)
        marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    assert (found("Attic"), found("Cellar"), found("Zoo")) == ([], ["mod-1"], ["mod-1"])
    marketplace.publish("product.upserted", product_id="mod-1", categories=[])
    marketplace.publish("product.upserted", product_id="mod-2", categories=["Zoo"])
    marketplace.run_all_now()
    assert (found("Cellar"), found("Zoo")) == ([], ["mod-2"])
    marketplace.publish("seller.suspended", reason="unpaid")
    marketplace.run_all_now()
    assert found("Zoo") == []
    with marketplace.runtime.database.reading() as session:
        assert pages.find_categories(session) == []
        mine = pages.find_products(session, category="Zoo", visibility=Visibility(seller_id="seller-1"))
    assert [card.product_id for card in mine.items] == ["mod-2"]


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Étiquettes", "etiquettes"),
        ("Straße", "STRASSE"),
        ("ﬁches", "fiches"),
        ("Αθήνα", "αθηνα"),
        ("a\u00a0 b", "A B"),
    ],
)
def test_case_accents_and_ligatures_do_not_matter(text: str, typed: str) -> None:
    assert folded(text) == folded(typed)


@given(texts=st.lists(st.text(max_size=20), max_size=5), word=st.text(max_size=20))
def test_what_is_in_a_text_is_found_and_nothing_spans_two_texts(texts: list[str], word: str) -> None:
    kept = words_of(texts)
    assert all(folded(text) in kept for text in texts)
    if folded(word) and folded(word) in kept:
        assert any(folded(word) in folded(text) for text in texts)


@given(text=st.text(max_size=50))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
