"""Events about purchases: completed, bound to a site, refunded, disputed, terminated."""

from __future__ import annotations

from marshmallow import fields, validate

from ..domain.member_descriptions import CUSTOMER_ID, PACK_ID, PRODUCT_ID, PURCHASE_ID, REQUEST_ID, SHOP_URL, about
from ..models.packs import Pack
from ..models.products import Product
from ..models.purchases import Customer, Purchase
from ..services.business_care.disputes import close_dispute, open_dispute
from ..services.business_care.purchases import (
    bind_shop,
    complete_purchase,
    locked_purchase,
    record_refund,
    terminate_business_care,
)
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.unit_of_work import UnitOfWork
from ..services.support.awaited_information import judge_waiting_requests, lock_waiting_requests
from ..services.support.fix_deliveries import deliver_earlier_fixes
from ..services.support.refund_settlement import settle_refunds
from ..services.support.refunds import claimed_requests
from .customers import erase_again
from .fields import EventDataSchema, EventMoneySchema, Identifier, Moment
from .registry import PURCHASE, Applied, InboundEvent, ParentUnknown, Result, handles

_shop_url = validate.Length(1, 2_000)


class PurchaseCompletedSchema(EventDataSchema):
    """A customer bought a product; for a pack, one event for each product, with the same `pack_id`."""

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    customer_id = Identifier(required=True, metadata=CUSTOMER_ID)
    product_id = Identifier(required=True, metadata=PRODUCT_ID)
    pack_id = Identifier(allow_none=True, load_default=None, metadata=PACK_ID)
    shop_url = fields.String(allow_none=True, load_default=None, validate=_shop_url, metadata=SHOP_URL)
    price_paid = fields.Nested(
        EventMoneySchema,
        required=True,
        metadata=about("What was paid; of a pack, each product's share, or the whole price in each event."),
    )
    purchased_at = Moment(required=True, metadata=about("When it was bought."))


class ShopBoundSchema(EventDataSchema):
    """The purchase is attached to a merchant site, or moved to another by the marketplace."""

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    shop_url = fields.String(required=True, validate=_shop_url, metadata=SHOP_URL)
    bound_at = Moment(required=True, metadata=about("When the site was attached to the purchase."))


class RefundedMoneySchema(EventMoneySchema):
    """An amount of at least one cent."""

    amount_cents = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2_000_000_000),
        metadata=about("The amount in the currency's smallest unit; at least 1.", 9900),
    )


class RefundedSchema(EventDataSchema):
    """Money was refunded for a purchase. `request_id` names the support request that it is for, if there is one.

    It counts for the purchase either way. `refund_id` is the platform's own ID: a repeated one means the same refund.
    """

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    refunded_at = Moment(required=True, metadata=about("When the money was refunded."))
    amount = fields.Nested(RefundedMoneySchema, required=True, metadata=about("How much."))
    request_id = Identifier(allow_none=True, load_default=None, metadata=REQUEST_ID)
    refund_id = Identifier(
        allow_none=True, load_default=None, metadata=about("The refund's id, by which a repeat is recognised.", "re_1")
    )


class DisputedSchema(EventDataSchema):
    """The bank has reversed the payment."""

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    disputed_at = Moment(required=True, metadata=about("When the bank reversed the payment."))
    amount = fields.Nested(EventMoneySchema, required=True, metadata=about("How much."))


class DisputeClosedSchema(EventDataSchema):
    """The bank has decided."""

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    outcome = fields.String(
        required=True,
        validate=validate.OneOf(["won", "lost"]),
        metadata=about("Who won: `won` is the seller's side, `lost` the customer's."),
    )
    closed_at = Moment(required=True, metadata=about("When the bank decided."))


class TerminatedSchema(EventDataSchema):
    """The marketplace ends Business Care early."""

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    terminated_at = Moment(required=True, may_be_future=True, metadata=about("When the Business Care ends."))
    reason = fields.String(
        required=True, validate=validate.Length(0, 2_000), metadata=about("Why, in words.", "A fault is being fixed")
    )


