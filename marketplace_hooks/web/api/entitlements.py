"""Entitlement: whether a customer may have support and updates, on a merchant site.

The most frequent call: its query string is parsed and its JSON written without schemas, which would cost more than the
question itself. The OpenAPI document describes both as for every other operation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, request
from marshmallow import fields

from ...domain.business_care.entitlement import Code, Entitlement, EntitlementQuestion, Remedy
from ...domain.instants import parse_instant
from ...domain.member_descriptions import PURCHASE_ID, about
from ...errors import Forbidden, NotSignedIn, PayloadRejected
from ...models.access import Role
from ...services.access import tokens
from ...services.business_care.entitlement_lookup import judge_entitlement_now
from ...services.business_care.entitlements import PurchaseFilter, judge_entitlement
from ...services.core.runtime import Runtime
from ..identity.authorization import signed_in
from ..identity.identity import Identity
from ..identity.token_cache import self_verifying
from ..response_headers import SECURITY_HEADERS
from ..state import current_runtime
from .fields import Day, EnumField, QuerySchema, ResponseSchema, Rfc3339Instant, nullable
from .operations import operation
from .responses import JSON

PATH = "/entitlements"
ROLES = (Role.PLATFORM, Role.OPERATOR, Role.SELLER, Role.CUSTOMER)
_MAY_ASK_OF_THE_PAST = (Role.PLATFORM, Role.OPERATOR)
_HEADERS = [("Cache-Control", "no-store"), ("Vary", "Authorization, Cookie"), *SECURITY_HEADERS]


class EntitlementQuerySchema(QuerySchema):
    """The purchase, or the customer and the product; the site; the time."""

    purchase_id = fields.String(metadata=PURCHASE_ID)
    customer_id = fields.String(metadata=about("With product_id. Customers may ask only about themselves.", "c-17"))
    product_id = fields.String(metadata=about("With purchase_id: the product that it is expected to be for.", "20133"))
    shop_url = fields.String(metadata=about("The merchant site that the request is about.", "https://shop.example.com"))
    at = Rfc3339Instant(metadata=about("For the platform and operators: the state at this instant. Default: now."))


class BusinessCareSchema(ResponseSchema):
    """The Business Care itself, whatever the site in question."""

    active = fields.Boolean(required=True, metadata=about("Whether it is active."))
    last_day = nullable(Day, about("The last day, included, of the current or most recent period."))


class EntitlementSchema(ResponseSchema):
    """One code, the first that applies; for several purchases, the best one. `detail` is in English, for logs."""

    valid = fields.Boolean(required=True, metadata=about("Whether the customer is entitled to support."))
    code = EnumField(Code, required=True, metadata=about("The reason, as a code."))
    detail = fields.String(
        required=True, metadata=about("The reason in English, for logs.", "the Business Care runs until 2026-11-23")
    )
    business_care = fields.Nested(BusinessCareSchema, required=True, metadata=about("The Business Care itself."))
    remedy = EnumField(
        Remedy,
        required=True,
        allow_none=True,
        metadata=about("What would help; null: nothing is needed, or nothing helps."),
    )


def _document_query(view: Any) -> Any:
    """Document the query string that the view parses by itself."""
    view._apidoc = {"arguments": {"parameters": [{"in": "query", "schema": EntitlementQuerySchema}]}}
    return view


@operation("GET", PATH, tag="Business Care", roles=ROLES, response=EntitlementSchema, refusals=(422,))
@_document_query
@self_verifying
def check_entitlement() -> Response:
    """Check one purchase, or a customer's purchases of a product. Always 200; what you may not see is NOT_FOUND.

    Query by `purchase_id`, or by `customer_id` with `product_id`. The response has a machine-readable code and, where
    possible, a remedy.
    """
    runtime = current_runtime()
    identity = signed_in()
    args = request.args
    at = args.get("at")
    if at is None:
        return _response(answer_now(runtime, identity, args))
    if identity.role not in _MAY_ASK_OF_THE_PAST:
        raise Forbidden("only the platform and operators may ask about another time")
    purchase_filter = _purchase_filter(identity, args)
    question = _question(runtime, args, _instant(at))
    with runtime.database.read_session() as session:
        if identity.token_id is not None and not tokens.is_active(session, identity.token_id):
            raise NotSignedIn("the token is unknown or revoked", code="invalid_token")
        return _response(_body(judge_entitlement(session, purchase_filter, question, as_of_now=False)))


def answer_now(runtime: Runtime, identity: Identity, args: Mapping[str, str]) -> bytes:
    """The body of the answer to a query as it stands now. Raises as the call does."""
    question = _question(runtime, args, runtime.now())
    return _body(judge_entitlement_now(runtime, _purchase_filter(identity, args), question, token_id=identity.token_id))


def headers_of(body: bytes) -> list[tuple[str, str]]:
    """The headers of every answer."""
    return [("Content-Type", JSON), *_HEADERS, ("Content-Length", str(len(body)))]


def _question(runtime: Runtime, args: Mapping[str, str], at: datetime) -> EntitlementQuestion:
    return EntitlementQuestion(
        at=at,
        zone=runtime.settings.reference_zone,
        product=_text(args, "product_id"),
        site=args.get("shop_url"),
        test_prefixes=runtime.settings.test_prefixes,
    )


def _purchase_filter(identity: Identity, args: Mapping[str, str]) -> PurchaseFilter:
    """The purchases asked about, as far as the caller may see them. Raises `PayloadRejected` when none are named."""
    purchase_id, customer_id, product_id = (_text(args, name) for name in ("purchase_id", "customer_id", "product_id"))
    if identity.role is Role.CUSTOMER:
        # Another customer's id is answered like one that does not exist.
        customer_id = identity.subject if customer_id in (None, identity.subject) else "\x1f"
    if purchase_id is None and (customer_id is None or product_id is None):
        message = "Give purchase_id, or customer_id with product_id."
        raise PayloadRejected("which purchase is meant?", errors=[{"path": "purchase_id", "message": message}])
    seller_id = identity.subject if identity.role is Role.SELLER else None
    return PurchaseFilter(purchase_id=purchase_id, customer_id=customer_id, product_id=product_id, seller_id=seller_id)


def _text(args: Mapping[str, str], name: str) -> str | None:
    """A parameter; None when it is absent or empty. A NUL, which no database takes, is in no id."""
    value = args.get(name)
    return value.replace("\0", "\x1f") if value else None


def _instant(text: str) -> datetime:
    instant = parse_instant(text)
    if instant is None:
        message = "Must be a date and time with a UTC offset, such as 2026-03-02T10:00:00+01:00."
        raise PayloadRejected("the request does not match its schema", errors=[{"path": "at", "message": message}])
    return instant


def _body(entitlement: Entitlement) -> bytes:
    content = {
        "valid": entitlement.valid,
        "code": entitlement.code,
        "detail": entitlement.detail,
        "business_care": {
            "active": entitlement.active,
            "last_day": None if entitlement.last_day is None else entitlement.last_day.isoformat(),
        },
        "remedy": entitlement.remedy,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _response(body: bytes) -> Response:
    return Response(body, 200, headers=headers_of(body))
