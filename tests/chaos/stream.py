"""Stream of events for the chaos test: mixed, repeated, out of order and forged, from two sources, until told to end.

Events about one thing are posted one after the other, so that their order of receipt is known; each is posted until it
was answered 202. What the service must make of them is in `expected.py`.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from marketplace_hooks.remote.signatures import signed_headers

from ..support.fault_events import changed, customer, pack, product, purchase, seller
from ..support.inbox_rows import Event, body_of

SOURCES = {
    "marketplace": "whsec_Jw6cTz0oQm3yVb8rKfXaLd2nUe7hPs5iGtYqB1xWvC4=",
    "partner": "whsec_uH9kMx2vRb7wEj4tZc6pNg1sDf8aQy3oLi5eTkVmXrA=",
}
WRONG_SECRET = "whsec_d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3I="
LANES = 4
PRODUCTS_A_LANE = 3
POST_WITHIN_S = 12.0
PAUSE_S = 0.1
SIDES = ("seller", "marketplace")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One event that was answered 202, as it was sent; `accepted_s` is monotonic."""

    event_id: str
    source: str
    type: str
    data: dict[str, Any]
    accepted_s: float


@dataclass(frozen=True, kw_only=True)
class Outage:
    """From the first post of an event to its 202; both monotonic."""

    begun_s: float
    ended_s: float

    @property
    def length_s(self) -> float:
        """How long it lasted."""
        return self.ended_s - self.begun_s


@dataclass
class Log:
    """Everything that was sent, in the order of receipt of each lane."""

    accepted: list[Sent] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    retries: int = 0
    repeats: int = 0
    longest_outage: Outage = field(default_factory=lambda: Outage(begun_s=0.0, ended_s=0.0))


class Lane(threading.Thread):
    """One sender: some products and their purchases, in one order."""

    def __init__(self, number: int, seed: int, port: int, log: Log, stopping: threading.Event) -> None:
        super().__init__(name=f"lane {number}", daemon=True)
        self.source = "partner" if number == LANES - 1 else "marketplace"
        self.products = [f"chaos-{number}-{one}" for one in range(PRODUCTS_A_LANE)]
        self._number = number
        self._chance = random.Random(f"{seed} {number}")
        self._port = port
        self._log = log
        self._stopping = stopping
        self._versions: dict[tuple[str, str], int] = {}
        self._purchases: list[str] = []
        self._count = 0
        self.gives_up_s = float("inf")

    def set_up(self) -> None:
        """A seller, products, a pack of them, a customer."""
        self._post(seller(f"seller-{self._number}"))
        for id_ in self.products:
            self._post(product(id_, seller_id=f"seller-{self._number}"))
        self._post(pack(f"pack-{self._number}", self.products[:2], seller_id=f"seller-{self._number}"))
        self._post(customer("c1"))

    def run(self) -> None:
        """Send until it is to stop; then withdraw one product, which cancels its renewals."""
        try:
            while not self._stopping.is_set():
                for event in self._next_events():
                    self._post(event)
                    self._sometimes_repeat()
                    self._sometimes_forge()
                    self._stopping.wait(self._chance.uniform(0, 2 * PAUSE_S))
            self._post(self._status(self.products[0], "marketplace", "offline_permanent"))
        except Exception as error:
            self._log.failures.append(f"{self.name}: {error!r}")

    def _next_events(self) -> list[Event]:
        """What belongs together, whatever stops meanwhile: a word about a purchase waits for the purchase."""
        id_ = self._chance.choice(self.products)
        kind = self._chance.choices(["status", "several", "purchase", "money"], [5, 2, 2, 2])[0]
        if kind == "purchase":
            return self._bought(id_)
        if kind == "money" and self._purchases:
            return [self._money(self._chance.choice(self._purchases))]
        side = self._chance.choice(SIDES)
        count = self._chance.randint(2, 4) if kind == "several" else 1
        changes = [self._status(id_, side, self._chance.choice(STATUSES)) for _ in range(count)]
        self._chance.shuffle(changes)  # out of order: the newest counts.
        return changes

    def _status(self, id_: str, side: str, status: str) -> Event:
        version = self._versions.get((id_, side), 0) + 1
        self._versions[id_, side] = version
        return changed(id_, status, version, actor=side)

    def _bought(self, product_id: str) -> list[Event]:
        """A purchase; sometimes the customer's word about it comes first, and waits for it."""
        id_ = f"buy-{self._number}-{len(self._purchases)}"
        bought = purchase(id_, product_id, datetime.now(UTC))
        events = [bought, cancelled(id_)] if self._chance.random() < 0.5 else [bought]
        if self._chance.random() < 0.5:
            events.reverse()
        self._purchases.append(id_)
        return events

    def _money(self, purchase_id: str) -> Event:
        """A part of the price is given back; the same refund is reported again and again."""
        number = self._chance.randint(1, 3)
        amount = {"amount_cents": 100 * number, "currency": "EUR"}
        data = {"purchase_id": purchase_id, "refund_id": f"{purchase_id}-{number}", "amount": amount}
        return "purchase.refunded", {**data, "refunded_at": datetime.now(UTC).isoformat()}

    # posting

    def _post(self, event: Event) -> None:
        """Post an event until it is answered 202."""
        self._count += 1
        event_id = f"evt_{self._number}_{self._count}"
        body = body_of(event)
        begun_s = time.monotonic()
        while (answer := self._try(event_id, body, SOURCES[self.source])) != 202:
            if answer in (400, 413, 415):
                raise AssertionError(f"{event_id} was answered {answer}")
            if time.monotonic() > self.gives_up_s:
                raise AssertionError(f"{event_id} was never answered 202; the last answer was {answer}")
            self._log.retries += 1
            time.sleep(0.3)
            # A newer envelope would be another body under the same id.
        now_s = time.monotonic()
        outage = Outage(begun_s=begun_s, ended_s=now_s)
        self._log.longest_outage = max(self._log.longest_outage, outage, key=lambda one: one.length_s)
        sent = Sent(event_id=event_id, source=self.source, type=event[0], data=event[1], accepted_s=now_s)
        self._log.accepted.append(sent)
        self._last = (event_id, body)

    def _sometimes_repeat(self) -> None:
        if self._chance.random() < 0.15 and self._try(*self._last, SOURCES[self.source]) == 202:
            self._log.repeats += 1

    def _sometimes_forge(self) -> None:
        if self._chance.random() > 0.03:
            return
        event_id = f"evt_{self._number}_forged_{self._count}"
        answer = self._try(event_id, body_of(product(self.products[0], 999)), WRONG_SECRET)
        if answer == 202:
            raise AssertionError(f"{event_id} has a wrong signature, and was answered 202")
        self._log.forged.append(event_id)

    def _try(self, event_id: str, body: bytes, secret: str) -> int | None:
        """The status of the answer; None: there was none."""
        headers = {"content-type": "application/json", **signed_headers(event_id, datetime.now(UTC), body, [secret])}
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=POST_WITHIN_S)
            with closing(connection):
                connection.request("POST", f"/webhooks/{self.source}", body, headers)
                return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None


STATUSES = ("online", "offline_temporary")


def cancelled(purchase_id: str) -> Event:
    data = {"purchase_id": purchase_id, "actor": "customer", "received_at": datetime.now(UTC).isoformat()}
    return "subscription.renewal_cancelled", data
