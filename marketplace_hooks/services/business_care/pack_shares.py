"""Shares of packs: what one product cost that was bought in a pack.

The events of a pack's purchase carry each product's own price, or the pack's whole price in each of them. The whole one
is recognised by what the pack cost then, and shared out by what its products cost then. What an earlier event of the
same purchase has frozen stands, so that the shares add up to what was paid whatever has become known meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.business_care.prices import share_of
from ...models.purchases import Customer, Purchase
from ..catalog.listing_prices import read_prices
from ..catalog.pack_revisions import pack_in_force


def price_of_share(session: Session, data: Mapping[str, Any]) -> int:
    """The price paid for the product of this purchase alone, in cents. `data` is that of a `purchase.completed`."""
    product_id: str = data["product_id"]
    paid: int = data["price_paid"]["amount_cents"]
    pack = pack_in_force(session, data["pack_id"], data["purchased_at"]) if data["pack_id"] else None
    if pack is None or product_id not in pack.product_ids:
        return paid
    if (pack.price_cents, pack.currency) != (paid, data["price_paid"]["currency"]):
        return paid
    prices = read_prices(session, pack.product_ids)
    at_purchase = {one: prices.at(one, data["purchased_at"])[0] for one in pack.product_ids}
    return share_of(paid, at_purchase, product_id, _frozen_shares(session, data))


def lock_pack_purchase(session: Session, data: Mapping[str, Any]) -> None:
    """Let the events of one customer's packs freeze their shares one after the other, until the transaction ends."""
    if data["pack_id"] is not None:
        session.get(Customer, data["customer_id"], with_for_update={"key_share": True})


def _frozen_shares(session: Session, data: Mapping[str, Any]) -> dict[str, int]:
    """What each product cost whose event of the same purchase came before: one customer, one pack, one instant."""
    query = select(Purchase.product_id, Purchase.price_cents).where(
        Purchase.customer_id == data["customer_id"],
        Purchase.pack_id == data["pack_id"],
        Purchase.purchased_at == data["purchased_at"],
        Purchase.currency == data["price_paid"]["currency"],
    )
    return dict(session.execute(query).all())
