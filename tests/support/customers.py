"""Publishers of events about customers and their purchases, each with all its data, so that no sample decides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .marketplace import Marketplace
from .prepared import prepared

SHOP = "https://www.shop.example/"
EUR = "EUR"


def money(amount_cents: int, currency: str = EUR) -> dict[str, Any]:
    return {"amount_cents": amount_cents, "currency": currency}


def publish_customer(marketplace: Marketplace, customer_id: str = "customer-1", **more: Any) -> str:
    """Publish a customer; return the event's id."""
    data = {"name": "Odile Berthonneau", "email": "odile@pelote.example", "locale": "fr", "professional": False}
    return marketplace.publish("customer.upserted", customer_id=customer_id, **{**data, **more})


def publish_purchase(
    marketplace: Marketplace,
    purchase_id: str = "purchase-1",
    *,
    customer_id: str = "customer-1",
    product_id: str = "mod-1",
    purchased_at: str | None = None,
    shop_url: str | None = SHOP,
    amount_cents: int = 9900,
    **more: Any,
) -> str:
    """Publish a known customer's purchase; return the event's id."""
    return marketplace.publish(
        "purchase.completed",
        purchase_id=purchase_id,
        customer_id=customer_id,
        product_id=product_id,
        pack_id=more.pop("pack_id", None),
        shop_url=shop_url,
        price_paid=money(amount_cents),
        purchased_at=purchased_at or datetime.now(UTC).isoformat(),
        **more,
    )


def set_up_purchase(marketplace: Marketplace, purchase_id: str = "purchase-1", **more: Any) -> None:
    """Publish a customer and a purchase, and apply everything, renewals of a past purchase included."""
    publish_customer(marketplace, more.get("customer_id", "customer-1"))
    publish_purchase(marketplace, purchase_id, **more)
    marketplace.run_all_now()


def publish_refund(marketplace: Marketplace, purchase_id: str, amount_cents: int = 9900) -> None:
    marketplace.publish(
        "purchase.refunded",
        purchase_id=purchase_id,
        refunded_at=datetime.now(UTC).isoformat(),
        amount=money(amount_cents),
        request_id=None,
    )
    marketplace.run_all_now()


def publish_dispute(marketplace: Marketplace, purchase_id: str) -> None:
    at = datetime.now(UTC).isoformat()
    marketplace.publish("purchase.disputed", purchase_id=purchase_id, disputed_at=at, amount=money(9900))
    marketplace.run_all_now()


def publish_dispute_won(marketplace: Marketplace, purchase_id: str) -> None:
    at = datetime.now(UTC).isoformat()
    marketplace.publish("purchase.dispute_closed", purchase_id=purchase_id, outcome="won", closed_at=at)
    marketplace.run_all_now()


def publish_termination(marketplace: Marketplace, purchase_id: str) -> None:
    at = datetime.now(UTC).isoformat()
    marketplace.publish("subscription.terminated", purchase_id=purchase_id, terminated_at=at, reason="fraud")
    marketplace.run_all_now()


def publish_renewal(marketplace: Marketplace, purchase_id: str, index: int, **more: Any) -> None:
    """Publish that a period was paid, and apply it."""
    data = {"charge_id": f"ch-{purchase_id}-{index}", "amount": money(3960), "final": False}
    data["occurred_at"] = datetime.now(UTC).isoformat()
    marketplace.publish("subscription.renewed", purchase_id=purchase_id, period_index=index, **{**data, **more})
    marketplace.run_all_now()


def publish_release(marketplace: Marketplace, release_id: str = "release-1", **more: Any) -> str:
    """Publish a release of now, unless `published_at` says otherwise; return the event's id."""
    if more.get("kind") == "paid":
        more.setdefault("price", money(2900))
    more.setdefault("published_at", datetime.now(UTC).isoformat())
    return marketplace.publish("release.published", release_id=release_id, **more)


set_up_release = prepared(publish_release)
"""`publish_release` for fixtures: what it writes is copied."""
