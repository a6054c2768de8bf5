"""Deliveries in tests: a marketplace that may deliver to loopback, endpoints on it, and events to deliver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import Delivery, Endpoint
from marketplace_hooks.services.outbox.delivery_worker import deliver_due
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from .marketplace import OFFLINE, Marketplace


def open_shop(make_marketplace: Callable[..., Marketplace], **settings: Any) -> Marketplace:
    """A marketplace that may deliver to loopback, with six products."""
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", **settings)
    marketplace.publish_products(*(f"mod-{number}" for number in range(1, 7)))
    return marketplace


def subscribe(shop: Marketplace, url: str, **settings: Any) -> tuple[str, str]:
    """An endpoint that hears of hidden products; its id and its secret."""
    endpoint, secret = add_endpoint(shop.runtime, url, **{"types": ["product.hidden"], **settings})
    return endpoint.id, secret


def hide(shop: Marketplace, *products: str) -> None:
    """Have something to publish about each product, and deliver nothing yet."""
    for product_id in products:
        shop.change_status(product_id, OFFLINE)
    process_pending(shop.runtime, "tests")


def deliver(shop: Marketplace) -> int:
    """Attempt what is due; return how many attempts there were."""
    return deliver_due(shop.runtime, "tests")


def deliveries(shop: Marketplace) -> list[Delivery]:
    return shop.all(select(Delivery).order_by(Delivery.id))


def endpoint(shop: Marketplace, endpoint_id: str) -> Endpoint:
    [found] = shop.all(select(Endpoint).where(Endpoint.id == endpoint_id))
    return found
