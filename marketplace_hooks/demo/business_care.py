"""Demo events after the purchases: renewals, cancellations, refunds, disputes, reactivations and releases.

They follow those of `demo/catalog.py`. Renewals of before the day of loading are history: the platform reports that it
charged them, and nothing is charged again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..config.business_care_rates import RATES
from ..domain.business_care.prices import percent_of, rates_on, reactivation_price
from ..domain.business_care.renewals import original_date, renewal_instant
from ..domain.instants import format_instant
from . import catalog
from .catalog import Event
from .product_files import archive_of, manifest_of

ZONE = "Europe/Paris"
FILE_HOST = "https://files.marketplace.example"
"""Where nothing can be downloaded: the demo serves a host of its own."""

RENEWED = ("o-50210", "o-50343", "o-50364", "o-50420", "o-50329")
"""Paid for a second year; the first of them ends within weeks."""
CANCELLED = {"o-50266": 20, "o-50245": 3, "o-50441": 61}
"""Purchase → days since its customer cancelled the renewal: the second ends within weeks."""
REACTIVATED = {"o-50238": 10}
"""Purchase → days since its customer took an expired one up again."""
REFUNDED = {"o-50315": 3}
"""Purchase → days since the whole price was refunded."""
DISPUTED = {"o-50350": 5}
"""Purchase → days since the bank reversed the payment."""
MOVED = {"o-50322": ("https://boutique.maison-amandier.example", 12)}
"""Purchase → the merchant site that it was moved to, and how many days ago."""
PAID_RELEASES = {"20133": 2_900, "20156": 3_900, "20391": 4_900}
"""Product → price in cents of a functional update that is sold for itself."""
BOUGHT = {"o-50210": "20133"}
"""Purchase → product whose paid release its customer bought."""


def events(now: datetime, *, file_host: str = FILE_HOST, moved_at: datetime | None = None) -> list[Event]:
    """Everything that followed from the catalogue's purchases, by its instant; releases are downloaded from a host.

    `moved_at` is when the host got this address, if it had another one before: releases are described anew then.
    """
    today = catalog.midnight(now)
    earlier = [(type_, data) for _, type_, _, data in catalog.events(now)]
    products = _last_of(earlier, "product.upserted", "product_id")
    purchases = _last_of(earlier, "purchase.completed", "purchase_id")
    followed = [
        *(_moved_to(release, moved_at) for release in _releases(products, today, file_host)),
        *_bought(products, today),
        *_renewed(purchases),
        *_reactivated(purchases, products, today),
        *_chosen(today),
        *_given_back(purchases, today),
        *_moved(today),
    ]
    return [(catalog.event_id(today, id_), type_, at, data) for id_, type_, at, data in followed]


def _last_of(earlier: list[tuple[str, dict[str, Any]]], type_: str, key: str) -> dict[str, dict[str, Any]]:
    return {data[key]: data for one, data in earlier if one == type_}


def _releases(products: dict[str, dict[str, Any]], today: datetime, file_host: str) -> Iterator[Event]:
    """A version when the listing last changed, one since, and for some products one that is sold for itself."""
    for product_id, product in products.items():
        listed_at = datetime.fromisoformat(product["listing"]["published_at"])
        latest = today - timedelta(days=4 + int(product_id) % 9, hours=-9)
        yield _release(product, f"{product['version']}.0.0", listed_at, file_host)
        yield _release(product, f"{product['version']}.1.0", max(latest, listed_at + timedelta(days=1)), file_host)
        if product_id in PAID_RELEASES:
            paid_at = today - timedelta(days=2)
            number = f"{product['version'] + 1}.0.0"
            yield _release(product, number, paid_at, file_host, PAID_RELEASES[product_id])


def _release(product: dict[str, Any], number: str, at: datetime, file_host: str, cents: int | None = None) -> Event:
    name = product["technical_name"]
    data = {
        "release_id": f"r-{product['product_id']}-{number}",
        "product_id": product["product_id"],
        "number": number,
        "kind": "free" if cents is None else "paid",
        "compatible_from": product["listing"]["compatible_from"],
        "compatible_to": product["listing"]["compatible_to"],
        "published_at": format_instant(at),
        "download_url": f"{file_host}/files/{name}-{number}.zip",
        "sha256": hashlib.sha256(archive_of(name, number)).hexdigest(),
        "manifest": manifest_of(name, number),
    }
    if cents is not None:
        data["price"] = _money(cents)
    mark = "" if file_host == FILE_HOST else "".join(one if one.isalnum() else "-" for one in file_host)
    return f"release-{data['release_id'].replace('.', '_')}{mark}", "release.published", at, data


def _moved_to(release: Event, moved_at: datetime | None) -> Event:
    """The release described anew: as another event, and a later one."""
    id_, type_, _, data = release
    return release if moved_at is None else (f"{id_}-{catalog.instant_mark(moved_at)}", type_, moved_at, data)


def _bought(products: dict[str, dict[str, Any]], today: datetime) -> Iterator[Event]:
    at = today - timedelta(days=1)
    for purchase_id, product_id in BOUGHT.items():
        data = {
            "release_id": f"r-{product_id}-{products[product_id]['version'] + 1}.0.0",
            "purchase_id": purchase_id,
            "amount": _money(PAID_RELEASES[product_id]),
            "purchased_at": format_instant(at),
        }
        yield f"bought-{purchase_id}", "release.purchased", at, data


def _renewed(purchases: dict[str, dict[str, Any]]) -> Iterator[Event]:
    for purchase_id in RENEWED:
        bought_at = datetime.fromisoformat(purchases[purchase_id]["purchased_at"])
        at = renewal_instant(original_date(bought_at, ZONE), 1, ZONE) + timedelta(minutes=20)
        cents = percent_of(
            purchases[purchase_id]["price_paid"]["amount_cents"], rates_on(at.date(), RATES).renewal_percent
        )
        yield _charge("renewed", purchase_id, cents, at)


def _reactivated(
    purchases: dict[str, dict[str, Any]], products: dict[str, dict[str, Any]], today: datetime
) -> Iterator[Event]:
    for purchase_id, days_ago in REACTIVATED.items():
        at = today - timedelta(days=days_ago, hours=-10)
        price = products[purchases[purchase_id]["product_id"]]["price"]["amount_cents"]
        yield _charge("reactivated", purchase_id, reactivation_price(price, at.date(), RATES).total_cents, at)


def _charge(name: str, purchase_id: str, cents: int, at: datetime) -> Event:
    data = {
        "purchase_id": purchase_id,
        "period_index": 2,
        "charge_id": f"ch-{purchase_id}-2",
        "amount": _money(cents),
        "occurred_at": format_instant(at),
    }
    return f"{name}-{purchase_id}", f"subscription.{name}", at, data


def _chosen(today: datetime) -> Iterator[Event]:
    for purchase_id, days_ago in CANCELLED.items():
        at = today - timedelta(days=days_ago, hours=-11)
        data = {"purchase_id": purchase_id, "actor": "customer", "received_at": format_instant(at)}
        yield f"cancelled-{purchase_id}", "subscription.renewal_cancelled", at, data


def _given_back(purchases: dict[str, dict[str, Any]], today: datetime) -> Iterator[Event]:
    for purchase_id, days_ago in REFUNDED.items():
        at = today - timedelta(days=days_ago, hours=-14)
        paid = purchases[purchase_id]["price_paid"]
        data = {"purchase_id": purchase_id, "refunded_at": format_instant(at), "amount": paid}
        yield f"refunded-{purchase_id}", "purchase.refunded", at, data
    for purchase_id, days_ago in DISPUTED.items():
        at = today - timedelta(days=days_ago, hours=-8)
        paid = purchases[purchase_id]["price_paid"]
        data = {"purchase_id": purchase_id, "disputed_at": format_instant(at), "amount": paid}
        yield f"disputed-{purchase_id}", "purchase.disputed", at, data


def _moved(today: datetime) -> Iterator[Event]:
    for purchase_id, (shop_url, days_ago) in MOVED.items():
        at = today - timedelta(days=days_ago, hours=-15)
        data = {"purchase_id": purchase_id, "shop_url": shop_url, "bound_at": format_instant(at)}
        yield f"moved-{purchase_id}", "purchase.shop_bound", at, data


def _money(cents: int) -> dict[str, Any]:
    return {"amount_cents": cents, "currency": catalog.CURRENCY}
