"""The export of a customer has all that is kept about the person, and nothing of others or of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine

from marketplace_hooks.database.types import Base
from marketplace_hooks.errors import NotFound
from marketplace_hooks.services.privacy import export
from marketplace_hooks.services.privacy.erasure import erase_customer

from ...support.customers import publish_customer, publish_purchase
from ...support.known_customer import CUSTOMER, NOTE, SITE, set_up_known_customer
from ...support.marketplace import Marketplace
from ...support.support_desk import CAUSE, PURCHASE, REQUEST, in_transaction

OF_OTHERS_OR_OURS = {
    "mh_cascades": "what follows from a change of a product",
    "mh_closures": "days of sellers",
    "mh_counters": "figures",
    "mh_deployment_facts": "facts of the installation",
    "mh_endpoint_types": "subscriptions of programs",
    "mh_endpoints": "programs",
    "mh_heartbeats": "processes",
    "mh_listings": "products",
    "mh_locks": "processes",
    "mh_pack_members": "packs",
    "mh_packs": "packs",
    "mh_pack_revisions": "packs",
    "mh_platform_releases": "releases of PrestaShop",
    "mh_price_reviews": "how far a run has come",
    "mh_product_categories": "products",
    "mh_products": "products",
    "mh_purge_marks": "how far a run has come",
    "mh_releases": "products",
    "mh_runs": "how far a run has come",
    "mh_search_entries": "products and packs",
    "mh_search_renewals": "products",
    "mh_search_words": "products and packs",
    "mh_sellers": "sellers",
    "mh_shards": "processes",
    "mh_sides": "products",
    "mh_withdrawals": "products",
}
"""Tables without anything about customers, and what they are about."""


def exported(marketplace: Marketplace, customer_id: str = CUSTOMER) -> dict[str, list[dict[str, Any]]]:
    return {name: list(rows) for name, rows in export.export_sections(marketplace.runtime, customer_id)}


def text_of(content: Any) -> str:
    return json.dumps(content, default=str, ensure_ascii=False)


@pytest.fixture
def known(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    return set_up_known_customer(marketplace)


def test_every_kind_of_thing_that_is_kept_is_in_it(known: Marketplace) -> None:
    found = exported(known)
    rare = {"disputes", "updates_bought", "charges", "renewal_notices", "repeated_notices", "evidence", "mails"}
    assert {name for name, rows in found.items() if not rows} <= rare
    assert [row["id"] for row in found["purchases"]] == [PURCHASE]
    assert {row["shop_url"] for row in found["sites"]} == {SITE, f"{SITE}shop"}
    [file] = found["support_requests"]
    assert [message["message_id"] for message in file["messages"]][:2] == ["theirs-1", "answer-1"]
    assert {row["type"] for row in found["events_received"]} >= {"customer.upserted", "support.request_submitted"}
    [session] = found["sessions"]
    assert (session["address"], session["user_agent"]) == ("203.0.113.77", "Zephyrphone")


def test_internal_notes_and_secrets_are_not_in_it(known: Marketplace) -> None:
    text = text_of(exported(known))
    assert NOTE not in text
    assert "K" * 32 not in text
    assert "sha256" not in text


def test_nothing_of_another_customer_is_in_it(known: Marketplace) -> None:
    publish_customer(known, "customer-2", name="Someone Else", email="else@elsewhere.example")
    publish_purchase(known, "purchase-2", customer_id="customer-2", shop_url="https://elsewhere.example/")
    known.run_all_now()
    assert "elsewhere.example" not in text_of(exported(known))
    found = exported(known, "customer-2")
    assert [row["id"] for row in found["purchases"]] == ["purchase-2"]
    assert REQUEST not in text_of(found)


def test_it_is_read_in_batches_without_a_gap(known: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = text_of(exported(known))
    monkeypatch.setattr(export, "BATCH", 1)
    monkeypatch.setattr(export, "FILES_BATCH", 1)
    assert text_of(exported(known)) == whole


def test_an_erased_customer_has_an_export_without_a_word(known: Marketplace) -> None:
    in_transaction(known, lambda uow: erase_customer(uow, CUSTOMER, CAUSE))
    with known.runtime.database.read_session() as session:
        facts = export.customer_facts(session, CUSTOMER, must_exist=True)
    assert "zephyrin" not in text_of([facts, exported(known)]).lower()
    assert [row["id"] for row in exported(known)["purchases"]] == [PURCHASE]


def test_somebody_unknown_is_not_found(marketplace: Marketplace) -> None:
    with marketplace.runtime.database.read_session() as session:
        assert export.customer_facts(session, "nobody", must_exist=False) is None
        with pytest.raises(NotFound):
            export.customer_facts(session, "nobody", must_exist=True)
    assert not any(exported(marketplace, "nobody").values())


def test_every_table_is_exported_or_says_why_not() -> None:
    in_sections = {section.table.__tablename__ for section in export.SECTIONS}
    placed = [in_sections, set(export.NOT_EXPORTED), set(OF_OTHERS_OR_OURS)]
    assert sum(map(len, placed)) == len(set().union(*placed)), "placed twice"
    assert set(Base.metadata.tables) == set().union(*placed), "place it in services/privacy/export.py"
