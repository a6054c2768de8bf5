"""Demo support requests, their conversations, and the merchant sites that can be inspected.

They follow those of `demo/business_care.py`: conversations in every state that events alone can
reach, closures that sellers have announced, and one event that its schema refuses, for an operator to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..domain.instants import format_instant
from . import catalog
from .catalog import Event

CLOSURES = {"kervelo": (12, 18, 2), "bottegaserena": (-1, 3, 9)}
"""Seller → first and last day of a closure, in days from today, and how many days ago it was declared."""
SERVED_SINCE_DAYS = 1
"""For so many days the purchases are for the sites that the demo serves; the requests of before name the old ones."""


def events(now: datetime) -> list[Event]:
    """Closures, then every request with its messages, by their instants; the refused event last."""
    today = catalog.midnight(now)
    found = [*_closures(today), *sorted(_requests(today), key=lambda event: event[2]), _refused(today)]
    return [(catalog.event_id(today, id_), type_, at, data) for id_, type_, at, data in found]


def served_purchases(now: datetime) -> dict[str, list[str]]:
    """Customer → their purchases that are for the shop served beside the demo: those that no request is about."""
    asked = {request.get("purchase_id") for request in catalog.read("requests")}
    found: dict[str, list[str]] = {}
    for _, type_, _, data in catalog.events(now):
        if type_ == "purchase.completed" and data["purchase_id"] not in asked:
            found.setdefault(data["customer_id"], []).append(data["purchase_id"])
    return found


def bound_to_served_sites(
    addresses: Mapping[str, str], now: datetime, *, moved_at: datetime | None = None
) -> list[Event]:
    """Each customer's purchases are for their shop at its address from now on; an event's id names the address.

    `moved_at` is when the shops got these addresses, if they had others before.
    """
    today = catalog.midnight(now)
    at = moved_at or today - timedelta(days=SERVED_SINCE_DAYS, hours=-9)
    found = []
    for customer_id, purchase_ids in served_purchases(now).items():
        address = addresses[customer_id]
        mark = "".join(character if character.isalnum() else "-" for character in address)
        if moved_at is not None:
            mark += f"-{catalog.instant_mark(moved_at)}"
        for purchase_id in purchase_ids:
            data = {"purchase_id": purchase_id, "shop_url": address, "bound_at": format_instant(at)}
            found.append((catalog.event_id(today, f"served-{purchase_id}-{mark}"), "purchase.shop_bound", at, data))
    return found


def _closures(today: datetime) -> Iterator[Event]:
    for seller_id, (first, last, declared_ago) in CLOSURES.items():
        at = today - timedelta(days=declared_ago, hours=-9)
        data = {
            "closure_id": f"demo-{seller_id}-{today:%Y%m%d}",
            "seller_id": seller_id,
            "first_day": f"{today + timedelta(days=first):%Y-%m-%d}",
            "last_day": f"{today + timedelta(days=last):%Y-%m-%d}",
            "declared_at": format_instant(at),
        }
        yield f"closure-{seller_id}", "seller.closure_declared", at, data


def _requests(today: datetime) -> Iterator[Event]:
    for request in catalog.read("requests"):
        at = catalog.instant(today, request["days_ago"], request["request_id"])
        facts = {name: value for name, value in request.items() if name not in ("days_ago", "messages")}
        yield (
            request["request_id"],
            "support.request_submitted",
            at,
            {"presale": False, **facts, "submitted_at": format_instant(at)},
        )
        for number, message in enumerate(request["messages"], 1):
            yield _message(request, message, number, at)


def _message(request: dict[str, Any], message: dict[str, Any], number: int, asked_at: datetime) -> Event:
    at = asked_at + timedelta(hours=message["after_h"])
    facts = {name: value for name, value in message.items() if name != "after_h"}
    data = {
        "request_id": request["request_id"],
        "message_id": f"{request['request_id']}-{number}",
        "author_type": "human",
        "visibility": "public",
        "received_at": format_instant(at),
        "subject": f"Re: {request['subject']}",
        **facts,
    }
    return data["message_id"], "support.message_posted", at, data


def _refused(today: datetime) -> Event:
    """A sender’s mistake: a status that does not exist, and a version that is no number."""
    at = today - timedelta(hours=15)
    data = {"product_id": "20423", "status": "paused", "actor": "seller", "reason": "", "version": "1"}
    return "refused", "product.status_changed", at, data
