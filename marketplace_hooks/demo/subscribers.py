"""Subscribers of a product that is about to be withdrawn, as many as asked for, as events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..domain.instants import format_instant
from .catalog import CURRENCY, Event

SELLER_ID = "demo-withdrawals"
PURCHASES_EACH = 20
"""Agencies buy for many shops: one customer for so many purchases."""
SPREAD_DAYS = 350
"""The purchases lie back over so many days: none has ended yet."""


def product_events(product_id: str, now: datetime) -> list[Event]:
    """The seller and the product."""
    listing = {
        "features": [{"fr": "Une bannière par saison", "en": "A banner for each season"}],
        "compatible_from": "8.0.0",
        "compatible_to": "9.0.3",
        "published_at": format_instant(now - timedelta(days=SPREAD_DAYS + 30)),
    }
    seller = {"seller_id": SELLER_ID, "name": "Atelier des Saisons", "country": "FR", "locale": "fr"}
    product = {
        "product_id": product_id,
        "seller_id": SELLER_ID,
        "kind": "module",
        "technical_name": f"saisons{product_id.rpartition('-')[2]}",
        "title": {"fr": "Bannières des saisons", "en": "Seasonal banners"},
        "price": _money(9_900),
        "version": 1,
        "listing": listing,
    }
    return [
        (f"{product_id}-seller", "seller.upserted", now, seller),
        (f"{product_id}-product", "product.upserted", now, product),
    ]


def subscriber_events(product_id: str, count: int, now: datetime) -> Iterator[Event]:
    """So many purchases of the product, each with its Business Care; customers before what they bought."""
    for number in range(count):
        customer_id = f"{product_id}-agency-{number // PURCHASES_EACH}"
        if number % PURCHASES_EACH == 0:
            customer = {
                "customer_id": customer_id,
                "name": f"Agence {number // PURCHASES_EACH}",
                "email": f"agence-{number // PURCHASES_EACH}@agences.example",
                "locale": "fr",
                "professional": True,
            }
            yield customer_id, "customer.upserted", now, customer
        at = now - timedelta(days=1 + number * 7919 % SPREAD_DAYS, minutes=number % 600)
        purchase = {
            "purchase_id": f"{product_id}-{number}",
            "customer_id": customer_id,
            "product_id": product_id,
            "shop_url": f"https://shop-{number}.agences.example",
            "price_paid": _money(9_900),
            "purchased_at": format_instant(at),
        }
        yield f"{product_id}-{number}", "purchase.completed", at, purchase


def withdrawal_event(product_id: str, now: datetime) -> Event:
    """The seller ends the sale for good."""
    data = {
        "product_id": product_id,
        "status": "offline_permanent",
        "actor": "seller",
        "reason": "I am closing my workshop",
        "version": 1,
    }
    return f"{product_id}-withdrawal", "product.status_changed", now, data


def _money(cents: int) -> dict[str, Any]:
    return {"amount_cents": cents, "currency": CURRENCY}
