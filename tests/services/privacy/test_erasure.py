"""Erasure of a customer: nothing personal is left in any table; what must be accounted for is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.events.correction import send_corrected
from marketplace_hooks.models.access import IdempotentCall, Token
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.models.inspections import Inspection, SiteCredential
from marketplace_hooks.models.purchases import Customer, Purchase
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.models.support import SupportMessage, SupportRequest
from marketplace_hooks.remote.probes.protocol import Credentials
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.inspections.requests import start_inspection

from ...support.customers import SHOP, money, publish_customer, publish_purchase, publish_termination, set_up_purchase
from ...support.erasures import erases, everything, leaks
from ...support.marketplace import Marketplace, sample
from ...support.support_desk import in_transaction


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


def test_nothing_personal_is_left_in_any_table(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    moved = {"shop_url": "https://odile.example/shop", "bound_at": datetime.now(UTC).isoformat()}
    marketplace.publish("purchase.shop_bound", purchase_id="purchase-1", **moved)
    preference = {
        "purchase_id": "purchase-1",
        "actor": "Odile Berthonneau",
        "received_at": datetime.now(UTC).isoformat(),
    }
    marketplace.publish("subscription.renewal_cancelled", **preference)
    publish_termination(marketplace, "purchase-1")
    publish_purchase(marketplace, "parked", product_id="mod-unknown")
    marketplace.publish("presale.note_taken", customer_id="customer-1", note="Odile called about Lumen")
    marketplace.publish("mystery.note_taken", purchase_id="purchase-1", request_id="r-9", note="Odile called again")
    marketplace.run_all_now()
    assert leaks(marketplace) != []
    event = erases(marketplace)
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert leaks(marketplace) == []


def test_ids_amounts_and_dates_stay(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    erases(marketplace)
    [purchase] = marketplace.all(select(Purchase))
    assert (purchase.customer_id, purchase.product_id, purchase.price_cents) == ("customer-1", "mod-1", 9900)
    assert purchase.purchased_at == datetime.now(UTC)
    [subscription] = marketplace.all(select(Subscription))
    assert (subscription.customer_id, subscription.state) == ("customer-1", "active")
    [event] = marketplace.all(select(InboxEvent).where(InboxEvent.type == "purchase.completed"))
    data = json.loads(event.body)["data"]
    assert (data["purchase_id"], data["price_paid"]) == ("purchase-1", money(9900))
    assert "shop_url" not in data


def test_nothing_of_other_customers_is_erased(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace, "other", customer_id="customer-10", shop_url="https://other.example")
    set_up_purchase(marketplace)
    before = [text for where, text in everything(marketplace) if "other.example" in text]
    erases(marketplace)
    assert [text for where, text in everything(marketplace) if "other.example" in text] == before
    [customer] = marketplace.all(select(Customer).where(Customer.id == "customer-10"))
    assert (customer.name, customer.erased_at) == ("Odile Berthonneau", None)


def test_an_erasure_is_published_once(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    erases(marketplace)
    again = erases(marketplace)
    assert marketplace.state_and_outcome(again) == ("applied", "no_effect")
    [published] = marketplace.outgoing("customer-1", "customer")
    assert (published.type, published.data) == ("customer.erased", {"customer_id": "customer-1"})


def test_a_description_that_comes_after_the_erasure_is_not_stored(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    erases(marketplace)
    late = publish_customer(marketplace, sent_at=datetime.now(UTC) + timedelta(minutes=1))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(late) == ("applied", "superseded")
    assert leaks(marketplace) == []


def test_somebody_erased_before_being_known_stays_unknown(marketplace: Marketplace) -> None:
    erases(marketplace)
    publish_customer(marketplace, sent_at=datetime.now(UTC) + timedelta(minutes=1))
    publish_purchase(marketplace)
    marketplace.run_all_now()
    [purchase] = marketplace.all(select(Purchase))
    assert (purchase.customer_id, purchase.price_cents) == ("customer-1", 9900)
    assert leaks(marketplace) == []


def test_a_purchase_that_waited_is_applied_without_what_was_personal(marketplace: Marketplace) -> None:
    publish_customer(marketplace)
    event = publish_purchase(marketplace, product_id="mod-7")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("parked", None)
    erases(marketplace)
    marketplace.publish_products("mod-7")
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert marketplace.all(select(Purchase.shop_url)) == [None]
    assert leaks(marketplace) == []


def test_an_event_that_was_corrected_is_forgotten_with_its_copy(marketplace: Marketplace) -> None:
    rejected = marketplace.publish("customer.upserted", customer_id="", name="Odile Martin")
    marketplace.run_all_now()
    copy = json.dumps(sample("customer.upserted")).encode()
    copied = in_transaction(marketplace, lambda uow: send_corrected(uow, rejected, copy).event_id)
    marketplace.run_all_now()
    assert marketplace.event(copied).state == "applied"
    erases(marketplace)
    assert leaks(marketplace) == []


def test_another_body_put_aside_is_forgotten_too(marketplace: Marketplace) -> None:
    event = publish_customer(marketplace)
    marketplace.publish(
        "customer.upserted",
        event_id=event,
        **{"customer_id": "customer-1", "name": "Odile", "email": "o@x.example", "locale": "fr", "professional": True},
    )
    marketplace.run_all_now()
    assert any(where.startswith("mh_inbox_conflicts") for where, _ in leaks(marketplace))
    erases(marketplace)
    assert leaks(marketplace) == []


def test_the_tokens_of_who_is_erased_open_nothing(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    tokens.create(marketplace.runtime, "customer", subject="customer-1", label="Odile's phone")
    tokens.create(marketplace.runtime, "customer", subject="customer-2", label="another's")
    erases(marketplace)
    rows = {token.subject: (token.label, token.revoked_at) for token in marketplace.all(select(Token))}
    assert rows == {"customer-1": ("", datetime.now(UTC)), "customer-2": ("another's", None)}


def test_the_evidence_of_the_site_is_erased_with_the_customer(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    given = Credentials(webservice_key="K" * 32)
    start_inspection(marketplace.runtime, SHOP, purchase_id="purchase-1", credentials=given)
    assert len(marketplace.all(select(SiteCredential.kind))) > 0
    erases(marketplace)
    assert leaks(marketplace) == []
    assert marketplace.all(select(SiteCredential.kind)) == []
    assert marketplace.all(select(Inspection.state)) == ["done"]


def test_no_word_of_a_conversation_stays(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    now = datetime.now(UTC)
    with marketplace.runtime.database.session() as session:
        session.add(
            SupportRequest(
                id="request-1",
                purchase_id="purchase-1",
                customer_id="customer-1",
                product_id="mod-1",
                seller_id="seller-1",
                kind="anomaly",
                subject="Odile sees no photographs",
                body="signed, Odile",
                fingerprint="0" * 64,
                shop_url=SHOP,
                submitted_at=now,
                recorded_at=now,
                handling="accepted",
                entitlement={"code": "VALID", "purchase_id": "purchase-1"},
                checks=[{"name": "site", "evidence": SHOP}],
                grounds=[],
                waived=[],
                missing=[],
                refusal={"ground": "source_modified", "text": "Odile changed it"},
            )
        )
        session.add(
            SupportMessage(
                request_id="request-1",
                message_id="message-1",
                side="seller",
                author="seller-1",
                author_type="human",
                origin="page",
                kind="message",
                visibility="public",
                received_at=now,
                recorded_at=now,
                subject="Re: Odile",
                body="Dear Odile",
                body_sha256="0" * 64,
                headers=[["To", "odile@pelote.example"]],
            )
        )
    columns = {"status": 201, "body": b'{"body": "signed, Odile"}', "owner": "", "body_sha256": "", "started_at": now}
    token, _ = tokens.create(marketplace.runtime, "customer", subject="customer-1")
    seller, _ = tokens.create(marketplace.runtime, "seller", subject="seller-1")
    with marketplace.runtime.database.session() as session:
        session.add(IdempotentCall(scope=f"token:{token.id}", route="POST /support-requests", key="1", **columns))
        route = "POST /support-requests/request-1/messages"
        session.add(IdempotentCall(scope=f"token:{seller.id}", route=route, key="1", **columns))
    erases(marketplace)
    assert leaks(marketplace) == []
    [request] = marketplace.all(select(SupportRequest))
    assert (request.entitlement["code"], request.refusal) == ("VALID", {"ground": "source_modified"})
    assert request.submitted_at == now
