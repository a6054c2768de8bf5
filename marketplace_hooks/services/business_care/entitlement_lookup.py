"""May this customer ask for support or updates now? The one question that is asked thousands of times a minute.

One statement reads all that one answer needs, and whether the token of who asks still stands: a token may then be
remembered by the web processes, and yet opens nothing from the instant it is revoked.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select

from ...database.fast_query import Lookup
from ...domain.business_care.entitlement import Entitlement, EntitlementQuestion, judge
from ...errors import NotSignedIn
from ...models.access import Token
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.subscriptions import Period, Subscription
from ..core.runtime import Runtime
from .entitlements import Asked, facts_of

_FACTS = (
    Purchase.id,
    Purchase.product_id,
    Purchase.shop_url,
    Purchase.recorded_at,
    Purchase.refunded_at,
    Purchase.terminated_at,
    Purchase.disputed_at,
    Purchase.dispute_won_at,
    Product.status,
    Product.seller_id,
    Subscription.state,
    Subscription.renewal_at,
    Subscription.customer_stopped_at,
    Subscription.customer_lifted_at,
    Subscription.withdrawn_from,
    Subscription.withdrawal_lifted_at,
    Period.first_day,
    Period.last_day,
    Period.payment,
    Period.settled_at,
)


def check_entitlement_now(
    runtime: Runtime, asked: Asked, question: EntitlementQuestion, *, token_id: str | None
) -> Entitlement:
    """Judge the purchases asked about as they stand; `question.at` is now. Exactly one SELECT, and nothing is written.

    `token_id` is the token under which it is asked (None: somebody whom the host has signed in). Raises `NotSignedIn`
    when it has been revoked. Without any narrowing it is a `ValueError`.
    """
    given = {"purchase_id": asked.purchase_id, "customer_id": asked.customer_id, "product_id": asked.product_id}
    if asked.purchase_id is not None:
        given["product_id"] = None  # which product is meant is the question's: it is no longer narrowed by.
    values = {name: value for name, value in given.items() if value is not None}
    lookup = lookup_of(frozenset(values), with_token=token_id is not None)
    if token_id is not None:
        values["token_id"] = token_id
    rows = lookup.rows(runtime.database, values)
    if token_id is not None and (not rows or rows[0].revoked_at is not None):
        raise NotSignedIn("the token is unknown or revoked", code="invalid_token")
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        if row.id is not None and asked.seller_id in (None, row.seller_id):
            grouped.setdefault(row.id, []).append(row)
    return judge([facts_of(periods, question.at) for periods in grouped.values()], question)


@cache
def lookup_of(names: frozenset[str], *, with_token: bool) -> Lookup:
    """The statement that narrows by these names: `purchase_id`, `customer_id`, `product_id`."""
    columns = {"purchase_id": Purchase.id, "customer_id": Purchase.customer_id, "product_id": Purchase.product_id}
    if not names:
        raise ValueError("which purchase, or whose?")
    narrowed = and_(*(columns[name] == bindparam(name) for name in sorted(names)))
    query: Select[*tuple[Any, ...]]
    if with_token:
        query = select(Token.revoked_at, *_FACTS).select_from(Token).outerjoin(Purchase, narrowed)
        query = query.where(Token.id == bindparam("token_id"))
    else:
        query = select(*_FACTS).select_from(Purchase).where(narrowed)
    return Lookup(
        query.outerjoin(Product, Product.id == Purchase.product_id)
        .outerjoin(Subscription, Subscription.purchase_id == Purchase.id)
        .outerjoin(Period, Period.purchase_id == Purchase.id)
    )
