"""Entitlement lookup: the one question that is asked thousands of times a minute, judged as of now.

One prepared statement reads all that one answer needs, and whether the caller's token is still valid: web processes may
cache a token, and yet it opens nothing from the instant it is revoked.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select

from ...database.fast_query import Lookup
from ...domain.business_care.entitlement import Entitlement, EntitlementQuestion, judge
from ...errors import NotSignedIn
from ...models.access import Token
from ...models.purchases import Purchase
from ..core.runtime import Runtime
from .entitlements import FACTS, PurchaseFilter, facts_of, join_facts


def judge_entitlement_now(
    runtime: Runtime, narrowed_by: PurchaseFilter, question: EntitlementQuestion, *, token_id: str | None
) -> Entitlement:
    """Judge the purchases asked about as they stand; `question.at` is now. Exactly one SELECT, and nothing is written.

    `token_id` is the caller's token (None: somebody whom the host has signed in). Raises `NotSignedIn`
    when it has been revoked. Without any narrowing it is a `ValueError`.
    """
    wanted = {
        "purchase_id": narrowed_by.purchase_id,
        "customer_id": narrowed_by.customer_id,
        # Beside a purchase the product is the question's to compare, not the statement's.
        "product_id": narrowed_by.product_id if narrowed_by.purchase_id is None else None,
    }
    values = {name: value for name, value in wanted.items() if value is not None}
    lookup = lookup_of(frozenset(values), with_token=token_id is not None)
    if token_id is not None:
        values["token_id"] = token_id
    rows = lookup.rows(runtime.database, values)
    if token_id is not None and (not rows or rows[0].revoked_at is not None):
        raise NotSignedIn("the token is unknown or revoked", code="invalid_token")
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        if row.id is not None and narrowed_by.seller_id in (None, row.seller_id):
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
        query = select(Token.revoked_at, *FACTS).select_from(Token).outerjoin(Purchase, narrowed)
        query = query.where(Token.id == bindparam("token_id"))
    else:
        query = select(*FACTS).select_from(Purchase).where(narrowed)
    return Lookup(join_facts(query))
