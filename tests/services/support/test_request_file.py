"""Case file of a request: what was announced on the purchase date, and what each side may see. `rules.md` 19."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.services.support.request_file import request_file
from marketplace_hooks.services.support.requests import Viewer

from ...support.marketplace import Marketplace, sample
from ...support.support_desk import REQUEST, publish_message, request, set_up_request, set_up_support

DAY = timedelta(days=1)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Bought today; ten days later the page announces something else, and then support is asked for."""
    set_up_support(marketplace)
    clock.shift(10 * DAY)
    listing = sample("product.upserted")["data"]["listing"]
    today = {"features": ["something else"], "compatible_from": "8.0", "compatible_to": "9.0"}
    published_at = datetime.now(UTC).isoformat()
    marketplace.publish(
        "product.upserted",
        product_id="mod-1",
        seller_id="seller-1",
        listing={**listing, **today, "published_at": published_at},
    )
    marketplace.run_all_now()
    clock.shift(DAY)
    set_up_request(marketplace)
    publish_message(marketplace, "note-1", visibility="internal", body="Between us.")
    return marketplace


def read(desk: Marketplace, viewer: Viewer) -> dict[str, Any]:
    now = desk.runtime.now()
    settings = desk.runtime.settings
    with desk.runtime.database.read_session() as session:
        return request_file(session, request(desk), viewer, now=now, settings=settings)


def test_the_listing_is_that_of_the_purchase_date_for_every_side(desk: Marketplace) -> None:
    announced = sample("product.upserted")["data"]["listing"]
    for viewer in (Viewer(), Viewer(seller_id="seller-1"), Viewer(customer_id="customer-1")):
        file = read(desk, viewer)
        assert (file["request_id"], file["listing"]["features"]) == (REQUEST, announced["features"])
        assert file["listing"]["compatible_from"] == announced["compatible_from"]
        assert file["listing"]["compatible_to"] == announced["compatible_to"]
        assert file["purchase"]["purchased_at"] == file["listing"]["announced_at"]


def test_a_customer_reads_no_internal_note(desk: Marketplace) -> None:
    assert [one["body"] for one in read(desk, Viewer())["messages"]] == ["Between us."]
    assert [one["body"] for one in read(desk, Viewer(seller_id="seller-1"))["messages"]] == ["Between us."]
    assert read(desk, Viewer(customer_id="customer-1"))["messages"] == []
