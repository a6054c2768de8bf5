"""A customer about whom everything is stored that can be, in words that occur nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace_hooks.models.access import Role, SignInMethod
from marketplace_hooks.models.audit import AuditChannel
from marketplace_hooks.models.drafts import RequestDraft
from marketplace_hooks.remote.probes.protocol import Credentials
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.access.sessions import SignIn, begin
from marketplace_hooks.services.core.actor import Actor, acting_as
from marketplace_hooks.services.inspections.requests import start_inspection

from .api_callers import Caller
from .customers import publish_customer, publish_purchase, publish_refund, publish_termination
from .marketplace import Marketplace
from .support_desk import PURCHASE, REQUEST, in_transaction, publish_message, publish_request

CUSTOMER = "customer-1"
SITE = "https://zephyrine-quatrebarbes.example/"
ADDRESS = "203.0.113.77"
PHONE = "Zephyrphone"
WORDS = ("zephyrin", "quatrebarbes", "zephyrphone", "203.0.113.77")
"""In lower case, words that say who it is; they are in every text below."""
NOTE = "Internal: the seller thinks that the invoice is wrong."


def _signed(text: str) -> str:
    return f"{text} Signed, Zephyrine Quatrebarbes"


def set_up_known_customer(marketplace: Marketplace) -> Marketplace:
    """A customer who has bought, asked, written, signed in, called the API and had a site inspected."""
    marketplace.publish_products("mod-1")
    publish_customer(marketplace, CUSTOMER, name="Zephyrine Quatrebarbes", email="zephyrine@quatrebarbes.example")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    publish_purchase(marketplace, PURCHASE, customer_id=CUSTOMER, shop_url=SITE, purchased_at=yesterday)
    marketplace.run_all_now()
    now = datetime.now(UTC).isoformat()
    moved = {"purchase_id": PURCHASE, "shop_url": f"{SITE}shop", "bound_at": now}
    marketplace.publish("purchase.shop_bound", **moved)
    preference = {"purchase_id": PURCHASE, "actor": "Zephyrine Quatrebarbes", "received_at": now}
    marketplace.publish("subscription.renewal_cancelled", **preference)
    _writes(marketplace)
    _uses_the_service(marketplace)
    publish_refund(marketplace, PURCHASE, 100)
    publish_termination(marketplace, PURCHASE)
    marketplace.publish("mystery.note_taken", customer_id=CUSTOMER, note=_signed("A note that nobody understands."))
    publish_purchase(marketplace, "parked-1", customer_id=CUSTOMER, product_id="mod-unknown", shop_url=SITE)
    marketplace.run_all_now()
    return marketplace


def _writes(marketplace: Marketplace) -> None:
    """A conversation, with what machines and both sides add to it."""
    about: dict[str, Any] = {"shop_url": SITE, "subject": _signed("No pictures."), "body": _signed("It fails.")}
    publish_request(marketplace, **about)
    headers = [["From", "Zephyrine <zephyrine@quatrebarbes.example>"], ["X-Phone", PHONE]]
    publish_message(marketplace, "theirs-1", side="customer", body=_signed("Still so."), headers=headers)
    publish_message(
        marketplace, "answer-1", subject="Re: Zephyrine", body="Dear Zephyrine Quatrebarbes, which version?"
    )
    publish_message(marketplace, "note-1", visibility="internal", body=f"{NOTE} Zephyrine is wrong.")


def _uses_the_service(marketplace: Marketplace) -> None:
    """Sessions, tokens, a draft, calls of the API, and an inspection with credentials."""
    actor = Actor(
        channel=AuditChannel.PAGE, role=Role.CUSTOMER, id=CUSTOMER, name="Zephyrine Quatrebarbes", address=ADDRESS
    )
    sign_in = SignIn(
        method=SignInMethod.OPENID,
        role=Role.CUSTOMER,
        subject=CUSTOMER,
        name="Zephyrine Quatrebarbes",
        account="https://id.example zephyrine",
        address=ADDRESS,
        user_agent=PHONE,
    )
    with acting_as(actor):
        in_transaction(marketplace, lambda uow: begin(uow, sign_in))
    _, text = tokens.create(marketplace.runtime, "customer", subject=CUSTOMER, label="Zephyrine's phone")
    caller = Caller(marketplace.app, {"Authorization": f"Bearer {text}"})
    message = {"body": _signed("By the API.")}
    answer = caller.post(f"/support-requests/{REQUEST}/messages", message, key="once")
    assert answer.status_code == 200, answer.text
    draft = RequestDraft(
        id="d" * 32,
        customer_id=CUSTOMER,
        purchase_id=PURCHASE,
        product_id="mod-1",
        kind="question",
        subject=_signed("A draft."),
        body=_signed("Not sent."),
        shop_url=SITE,
        changed_at=datetime.now(UTC),
    )
    with marketplace.runtime.database.session() as session:
        session.add(draft)
    given = Credentials(webservice_key="K" * 32)
    start_inspection(marketplace.runtime, SITE, purchase_id=PURCHASE, credentials=given)
