"""Purchases of a customer, each with the state of its Business Care."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Response
from marshmallow import fields

from ...domain.business_care.entitlement import Code, Remedy
from ...domain.catalog.statuses import Status
from ...domain.member_descriptions import PRODUCT_ID, PURCHASE_ID, SHOP_URL, about
from ...errors import PayloadRejected
from ...models.access import Role
from ...models.subscriptions import SubscriptionState
from ...services.business_care.subscription_view import PurchaseListItem, list_purchases
from ..identity.authorization import signed_in
from ..pagination import decode, encode
from ..state import current_runtime
from .entitlements import BusinessCareSchema
from .fields import (
    EnumField,
    PagedQuerySchema,
    Price,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    localized_text,
    next_cursor,
    nullable,
)
from .operations import operation
from .responses import uncached_response


class PurchasesQuerySchema(PagedQuerySchema):
    """Whose purchases."""

    customer_id = TextField(metadata=about("Required for the platform; customers see only their own.", "c-17"))


class PurchaseSchema(ResponseSchema):
    """A purchase with the state of its Business Care; `code` is judged on the merchant site that it is bound to.

    `state` and `renews` are null where there is none: the product was free. `renews` is null too once it is over.
    """

    purchase_id = fields.String(required=True, attribute="purchase.id", metadata=PURCHASE_ID)
    product_id = fields.String(required=True, attribute="purchase.product_id", metadata=PRODUCT_ID)
    title = localized_text("The product's name, for each language.")
    product_status = EnumField(Status, required=True, metadata=about("The product's status."))
    pack_id = nullable(
        fields.String,
        about("The pack that it was bought in; null: it was bought alone.", "30011"),
        attribute="purchase.pack_id",
    )
    shop_url = nullable(fields.String, SHOP_URL, attribute="purchase.shop_url")
    purchased_at = Rfc3339Instant(
        required=True, attribute="purchase.purchased_at", metadata=about("When it was bought.")
    )
    price_paid = Price(required=True, metadata=about("What was paid."))
    state = EnumField(
        SubscriptionState,
        required=True,
        allow_none=True,
        metadata=about("The state of the Business Care; null: there is none."),
    )
    code = EnumField(
        Code,
        required=True,
        attribute="entitlement.code",
        metadata=about("Whether the customer is entitled to support on the site that the purchase is bound to."),
    )
    remedy = EnumField(
        Remedy,
        required=True,
        allow_none=True,
        attribute="entitlement.remedy",
        metadata=about("What would help; null: nothing is needed, or nothing helps."),
    )
    business_care = fields.Nested(
        BusinessCareSchema, required=True, attribute="entitlement", metadata=about("The Business Care itself.")
    )
    renews = nullable(fields.Boolean, about("Whether the Business Care will renew; null: there is none."))


class PurchaseListSchema(ResponseSchema):
    """A page of purchases, by id."""

    items = fields.List(fields.Nested(PurchaseSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


_LIST = PurchaseListSchema()


@operation(
    "GET",
    "/purchases",
    tag="Business Care",
    roles=(Role.CUSTOMER, Role.PLATFORM),
    query=PurchasesQuerySchema,
    response=PurchaseListSchema,
    refusals=(400, 422),
)
def list_own_purchases(query: dict[str, Any]) -> Response:
    """A customer's purchases, each with its Business Care.

    Customers see their own; the platform names the customer. Each purchase says whether its Business Care is active and
    will renew.
    """
    runtime = current_runtime()
    after = decode("purchases", query.get("cursor"))
    with runtime.database.read_session() as session:
        purchases, end = list_purchases(
            session, _customer_id(query), runtime.now(), runtime.settings, after=after, limit=query["limit"]
        )
        content = {"items": [_as_response(one) for one in purchases], "next_cursor": encode("purchases", end)}
        return uncached_response(_LIST, content)


def _customer_id(query: dict[str, Any]) -> str:
    """The customer's own id, or the one that the platform names; for another customer's, an id that nobody has."""
    identity = signed_in()
    named: str | None = query.get("customer_id")
    if identity.role is Role.CUSTOMER:
        return identity.subject or "" if named in (None, identity.subject) else ""
    if named is None:
        message = "The platform must name the customer."
        raise PayloadRejected("whose purchases?", errors=[{"path": "customer_id", "message": message}])
    return named


def _as_response(one: PurchaseListItem) -> SimpleNamespace:
    paid = one.purchase
    return SimpleNamespace(**vars(one), price_cents=paid.price_cents, currency=paid.currency)
