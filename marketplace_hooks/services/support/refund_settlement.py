"""Refund settlement: how claims change when money is refunded, and what happens if more is refunded than was paid.

Every refund counts, whether its event named a request or not, and so does a dispute that was lost (`rules.md` 17).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from ...domain.support.refunds import PERIOD
from ...models.purchases import Purchase
from ...models.subscriptions import Subscription
from ...models.support import RefundClaim
from ..core.unit_of_work import Cause, UnitOfWork
from .refund_ledger import balance_of, given_back_cents, money
from .refunds import claim_of, claimed_requests, settle_claim


def settle_refunds(uow: UnitOfWork, purchase: Purchase, at: datetime, cause: Cause) -> int:
    """Settle the claims of a purchase that owe nothing any more; return how many those are. The purchase is locked.

    What was refunded beyond the price paid, and beyond what an operator had asked for on top, is kept with the
    purchase and published for an operator.
    """
    uow.session.flush()
    settled = 0
    for request in claimed_requests(uow.session, purchase.id):
        claim = claim_of(uow.session, request.id)
        if claim is None:
            continue
        balance = balance_of(uow.session, claim, uow.today)
        if balance.owed_cents == 0:
            settle_claim(uow, request, claim, balance, at, cause)
            settled += 1
    _record_excess(uow, purchase, cause)
    return settled


def _record_excess(uow: UnitOfWork, purchase: Purchase, cause: Cause) -> None:
    back = given_back_cents(uow.session, [purchase.id]).get(purchase.id, 0)
    claims = uow.session.scalars(select(RefundClaim).where(RefundClaim.purchase_id == purchase.id))
    on_top = [
        line["amount_cents"]
        for claim in claims
        for line in claim.lines
        if line["what"] == PERIOD and not line["optional"]
    ]
    excess = max(0, back - purchase.price_cents - sum(on_top))
    if excess > (purchase.over_refunded_cents or 0):
        data = {
            "purchase_id": purchase.id,
            "customer_id": purchase.customer_id,
            "product_id": purchase.product_id,
            "price_paid": money(purchase.price_cents, purchase.currency),
            "given_back": money(back, purchase.currency),
            "excess": money(excess, purchase.currency),
        }
        # Events about one purchase are numbered in its subscription; a free product's has none.
        counter = uow.session.get(Subscription, purchase.id, with_for_update={"key_share": True}) or purchase
        uow.publish_counted_in("purchase.over_refunded", "purchase", purchase.id, counter, data, cause)
    purchase.over_refunded_cents = excess or None
