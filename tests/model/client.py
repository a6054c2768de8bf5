"""Client of the marketplace for the model: signed events and API calls in, API answers and outgoing events out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace_hooks.jobs.table import JOBS, is_pending, never
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.catalog import scheduled_changes

from ..support.api_callers import Caller
from ..support.customers import money, publish_customer
from ..support.marketplace import Marketplace

SITE = "http://127.0.0.1:9/"
"""A merchant site where nobody answers."""
CUSTOMERS = ("customer-1", "customer-2")
OWNER = "model"
PERSON = "Bonjour, la galerie cherche un dossier renommé en 2.4.1. Quelle version de PHP utilisez-vous ? Réponse"


@dataclass
class CountedCaller(Caller):
    """A caller that notes the changes that it asks for in a list shared by all."""

    asked: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, **options: Any) -> TestResponse:  # type: ignore[override] # passed on
        if method != "GET":
            self.asked.append(path)
        return super().call(method, path, **options)


class MarketplaceClient:
    """One marketplace as the platform, sellers, customers and operators reach it. Whatever is read is an answer."""

    def __init__(self, real: Marketplace) -> None:
        self.real = real
        self.numbers = count(1)
        self.sent: set[str] = set()
        self.asked: list[str] = []
        self.public = Caller(real.app)
        self.operator = self._caller("operator")
        self.platform = self._caller("platform")
        self.customers = {id_: self._caller("customer", id_) for id_ in CUSTOMERS}
        self.sellers = {id_: self._caller("seller", id_) for id_ in ("seller-1", "seller-2")}
        self._changes_settled = 0
        self._last_row = 0

    def _caller(self, role: str, subject: str | None = None) -> Caller:
        _, text = tokens.create(self.real.runtime, role, subject=subject)
        return CountedCaller(self.real.app, {"Authorization": f"Bearer {text}"}, self.asked)

    @property
    def changes(self) -> int:
        """How many changes were reported or asked for so far."""
        return len(self.sent) + len(self.asked)

    def send(self, type_: str, **data: Any) -> str:
        """Post a signed event; return its id."""
        event_id = self.real.publish(type_, **data)
        self.sent.add(event_id)
        return event_id

    def settle(self, *, is_due: bool = True) -> None:
        """Let the workers do everything that waits now; `is_due`: and the scheduler what time has brought about."""
        if not is_due and self.changes == self._changes_settled:
            return
        self._changes_settled = self.changes
        runtime = self.real.runtime
        if is_due:
            scheduled_changes.apply_due(runtime)
        for job in JOBS.values():  # in an order in which none makes work for one before it.
            if is_pending(runtime, job):
                job.run(runtime, OWNER, stop=never)
            elif is_due:
                job.record_quiet(runtime)
        if is_due:
            scheduled_changes.apply_due(runtime)  # they wait for events that were in flight.

    # the world

    def publish_in_order(self, facts: Sequence[Callable[[], object]], pauses: Collection[int]) -> None:
        """Report facts one after another; `pauses` are the places after which workers apply what has come so far."""
        for place, fact in enumerate(facts):
            fact()
            if place in pauses:
                self.settle()
        self.settle()

    def register_seller(self, seller_id: str) -> None:
        self.send("seller.upserted", seller_id=seller_id)

    def register_customer(self, customer_id: str) -> None:
        self.sent.add(publish_customer(self.real, customer_id))

    def describe_pack(self, pack_id: str, seller_id: str, members: Sequence[str]) -> None:
        self.send("pack.upserted", pack_id=pack_id, seller_id=seller_id, product_ids=list(members))

    def describe(self, product_id: str, seller_id: str, cents: int) -> None:
        """Publish a product at a price."""
        self.send("product.upserted", product_id=product_id, seller_id=seller_id, price=money(cents))

    def change_status(self, id_: str, side: str, status: str, *, sent_at: datetime | None = None, **more: Any) -> None:
        kind = kind_of(id_)
        data = {f"{kind}_id": id_, "status": status, "actor": side, **more}
        self.sent.add(self.real.publish(f"{kind}.status_changed", sent_at=sent_at, **data))

    def request_status(self, id_: str, seller_id: str, side: str, status: str, at: datetime | None) -> TestResponse:
        body = {"status": status, "reason": "model", "effective_at": at and at.isoformat()}
        return self.of_side(side, seller_id).post(f"/{kind_of(id_)}s/{id_}/status", body)

    def cancel_scheduled(self, id_: str, seller_id: str, side: str) -> TestResponse:
        return self.of_side(side, seller_id).delete(f"/{kind_of(id_)}s/{id_}/status/scheduled")

    def of_side(self, side: str, seller_id: str) -> Caller:
        """Who speaks for a side of a product."""
        return self.sellers[seller_id] if side == "seller" else self.operator

    # purchases

    def buy(self, purchase_id: str, customer_id: str, product_id: str, cents: int, pack_id: str | None = None) -> None:
        self.send(
            "purchase.completed",
            purchase_id=purchase_id,
            customer_id=customer_id,
            product_id=product_id,
            pack_id=pack_id,
            purchased_at=now().isoformat(),
            shop_url=SITE,
            price_paid=money(cents),
        )

    def charge(self, type_: str, purchase_id: str, index: int, cents: int, charge_id: str) -> str:
        """Report what came of charging a period; return the event's id."""
        at = now().isoformat()
        data = {"period_index": index, "charge_id": charge_id, "amount": money(cents), "occurred_at": at, "final": True}
        return self.send(f"subscription.{type_}", purchase_id=purchase_id, **data)

    def choose(self, purchase_id: str, enabled: bool, at: datetime) -> None:
        """The customer's word about the tacit renewal, as the platform received it."""
        name = "renewal_enabled" if enabled else "renewal_cancelled"
        data = {"purchase_id": purchase_id, "actor": "customer", "received_at": at.isoformat()}
        self.send(f"subscription.{name}", **data)

    def refund(self, purchase_id: str, cents: int, refund_id: str, request_id: str | None, at: datetime) -> None:
        data = {"amount": money(cents), "refund_id": refund_id, "request_id": request_id}
        self.send("purchase.refunded", purchase_id=purchase_id, refunded_at=at.isoformat(), **data)

    def dispute(self, purchase_id: str, cents: int, at: datetime) -> None:
        self.send("purchase.disputed", purchase_id=purchase_id, disputed_at=at.isoformat(), amount=money(cents))

    def close_dispute(self, purchase_id: str, outcome: str) -> None:
        at = now().isoformat()
        self.send("purchase.dispute_closed", purchase_id=purchase_id, outcome=outcome, closed_at=at)

    def terminate(self, purchase_id: str) -> None:
        at = now().isoformat()
        self.send("subscription.terminated", purchase_id=purchase_id, terminated_at=at, reason="fraud")

    # support

    def submit(self, request_id: str, purchase_id: str, kind: str) -> None:
        """A request as the platform reports it: by its purchase alone."""
        text = {"subject": f"Panne {request_id}", "body": f"L'export de {request_id} échoue."}
        who = {"purchase_id": purchase_id, "customer_id": None, "product_id": None, "presale": False}
        at = now().isoformat()
        self.send(
            "support.request_submitted", request_id=request_id, kind=kind, shop_url=SITE, submitted_at=at, **who, **text
        )

    def say(self, request_id: str, *, author_type: str, at: datetime | None = None) -> str:
        """A message of the seller's side, as the platform reports it; return its id."""
        number = next(self.numbers)
        self.send(
            "support.message_posted",
            request_id=request_id,
            message_id=f"message-{number}",
            side="seller",
            author_type=author_type,
            visibility="public",
            received_at=(at or now()).isoformat(),
            subject="Re",
            body=f"{PERSON} {number}.",
            headers=[],
            attachments=0,
        )
        return f"message-{number}"

    def move(self, request_id: str, path: str, body: dict[str, Any], by: Caller) -> TestResponse:
        return by.post(f"/support-requests/{request_id}/{path}", body)

    # releases

    def release(self, release_id: str, product_id: str, price: int | None, fixes: list[str]) -> None:
        """Publish a release that claims to fix requests; `price` is of a paid one."""
        self.send(
            "release.published",
            release_id=release_id,
            product_id=product_id,
            kind="free" if price is None else "paid",
            price=None if price is None else money(price),
            number=f"3.{next(self.numbers)}.0",
            published_at=now().isoformat(),
            fixes=fixes,
        )

    def buy_release(self, release_id: str, purchase_id: str, cents: int) -> None:
        at = now().isoformat()
        self.send(
            "release.purchased", release_id=release_id, purchase_id=purchase_id, amount=money(cents), purchased_at=at
        )

    # what the product says

    def catalog(self) -> dict[str, tuple[str, bool]]:
        """The status of every product and pack, and whether the public sees it."""
        products = read(self.operator.get("/products?limit=100"))["items"]
        packs = read(self.operator.get("/packs?limit=100"))["items"]
        found = {one["product_id"]: (one["status"], one["visible"]) for one in products}
        return found | {one["pack_id"]: (one["status"], one["visible"]) for one in packs}

    def public_answer(self, id_: str) -> int:
        return self.public.get(f"/{kind_of(id_)}s/{id_}").status_code

    def subject(self, id_: str) -> dict[str, Any]:
        """A product or pack as the marketplace's people see it."""
        return read(self.operator.get(f"/{kind_of(id_)}s/{id_}"))

    def entitlement(self, purchase_id: str) -> dict[str, Any]:
        return read(self.operator.get(f"/entitlements?purchase_id={purchase_id}&shop_url={quote(SITE, safe='')}"))

    def care(self, purchase_id: str, customer_id: str) -> dict[str, Any]:
        return read(self.customers[customer_id].get(f"/subscriptions/{purchase_id}"))

    def price_paid(self, purchase_id: str, customer_id: str) -> int:
        """What the customer's list of purchases says that one cost, in cents."""
        purchases = read(self.customers[customer_id].get("/purchases?limit=100"))["items"]
        [cents] = [one["price_paid"]["amount_cents"] for one in purchases if one["purchase_id"] == purchase_id]
        return cents

    def downloads(self, purchase_id: str, customer_id: str) -> dict[str, bool]:
        """The releases of the product, and whether each may be downloaded."""
        page = read(self.customers[customer_id].get(f"/purchases/{purchase_id}/downloads?limit=100"))
        return {one["release_id"]: one["available"] for one in page["items"]}

    def outcome(self, event_id: str) -> str:
        """What became of an inbound event, as operators see it."""
        state: str = read(self.operator.get(f"/events/{event_id}"))["state"]
        return state

    def request(self, request_id: str) -> dict[str, Any]:
        return read(self.operator.get(f"/support-requests/{request_id}"))

    def new_events(self) -> list[OutgoingEvent]:
        """The outgoing events since the last call, in the order in which they were written."""
        query = select(OutgoingEvent).where(OutgoingEvent.id > self._last_row).order_by(OutgoingEvent.id)
        found: list[OutgoingEvent] = self.real.all(query)
        self._last_row = found[-1].id if found else self._last_row
        return found

    def asked_back(self, purchase_id: str) -> list[int]:
        """The amounts, in cents, of the second charges that the platform was asked to reverse for a purchase."""
        return [one["amount"]["amount_cents"] for one in self._reversals(purchase_id, "second_charge")]

    def excesses(self, purchase_id: str) -> list[int]:
        """The amounts, in cents, by which the charges of a purchase exceeded the price of their renewal."""
        return [one["amount"]["amount_cents"] for one in self._reversals(purchase_id, "above_price")]

    def reversed_periods(self, purchase_id: str) -> list[int]:
        """The periods of a purchase whose charge is to be reversed: their renewal was stopped, or all had ended."""
        reasons = ("renewal_stopped", "business_care_ended")
        return [one["period_index"] for reason in reasons for one in self._reversals(purchase_id, reason)]

    def _reversals(self, purchase_id: str, reason: str) -> list[dict[str, Any]]:
        events = self.real.outgoing(purchase_id, "purchase")
        return [one.data for one in events if one.type == "subscription.reversal_due" and one.data["reason"] == reason]


def read(answer: TestResponse) -> dict[str, Any]:
    """The content of an answer that must be one."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    content: dict[str, Any] = answer.get_json()
    return content


def kind_of(id_: str) -> str:
    return "pack" if id_.startswith("pack") else "product"


def now() -> datetime:
    return datetime.now(UTC)
