"""Demo marketplace: sellers, products, packs, customers and purchases, as the events of a real marketplace.

The data stands in `data/*.json`, its days counted back from the day of loading. Sellers, products and people are
invented; addresses end in `.example` (RFC 2606). The ids of things never change; those of events carry the day, so that
loading twice on one day repeats the same events, and on a later day changes nothing that is already known.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from ..domain.instants import format_instant

CURRENCY = "EUR"

Event = tuple[str, str, datetime, dict[str, Any]]
"""Event id, type, the instant it happened, and its data."""


def events(now: datetime) -> list[Event]:
    """The whole marketplace, parents before children, each kind in the order it happened."""
    today = midnight(now)
    products = read("products")
    found = [
        *_sellers(today),
        *sorted(_products(products, today), key=lambda event: event[2]),
        *_packs(today),
        *_customers(today),
        *sorted(_purchases(products, today), key=lambda event: event[2]),
    ]
    return [(event_id(today, id_), type_, at, data) for id_, type_, at, data in found]


def midnight(now: datetime) -> datetime:
    """The beginning (UTC) of the day of loading, from which the demo's days are counted back."""
    if now.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def event_id(today: datetime, name: str) -> str:
    """The id of one event of the demo that was loaded on a day."""
    return f"demo-{today:%Y%m%d}-{name}"


def instant_mark(at: datetime) -> str:
    """An instant as a part of an event's id."""
    return f"{at:%Y%m%d%H%M%S%f}"


def read(name: str) -> list[dict[str, Any]]:
    """The rows of one of the demo's files."""
    rows: list[dict[str, Any]] = json.loads((files(__package__) / "data" / f"{name}.json").read_text("utf-8"))
    return rows


def _sellers(today: datetime) -> Iterator[Event]:
    for seller in read("sellers"):
        yield f"seller-{seller['seller_id']}", "seller.upserted", today - timedelta(days=900), seller


def _products(products: list[dict[str, Any]], today: datetime) -> Iterator[Event]:
    for product in products:
        described = {
            key: value for key, value in product.items() if key not in ("revisions", "features", "incompatible_modules")
        }
        for version, revision in enumerate(product["revisions"], 1):
            published_at = instant(today, revision["days_ago"], product["product_id"])
            listing = {
                "features": product["features"][: revision["features"]],
                "compatible_from": revision["compatible_from"],
                "compatible_to": revision["compatible_to"],
                "incompatible_modules": product.get("incompatible_modules", []),
                "published_at": format_instant(published_at),
            }
            price = _money(revision["amount_cents"])
            data = {**described, "price": price, "version": version, "listing": listing}
            yield f"product-{product['product_id']}-{version}", "product.upserted", published_at, data


def _packs(today: datetime) -> Iterator[Event]:
    for pack in read("packs"):
        data = {**pack, "price": _money(pack["amount_cents"]), "version": 1}
        del data["amount_cents"]
        yield f"pack-{pack['pack_id']}", "pack.upserted", today - timedelta(days=29), data


def _customers(today: datetime) -> Iterator[Event]:
    for customer in read("customers"):
        yield f"customer-{customer['customer_id']}", "customer.upserted", today - timedelta(days=800), customer


def _purchases(products: list[dict[str, Any]], today: datetime) -> Iterator[Event]:
    """One event for each product bought; the products of a pack share its price by their own."""
    revisions = {product["product_id"]: product["revisions"] for product in products}
    packs = {pack["pack_id"]: pack for pack in read("packs")}
    for purchase in read("purchases"):
        days_ago = purchase["days_ago"]
        pack = packs[purchase["pack_id"]] if "pack_id" in purchase else None
        bought = pack["product_ids"] if pack else [purchase["product_id"]]
        prices = [_price_then(revisions[product_id], days_ago) for product_id in bought]
        paid = shares(pack["amount_cents"], prices) if pack else prices
        for place, (product_id, cents) in enumerate(zip(bought, paid, strict=True), 1):
            id_ = f"{purchase['purchase_id']}-{place}" if pack else purchase["purchase_id"]
            at = instant(today, days_ago, purchase["purchase_id"])
            data = {
                "purchase_id": id_,
                "customer_id": purchase["customer_id"],
                "product_id": product_id,
                "price_paid": _money(cents),
                "purchased_at": format_instant(at),
            }
            data.update((key, purchase[key]) for key in ("pack_id", "shop_url") if key in purchase)
            yield f"purchase-{id_}", "purchase.completed", at, data


def shares(total_cents: int, prices_cents: list[int]) -> list[int]:
    """`total_cents` divided in proportion to the prices, to the cent: what rounding leaves goes to the last."""
    apart_cents = sum(prices_cents)
    parts = [total_cents * price // apart_cents for price in prices_cents]
    parts[-1] += total_cents - sum(parts)
    return parts


def _price_then(revisions: list[dict[str, Any]], days_ago: int) -> int:
    """What the listing asked on that day: the last revision published before it."""
    return int([one["amount_cents"] for one in revisions if one["days_ago"] > days_ago][-1])


def instant(today: datetime, days_ago: int, subject: str) -> datetime:
    """An instant of that day in working hours, always the same one for the same subject."""
    return today - timedelta(days=days_ago) + timedelta(minutes=8 * 60 + zlib.crc32(subject.encode()) % 600)


def _money(cents: int) -> dict[str, Any]:
    return {"amount_cents": cents, "currency": CURRENCY}
