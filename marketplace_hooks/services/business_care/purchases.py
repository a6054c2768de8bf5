"""Purchases: what was bought, for which site, and what became of its payment, as the platform reports it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...errors import PayloadRejected
from ...models.products import Listing, Product
from ...models.purchases import Customer, Purchase, Refund, SiteBinding
from ..catalog.products import listing_at_purchase
from ..core.unit_of_work import Cause, UnitOfWork
from .pack_shares import lock_pack_purchase, price_of_share
from .reversals import end_subscription
from .subscriptions import start_subscription


def upsert_customer(uow: UnitOfWork, described: Mapping[str, Any], *, sent_at: datetime) -> bool | None:
    """Record a customer as described at `sent_at`. True: new; None: known already; False: something newer is known.

    A customer who was erased stays erased.
    """
    row = uow.session.get(Customer, described["customer_id"], with_for_update={"key_share": True})
    columns = {name: described[name] for name in ("name", "email", "locale", "professional")}
    if row is None:
        uow.session.add(Customer(id=described["customer_id"], described_at=sent_at, sequence=0, **columns))
        uow.session.flush()
        return True
    if sent_at < row.described_at or row.erased_at is not None:
        return False
    for name, value in columns.items():
        setattr(row, name, value)
    row.described_at = sent_at
    return None


def locked_purchase(session: Session, purchase_id: str) -> Purchase | None:
    """The purchase, locked until the transaction ends; rows that point to it may be added by others meanwhile.

    A run of renewals adds its periods under the lock of the subscription: a stronger lock here would meet it crosswise.
    """
    return session.get(Purchase, purchase_id, with_for_update={"key_share": True}, populate_existing=True)


def complete_purchase(uow: UnitOfWork, data: Mapping[str, Any], cause: Cause, *, received_at: datetime) -> bool:
    """Record a purchase, freeze what its listing announced, and start its Business Care; False when it is known.

    It is on record since `received_at`, however late it is applied: from then on this service claims its renewals.
    Customer and product must be known. The same purchase sent again with other facts is refused.
    """
    known = locked_purchase(uow.session, data["purchase_id"])
    uow.write_rows(Listing)  # one transaction may bring a product and its first purchase.
    if known is not None:
        _refuse_contradiction(uow.session, known, data)
        return False
    lock_pack_purchase(uow.session, data)
    product = uow.session.get_one(Product, data["product_id"])
    listing = listing_at_purchase(uow.session, product.id, data["purchased_at"])
    purchase = Purchase(
        id=data["purchase_id"],
        customer_id=data["customer_id"],
        product_id=product.id,
        pack_id=data["pack_id"],
        listing_id=listing.id if listing else None,
        price_cents=price_of_share(uow.session, data),
        currency=data["price_paid"]["currency"],
        purchased_at=data["purchased_at"],
        recorded_at=received_at,
        refunded_cents=0,
    )
    uow.session.add(purchase)
    # From here on the product's row is share-locked by the foreign key: a withdrawal comes wholly before or after.
    uow.session.flush()
    if data["shop_url"] is not None:
        bind_shop(uow, purchase, data["shop_url"], data["purchased_at"])
    is_free = (listing.price_cents if listing else product.price_cents) == 0
    if not is_free:
        start_subscription(uow, purchase, cause)
    return True


def _refuse_contradiction(session: Session, known: Purchase, data: Mapping[str, Any]) -> None:
    faults = [
        (name, getattr(known, name))
        for name in ("customer_id", "product_id", "pack_id", "purchased_at")
        if getattr(known, name) != data[name]
    ]
    # Of a pack, the share was frozen: an event that repeats the whole price says the same.
    if known.price_cents not in (data["price_paid"]["amount_cents"], price_of_share(session, data)):
        faults.append(("price_paid.amount_cents", known.price_cents))
    if faults:
        raise PayloadRejected(
            "the purchase is known with other facts",
            errors=[
                {"path": f"data.{name}", "message": f"is {value} in the purchase known here"} for name, value in faults
            ],
        )
    check_currency(known, data["price_paid"], "price_paid")


def bind_shop(uow: UnitOfWork, purchase: Purchase, shop_url: str, bound_at: datetime) -> bool:
    """Attach the purchase to a merchant site from `bound_at` on; False when a later binding is known.

    An address that cannot be parsed is stored as it came: it binds nothing, and the customer is asked for another
    (`SHOP_NOT_BOUND`).
    """
    binding = {"purchase_id": purchase.id, "bound_at": bound_at, "shop_url": shop_url}
    uow.session.execute(insert_new(uow.session, SiteBinding), [binding])
    if purchase.shop_bound_at is not None and bound_at <= purchase.shop_bound_at:
        return False
    purchase.shop_url = shop_url
    purchase.shop_bound_at = bound_at
    return True


def record_refund(uow: UnitOfWork, purchase: Purchase, data: Mapping[str, Any], cause: Cause) -> bool:
    """Record a refund. A refund of the whole price ends the Business Care at once; less ends nothing. False: known.

    The same `refund_id` again is the same refund, whatever else is said of it. One without an id is known by its
    instant and amount.
    """
    check_currency(purchase, data["amount"], "amount")
    row = {
        "refund_id": data["refund_id"],
        "purchase_id": purchase.id,
        "refunded_at": data["refunded_at"],
        "amount_cents": data["amount"]["amount_cents"],
        "request_id": data["request_id"],
    }
    inserted = uow.session.execute(insert_new(uow.session, Refund).returning(Refund.id), [row]).first()
    if inserted is None:
        return False
    whole_at = _count_refunds(uow.session, purchase)
    if whole_at is not None and whole_at != purchase.refunded_at:
        purchase.refunded_at = whole_at
        end_subscription(uow, purchase.id, cause, why="refund", ended_at=whole_at)
    return True


def _count_refunds(session: Session, purchase: Purchase) -> datetime | None:
    """Add the refunds up in the order in which they were made; the instant at which the whole price was back."""
    made = select(Refund.refunded_at, Refund.amount_cents).where(Refund.purchase_id == purchase.id)
    purchase.refunded_cents = 0
    whole_at = None
    for refunded_at, amount_cents in session.execute(made.order_by(Refund.refunded_at, Refund.id)):
        purchase.refunded_cents += amount_cents
        if whole_at is None and purchase.refunded_cents >= purchase.price_cents:
            whole_at = refunded_at
    return whole_at


def terminate_business_care(uow: UnitOfWork, purchase: Purchase, terminated_at: datetime, cause: Cause) -> bool:
    """The marketplace ends the Business Care before its term. False: it was ended earlier."""
    if purchase.terminated_at is not None and purchase.terminated_at <= terminated_at:
        return False
    purchase.terminated_at = terminated_at
    purchase.terminated_reason = cause.reason
    end_subscription(uow, purchase.id, cause, why="termination", ended_at=terminated_at)
    return True


def check_currency(purchase: Purchase, money: Mapping[str, Any], name: str) -> None:
    """Raise `PayloadRejected` unless the money in the field `name` is of the purchase's currency."""
    if money["currency"] != purchase.currency:
        raise PayloadRejected(
            "the currency is not the purchase's",
            errors=[{"path": f"data.{name}.currency", "message": f"the purchase was paid in {purchase.currency}"}],
        )
