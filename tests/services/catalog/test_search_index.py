"""Entries are written with the description, and with nothing else."""

from __future__ import annotations

import pytest

from ...support.marketplace import OFFLINE, Marketplace
from ...support.recorded_statements import counting_queries
from ...support.searched_catalogue import LISTING, fill_catalogue, found, publish


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    return fill_catalogue(marketplace)


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


def test_the_words_of_a_transaction_are_added_last_and_by_one_statement(shop: Marketplace) -> None:
    publish(shop, "p-new", title={"en": "Harbour Beacon"})
    shop.publish("pack.upserted", pack_id="pack-9", title={"en": "Tidal Works"}, product_ids=["p-name", "p-text"])
    with counting_queries(shop) as sent:
        shop.run_all_now()
    written = [one for one in sent if "INSERT INTO mh_search_" in one]
    assert ["mh_search_words" in one for one in written] == [False] * (len(written) - 1) + [True]
    assert found(shop, "harbour") == ["p-new"]


def test_a_listing_of_an_older_description_that_comes_late_is_found_once_it_is_in_force(shop: Marketplace) -> None:
    later = {**LISTING, "features": ["Holograms"], "published_at": "2026-03-02T09:05:00+01:00"}
    publish(shop, "p-name", version=1, title={"en": "Older Name"}, listing=later)
    shop.run_all_now()
    assert found(shop, "holograms") == ["p-name"]
    assert found(shop, "older") == []
