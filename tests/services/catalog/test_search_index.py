"""Entries are written with the description, and with nothing else."""

from __future__ import annotations

import pytest

from ...support.marketplace import OFFLINE, Marketplace
from ...support.recorded_statements import counting_queries
from ...support.searched_catalogue import fill_catalogue, found, publish


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
