"""Entries are written anew when something else than the product's description changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.search import RenewalScope, SearchEntry, SearchRenewal, SearchWord
from marketplace_hooks.services.catalog import search_index, search_renewal
from marketplace_hooks.services.catalog.lists import find_packs
from marketplace_hooks.services.catalog.search_index import request_renewal

from ...support.marketplace import Marketplace
from ...support.searched_catalogue import LISTING, entries, fill_catalogue, found, publish


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    return fill_catalogue(marketplace)


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


@pytest.mark.parametrize("is_filled", [True, False])
def test_what_is_described_while_its_entry_is_written_anew_is_what_is_found(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, is_filled: bool
) -> None:
    if shop.runtime.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with shop.runtime.database.session() as session:
        if not is_filled:
            session.execute(SearchEntry.__table__.delete())
        request_renewal(session, RenewalScope.EVERYTHING, "all", shop.runtime.now())
    publish(shop, "p-name", title={"en": "Harbour Beacon"}, technical_name="beacon")
    describing = threading.Thread(target=process_pending, args=(shop.runtime, "another worker"))
    put = search_index._put

    def put_late(session: Any, entries: Sequence[Any]) -> None:
        """The rows have been read: another worker describes one of them, or waits for this one."""
        monkeypatch.setattr(search_index, "_put", put)
        describing.start()
        describing.join(1)
        put(session, entries)

    monkeypatch.setattr(search_index, "_put", put_late)
    search_renewal.renew_entries(shop.runtime)
    describing.join()
    assert found(shop, "harbour") == ["p-name"]
    assert found(shop, "moulin") == []