@handles("purchase.completed", PurchaseCompletedSchema, subject=PURCHASE)
def purchase_completed(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Record the purchase and start its Business Care.

    One of a pack waits for the pack: what the product cost in it is frozen now, and may be a share of the pack's price.
    """
    for table, kind in ((Customer, "customer"), (Product, "product"), (Pack, "pack")):
        id_ = event.data[f"{kind}_id"]
        if id_ is not None and uow.session.get(table, id_) is None:
            raise ParentUnknown(kind, id_)
    is_new = complete_purchase(uow, event.data, event.cause(actor="customer"), received_at=event.received_at)
    erase_again(uow, event, event.data["customer_id"])
    if not is_new:
        return Result(applied=Applied.NO_EFFECT, note="the purchase is known")
    return Result(applied=Applied.CHANGED, created=f"purchase:{event.data['purchase_id']}")


@handles("purchase.shop_bound", ShopBoundSchema, subject=PURCHASE)
def purchase_shop_bound(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Attach the purchase to a site, from then on. A request that waited for it goes on."""
    lock_waiting_requests(uow.session, event.data["purchase_id"])
    purchase = known_purchase(uow, event)
    is_newest = bind_shop(uow, purchase, event.data["shop_url"], event.data["bound_at"])
    judge_waiting_requests(uow, purchase, event.cause(actor="marketplace"))
    erase_again(uow, event, purchase.customer_id)
    return Result(applied=Applied.CHANGED if is_newest else Applied.SUPERSEDED)


@handles("purchase.refunded", RefundedSchema, subject=PURCHASE)
def purchase_refunded(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """A refund of the whole price ends Business Care at once; a claim that owes nothing any more is settled."""
    purchase = known_purchase(uow, event, with_claims=True)
    data = event.data
    cause = event.cause(actor="marketplace")
    changed = record_refund(uow, purchase, data, cause)
    if changed:
        settle_refunds(uow, purchase, data["refunded_at"], cause)
    return _changed(changed)


@handles("purchase.disputed", DisputedSchema, subject=PURCHASE)
def purchase_disputed(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Suspend the entitlement."""
    purchase = known_purchase(uow, event)
    if not open_dispute(uow, purchase, event.data):
        return _changed(False)
    return Result(applied=Applied.CHANGED, created=f"dispute:{purchase.id}")


@handles("purchase.dispute_closed", DisputeClosedSchema, subject=PURCHASE)
def purchase_dispute_closed(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """Won: the entitlement is restored, and what was published meanwhile counts as delivered.

    Lost: it ends permanently, and the money counts as refunded.
    """
    purchase = known_purchase(uow, event, with_claims=True)
    cause = event.cause(actor="bank")
    closed = close_dispute(uow, purchase, event.data, cause)
    if closed is None:
        raise ParentUnknown("dispute", purchase.id)
    if closed and event.data["outcome"] == "lost":
        settle_refunds(uow, purchase, event.data["closed_at"], cause)
    elif closed:
        deliver_earlier_fixes(uow, purchase.id, cause)
    return _changed(closed)


@handles("subscription.terminated", TerminatedSchema, subject=PURCHASE)
def subscription_terminated(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """The Business Care ends before its term."""
    purchase = known_purchase(uow, event)
    return _changed(
        terminate_business_care(uow, purchase, event.data["terminated_at"], event.cause(actor="marketplace"))
    )


def known_purchase(uow: UnitOfWork, event: InboundEvent, *, with_claims: bool = False) -> Purchase:
    """The purchase that an event is about, locked; the event waits for it while it is unknown.

    With its claims for a refund, the requests that those are of are locked first, in the order of all who do.
    """
    if with_claims:
        claimed_requests(uow.session, event.data["purchase_id"])
    purchase = locked_purchase(uow.session, event.data["purchase_id"])
    if purchase is None:
        raise ParentUnknown("purchase", event.data["purchase_id"])
    return purchase


def _changed(changed: bool) -> Result:
    return Result(applied=Applied.CHANGED if changed else Applied.NO_EFFECT, note=None if changed else "known already")
