"""Words are found as people spell them, with small mistakes."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from marketplace_hooks.database.trigram_index import TRIGRAM_INDEX

from ...support.marketplace import Marketplace
from ...support.searched_catalogue import fill_catalogue, found, page


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    return fill_catalogue(marketplace)


@pytest.mark.parametrize("words", ["étiqettes", "etiqeuttes", "moulin etiquetes", "etikuetes"])
def test_a_small_mistake_is_forgiven_and_said(shop: Marketplace, words: str) -> None:
    answer = page(shop, words)
    assert answer.items[0].product_id == "p-name"
    assert answer.is_similar


def test_without_the_extension_for_trigrams_parts_and_mistakes_are_found_too(shop: Marketplace) -> None:
    if shop.runtime.database.is_sqlite:
        pytest.skip("SQLite has trigrams of its own")
    with shop.runtime.database.begin() as connection:
        assert connection.scalar(text(f"SELECT to_regclass('{TRIGRAM_INDEX}')")) is not None
        connection.execute(text("DROP EXTENSION pg_trgm CASCADE"))
    assert found(shop, "tiquet") == found(shop, "étiqettes") == ["p-name", "p-text"]
    assert found(shop, "etikuetes") == []
