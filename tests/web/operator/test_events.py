"""Event log: an operator finds an event, reads why it was rejected and what followed, and applies it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace_hooks.services.outbox.dispatcher import dispatch

from ...support.marketplace import OFFLINE, ONLINE, Marketplace
from ...support.page_client import Browser, browser_of
from ...support.recorded_statements import counting_queries
from .conftest import has_endpoint


def test_the_log_is_narrowed_by_id_subject_type_state_and_day(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    hidden = marketplace.change_status("mod-1", OFFLINE)
    rejected = marketplace.publish("product.upserted", product_id="mod-3", price="free")
    marketplace.run_all_now()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    tomorrow = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"

    def found(query: str) -> set[str]:
        links = operator.get(f"/operator/events?{query}").links
        paths = {link.partition("?")[0] for link in links}
        return {
            path.rpartition("/")[2]
            for path in paths
            if path.startswith("/operator/events/evt") and path.count("/") == 3
        }

    assert len(found("")) == 5
    assert found(f"kind=event&id={hidden}") == {hidden}
    assert found("kind=product&id=mod-1") == {hidden, "evt_2"}
    assert found("kind=product&id=mod") == set()
    assert "No matching event" in operator.page.visible_text
    assert found("type=product.status_changed") == {hidden}
    assert found("state=rejected") == {rejected}
    assert len(found(f"from={today}&state=applied")) == 4
    assert found(f"from={tomorrow}") == found("to=2020-01-01") == set()


def test_a_rejected_event_shows_every_error_and_is_applied_again_after_a_confirmation(
    marketplace: Marketplace, operator: Browser
) -> None:
    event = marketplace.publish("product.status_changed", product_id="mod-1", status="gone", actor="nobody", reason="x")
    marketplace.run_all_now()
    page = operator.get(f"/operator/events/{event}")
    assert "It could not be applied: 2 problems" in page.visible_text
    assert ("data.status" in page.visible_text, "data.actor" in page.visible_text) == (True, True)
    assert f"/operator/events/{event}/replay?source=marketplace" in page.links
    asked = operator.get(f"/operator/events/{event}/replay?source=marketplace")
    assert "Apply this event again?" in asked.visible_text
    assert marketplace.state_and_outcome(event)[0] == "rejected"
    done = operator.post(f"/operator/events/{event}/replay")
    assert "The event has been queued again." in done.visible_text
    assert marketplace.state_and_outcome(event)[0] == "received"
    operator.get(f"/operator/events/{event}/replay")
    assert "It cannot be applied again" in operator.page.visible_text


def test_an_event_that_is_applied_meanwhile_is_refused_with_its_page(
    marketplace: Marketplace, operator: Browser
) -> None:
    event = marketplace.publish("product.status_changed", product_id="mod-1", status="gone", actor="nobody", reason="x")
    marketplace.run_all_now()
    opened = operator.get(f"/operator/events/{event}/replay?source=marketplace")
    operator.post(f"/operator/events/{event}/replay")
    operator._page = opened
    late = operator.post(f"/operator/events/{event}/replay")
    assert late.status == 409
    assert "Nothing was done: the event is “Received” now." in late.visible_text
    assert "It is about to be applied." in late.visible_text


def test_an_event_leads_to_its_cascade_and_to_what_was_delivered(marketplace: Marketplace, operator: Browser) -> None:
    has_endpoint(marketplace)
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    event = marketplace.change_status("mod-1", OFFLINE, reason="a fault")
    marketplace.run_all_now()
    dispatch(marketplace.runtime)
    page = operator.get(f"/operator/events/{event}")
    [cascade] = marketplace.cascades("mod-1")
    assert f"/operator/cascades/{cascade.id}" in page.links
    assert ("product.hidden" in page.visible_text, "pack.hidden" in page.visible_text) == (True, True)
    deliveries = [link for link in page.links if link.startswith("/operator/deliveries/")]
    assert len(deliveries) == len(marketplace.outgoing("mod-1")) + len(marketplace.outgoing("pack-1", "pack"))
    step = operator.get(f"/operator/cascades/{cascade.id}").visible_text
    assert ("The packs that contain it" in step, "a fault" in step) == (True, True)
    assert event in operator.get(deliveries[0]).visible_text


def test_what_tells_of_a_person_is_left_out_until_it_is_asked_for(marketplace: Marketplace, operator: Browser) -> None:
    event = marketplace.publish("customer.upserted", name="Odile Martin", email="odile@shop.example")
    marketplace.run_all_now()
    page = operator.get(f"/operator/events/{event}")
    assert ("Odile" in page.text, "customer-1" in page.visible_text) == (False, True)
    whole = operator.get(f"/operator/events/{event}?whole=yes")
    assert "odile@shop.example" in whole.visible_text


def test_a_product_is_no_person_and_markup_in_it_stays_text(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish("seller.upserted")
    event = marketplace.publish("product.upserted", title={"en": "<script>alert(1)</script>"})
    marketplace.run_all_now()
    page = operator.get(f"/operator/events/{event}")
    assert "<script>alert" not in page.text
    assert "<script>alert(1)</script>" in page.visible_text.replace("\\", "") or "&lt;script&gt;" in page.text


@pytest.mark.parametrize(("role", "subject"), [("seller", "seller-1"), ("customer", "customer-1"), ("platform", None)])
def test_nobody_else_reads_the_log(marketplace: Marketplace, role: str, subject: str | None) -> None:
    event = marketplace.publish("seller.upserted")
    for path in ("/operator/events", f"/operator/events/{event}", f"/operator/events/{event}/replay"):
        assert browser_of(marketplace, role, subject).get(path).status == 403


def test_the_log_is_told_in_french_too(marketplace: Marketplace) -> None:
    event = marketplace.publish("seller.upserted")
    french = browser_of(marketplace, "operator", language="fr")
    assert "Effets" in french.get(f"/operator/events/{event}").visible_text
    assert french.get("/operator/events/unknown").status == 404


def test_what_an_event_waits_for_is_in_the_readers_language(marketplace: Marketplace) -> None:
    waiting = marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-9")
    marketplace.run_all_now()
    french = browser_of(marketplace, "operator", language="fr")
    assert "Vendeur seller-9" in french.get(f"/operator/events/{waiting}").visible_text


def test_the_log_takes_as_few_statements_for_fifty_events_as_for_one(
    marketplace: Marketplace, operator: Browser
) -> None:
    marketplace.publish("seller.upserted")
    marketplace.run_all_now()
    with counting_queries(marketplace) as few:
        operator.get("/operator/events")
    for number in range(2, 51):
        marketplace.publish("seller.upserted", seller_id=f"seller-{number}")
    marketplace.run_all_now()
    with counting_queries(marketplace) as many:
        page = operator.get("/operator/events")
        operator.get(next(link for link in page.links if "after=" in link and "language" not in link))
    # Each page counts for the navigation; a list of several pages is counted.
    assert (len(few), len(many)) == (2, 6)


def test_an_event_takes_as_few_statements_with_fifty_deliveries_as_with_two(
    marketplace: Marketplace, operator: Browser
) -> None:
    has_endpoint(marketplace)
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish("pack.upserted", pack_id="pack-1", product_ids=["mod-1", "mod-2"])

    def hides_and_shows() -> int:
        event = marketplace.change_status("mod-1", OFFLINE)
        marketplace.run_all_now()
        dispatch(marketplace.runtime)
        with counting_queries(marketplace) as queries:
            page = operator.get(f"/operator/events/{event}")
        marketplace.change_status("mod-1", ONLINE)
        marketplace.run_all_now()
        assert "pack.hidden" in page.visible_text
        return len(queries)

    few = hides_and_shows()
    for number in range(2, 51):
        marketplace.publish("pack.upserted", pack_id=f"pack-{number}", product_ids=["mod-1", "mod-2"])
    marketplace.run_all_now()
    assert hides_and_shows() == few <= 7
