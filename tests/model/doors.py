"""Doors of the product for the model: signed events and API calls in, API answers and outgoing events out."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.services.access import tokens

from ..support.api_callers import Caller
from ..support.customers import money, publish_customer, publish_purchase
from ..support.marketplace import Marketplace
from ..support.support_desk import publish_message, publish_request

SITE = "http://127.0.0.1:9/"
"""A merchant site where nobody answers."""
PERSON = "Bonjour, la galerie cherche un dossier renommé en 2.4.1. Quelle version de PHP utilisez-vous ? Réponse"


class Doors:
    """One marketplace as the platform, sellers, customers and operators reach it. Whatever is read is an answer."""

    def __init__(self, real: Marketplace) -> None:
        self.real = real
        self.numbers = count(1)
        self.sent: set[str] = set()
        self.public = Caller(real.app)
        self.operator = self._caller("operator")
        self.customers = {id_: self._caller("customer", id_) for id_ in ("customer-1", "customer-2")}
        self.sellers = {id_: self._caller("seller", id_) for id_ in ("seller-1", "seller-2")}
        self._last_row = 0

    def _caller(self, role: str, subject: str | None = None) -> Caller:
        _, text = tokens.create(self.real.runtime, role, subject=subject)
        return Caller(self.real.app, {"Authorization": f"Bearer {text}"})

    def send(self, type_: str, **data: Any) -> str:
        """Post a signed event; return its id."""
        event_id = self.real.publish(type_, **data)
        self.sent.add(event_id)
        return event_id

    def settle(self, *, twice: bool = True) -> None:
        """Let workers do everything that waits; `twice`: what was scheduled waits for events that were in flight."""
        self.real.run_all_now()
        if twice:
            self.real.run_all_now()

    # the world

    def open_shop(self, sellers: dict[str, tuple[str, ...]], packs: dict[str, tuple[str, tuple[str, ...]]]) -> None:
        """Publish sellers with their products, packs and customers."""
        for seller_id, product_ids in sellers.items():
            self.send("seller.upserted", seller_id=seller_id)
            for product_id in product_ids:
                self.describe(product_id, seller_id, 9900)
        for pack_id, (seller_id, members) in packs.items():
            self.send("pack.upserted", pack_id=pack_id, seller_id=seller_id, product_ids=list(members))
        for customer_id in self.customers:
            self.sent.add(publish_customer(self.real, customer_id))
        self.settle()

    def describe(self, product_id: str, seller_id: str, cents: int) -> None:
        """Publish a product at a price."""
        self.send("product.upserted", product_id=product_id, seller_id=seller_id, price=money(cents))

    def change_status(self, id_: str, side: str, status: str, **more: Any) -> None:
        kind = kind_of(id_)
        self.send(f"{kind}.status_changed", **{f"{kind}_id": id_}, status=status, actor=side, **more)

    def request_status(self, id_: str, seller_id: str, side: str, status: str) -> TestResponse:
        caller = self.sellers[seller_id] if side == "seller" else self.operator
        return caller.post(f"/{kind_of(id_)}s/{id_}/status", {"status": status, "reason": "model"})

    def buy(self, purchase_id: str, customer_id: str, product_id: str, cents: int) -> None:
        at = now().isoformat()
        event_id = publish_purchase(
            self.real,
            purchase_id,
            customer_id=customer_id,
            product_id=product_id,
            purchased_at=at,
            shop_url=SITE,
            amount_cents=cents,
        )
        self.sent.add(event_id)

    def charge(self, type_: str, purchase_id: str, index: int, cents: int, charge_id: str) -> str:
        """Report what came of charging a period; return the event's id."""
        at = now().isoformat()
        data = {"period_index": index, "charge_id": charge_id, "amount": money(cents), "occurred_at": at, "final": True}
        return self.send(f"subscription.{type_}", purchase_id=purchase_id, **data)

    def refund(self, purchase_id: str, cents: int, refund_id: str, request_id: str | None) -> None:
        data = {"amount": money(cents), "refund_id": refund_id, "request_id": request_id}
        self.send("purchase.refunded", purchase_id=purchase_id, refunded_at=now().isoformat(), **data)

    def submit(self, request_id: str, purchase_id: str, customer_id: str, product_id: str, kind: str) -> None:
        who = {"customer_id": customer_id, "product_id": product_id, "purchase_id": purchase_id}
        text = {"subject": f"Panne {request_id}", "body": f"L'export de {request_id} échoue."}
        self.sent.add(publish_request(self.real, request_id, kind=kind, shop_url=SITE, **who, **text))

    def say(self, request_id: str, *, author_type: str) -> None:
        """A message of the seller's side, as the platform reports it."""
        number = next(self.numbers)
        message = {"request_id": request_id, "author_type": author_type, "body": f"{PERSON} {number}."}
        self.sent.add(publish_message(self.real, f"message-{number}", **message))

    def release(self, product_id: str, kind: str, fixes: list[str]) -> str:
        """Publish a release that claims to fix requests; return its id."""
        release_id = f"release-{next(self.numbers)}"
        more = {"price": money(2900)} if kind == "paid" else {}
        at = now().isoformat()
        self.send(
            "release.published",
            release_id=release_id,
            product_id=product_id,
            kind=kind,
            number=f"3.{next(self.numbers)}.0",
            published_at=at,
            fixes=fixes,
            **more,
        )
        return release_id

    # what the product says

    def public_answer(self, id_: str) -> int:
        return self.public.get(f"/{kind_of(id_)}s/{id_}").status_code

    def subject(self, id_: str) -> dict[str, Any]:
        """A product or pack as the marketplace's people see it."""
        return read(self.operator.get(f"/{kind_of(id_)}s/{id_}"))

    def entitlement(self, purchase_id: str) -> dict[str, Any]:
        return read(self.operator.get(f"/entitlements?purchase_id={purchase_id}&shop_url={quote(SITE, safe='')}"))

    def care(self, purchase_id: str, customer_id: str) -> dict[str, Any]:
        return read(self.customers[customer_id].get(f"/subscriptions/{purchase_id}"))

    def request(self, request_id: str) -> dict[str, Any]:
        return read(self.operator.get(f"/support-requests/{request_id}"))

    def new_events(self) -> list[OutgoingEvent]:
        """The outgoing events since the last call, in the order in which they were written."""
        query = select(OutgoingEvent).where(OutgoingEvent.id > self._last_row).order_by(OutgoingEvent.id)
        found: list[OutgoingEvent] = self.real.all(query)
        self._last_row = found[-1].id if found else self._last_row
        return found

    def asked_back(self, purchase_id: str) -> list[int]:
        """The amounts, in cents, that the platform was asked to reverse for a purchase."""
        events = self.real.outgoing(purchase_id, "purchase")
        return [one.data["amount"]["amount_cents"] for one in events if one.type == "subscription.reversal_due"]


def read(answer: TestResponse) -> dict[str, Any]:
    """The content of an answer that must be one."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    content: dict[str, Any] = answer.get_json()
    return content


def kind_of(id_: str) -> str:
    return "pack" if id_.startswith("pack") else "product"


def now() -> datetime:
    return datetime.now(UTC)
