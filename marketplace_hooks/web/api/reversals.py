"""Reversals: the charges that the platform was asked to refund, and why."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from ...domain.member_descriptions import CUSTOMER_ID, PRODUCT_ID, PURCHASE_ID, about
from ...models.access import Role
from ...services.business_care.charges import AskedBack, list_asked_back
from ..pagination import decode_position, encode, position_key
from ..state import current_runtime
from .fields import PagedQuerySchema, ResponseSchema, next_cursor
from .operations import operation
from .responses import uncached_response
from .subscription_schemas import ChargeRecordSchema
from .subscriptions import charge_record

ROLES = (Role.OPERATOR, Role.PLATFORM)
_KIND = "reversals"


class ReversalsQuerySchema(PagedQuerySchema):
    """Which page."""


class ReversalSchema(ChargeRecordSchema):
    """One charge to be reversed, with the purchase that it was for."""

    purchase_id = fields.String(required=True, metadata=PURCHASE_ID)
    customer_id = fields.String(required=True, metadata=CUSTOMER_ID)
    product_id = fields.String(required=True, metadata=PRODUCT_ID)


class ReversalListSchema(ResponseSchema):
    """A page of charges, the latest reversal first."""

    items = fields.List(fields.Nested(ReversalSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


_LIST = ReversalListSchema()


@operation(
    "GET",
    "/reversals",
    tag="Business Care",
    roles=ROLES,
    query=ReversalsQuerySchema,
    response=ReversalListSchema,
    refusals=(400,),
)
def list_reversals(query: dict[str, Any]) -> Response:
    """Charges to be reversed, each with its reason, such as a second charge for a paid period.

    The platform refunds `reversal_amount` of each. They stay listed afterwards.
    """
    limit = query["limit"]
    with current_runtime().database.read_session() as session:
        before = decode_position(_KIND, query.get("cursor"))
        found = list_asked_back(session, before=before, limit=limit + 1)
        items = found[:limit]
        last = items[-1].charge if len(found) > limit else None
        key = None if last is None else position_key(last.reversal_asked_at, last.id)
        return uncached_response(_LIST, {"items": [_flat(one) for one in items], "next_cursor": encode(_KIND, key)})


def _flat(one: AskedBack) -> dict[str, Any]:
    ids = {"purchase_id": one.charge.purchase_id, "customer_id": one.customer_id, "product_id": one.product_id}
    return {**charge_record(one.charge), **ids}
