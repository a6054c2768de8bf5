"""What is erased of a customer in events: received or sent, put aside, not understood, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.inbox import InboxConflict, InboxEvent
from marketplace_hooks.models.outbox import Delivery
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.customers import publish_customer, set_up_purchase
from ...support.erasures import erases, leaks
from ...support.marketplace import Marketplace
from ...support.webhook_receiver import Answer, Delivered, Receiver

SECRET = "a-secret-of-the-shop-1"
BEARER = {"Authorization": f"Bearer {SECRET}"}
ODILE: dict[str, Any] = {"name": "Odile Berthonneau", "email": "odile@pelote.example"}


@pytest.fixture
def shop(clock: time_machine.Traveller, make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    """A marketplace with a sender of its own and a mapping that fails, which may deliver to loopback."""
    senders = {"shop": {"scheme": "bearer", "event_id": "json:key", "mapping": f"{__name__}:fails"}}
    given = {"WEBHOOK_SENDERS": senders, "WEBHOOK_SENDER_SECRETS": {"shop": SECRET}}
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", **given)
    marketplace.publish_products("mod-1")
    return marketplace


def fails(payload: Any) -> Any:
    raise ValueError(f"nobody knows {payload.data}")


def receives(shop: Marketplace, payload: Any) -> None:
    """Receive a payload of the sender, which its mapping cannot read."""
    body = json.dumps({"key": "p-1", **payload})
    answer = shop.app.test_client().post("/webhooks/shop", data=body, headers=BEARER, content_type="application/json")
    assert answer.status_code == 202, answer.text
    shop.run_all_now()


def test_the_answers_of_endpoints_are_forgotten(shop: Marketplace) -> None:
    def echoes(request: Delivered) -> Answer:
        return Answer(500, body=request.body)

    set_up_purchase(shop)
    with Receiver(answer=echoes) as receiver:
        add_endpoint(shop.runtime, receiver.url)
        preference = {"purchase_id": "purchase-1", "received_at": datetime.now(UTC).isoformat()}
        shop.publish("subscription.renewal_cancelled", actor="Odile Berthonneau", **preference)
        shop.run_all_now()
        assert "mh_deliveries.attempt_log" in {where for where, _ in leaks(shop)}
        erases(shop)
    assert leaks(shop) == []
    logs = [log for log in shop.all(select(Delivery.attempt_log)) if log]
    assert {entry["status"] for log in logs for entry in log} == {500}


def test_a_body_that_was_put_aside_under_the_id_of_somebody_elses_event_is_forgotten(shop: Marketplace) -> None:
    other = {"name": "Jean", "email": "jean@example.org"}
    event = publish_customer(shop, "customer-2", **other)
    publish_customer(shop, "customer-1", **ODILE)
    shop.publish("customer.upserted", event_id=event, customer_id="customer-1", **ODILE)
    shop.publish("customer.upserted", event_id=event, customer_id="customer-3", name="Paul", email="p@example.org")
    shop.run_all_now()
    assert "mh_inbox_conflicts.body" in {where for where, _ in leaks(shop)}
    erases(shop)
    assert leaks(shop) == []
    names = [json.loads(body)["data"].get("name") for body in shop.all(select(InboxConflict.body))]
    assert sorted(names, key=str) == [None, "Paul"]
    assert json.loads(shop.event(event).body or b"")["data"]["name"] == "Jean"


@pytest.mark.parametrize("about", [{"customer_id": 4711}, {"customer": {"customer_id": "4711"}}])
def test_an_id_may_be_a_number_or_stand_deeper(shop: Marketplace, about: dict[str, Any]) -> None:
    shop.publish("customer.upserted", **{"customer_id": None, **about, **ODILE})
    publish_customer(shop, "4711", **ODILE)
    publish_customer(shop, "47112", name="Paul", email="paul@example.org")
    shop.run_all_now()
    erases(shop, "4711")
    assert leaks(shop) == []
    assert sum(b"Paul" in (body or b"") for body in shop.all(select(InboxEvent.body))) == 1


@pytest.mark.parametrize(
    "member", [{"id": 4711}, {"ref": "4711"}, {"id_customer": 4711}, {"a": [{"customerId": 4711}]}]
)
def test_a_payload_of_a_sender_is_forgotten_with_what_was_said_of_it(shop: Marketplace, member: Any) -> None:
    publish_customer(shop, "4711", **ODILE)
    receives(shop, {"customer": {**member, **ODILE}})
    assert {"mh_inbox.body", "mh_inbox.errors"} <= {where for where, _ in leaks(shop)}
    erases(shop, "4711")
    assert leaks(shop) == []
    [errors] = shop.all(select(InboxEvent.errors).where(InboxEvent.source == "shop"))
    assert errors == [{"path": "", "message": "what was wrong is no longer kept"}]


def test_a_payload_that_only_counts_as_many_is_somebody_elses(shop: Marketplace) -> None:
    publish_customer(shop, "4711", **ODILE)
    receives(shop, {"customer": {"id": 12, "email": "paul@example.org"}, "price": 4711, "paid": True})
    erases(shop, "4711")
    [body] = shop.all(select(InboxEvent.body).where(InboxEvent.source == "shop"))
    assert b"paul@example.org" in body
