"""Support requests: submitted, read, listed."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validates_schema

from ...domain.instants import format_instant, parse_instant
from ...domain.support.state_machine import Handling, Kind
from ...errors import PayloadRejected, Refused
from ...models.access import Role
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.support import SupportRequest
from ...remote.companion_format import TrueOrFalse
from ...services.core.runtime import JobKind
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.inspections.add_declaration import declare
from ...services.support.eligibility_checks import start_check
from ...services.support.requests import list_requests, request_detail, summary, visible_request
from ...services.support.submission import NewRequest, purchase_of, submit
from ..actors import viewer_of
from ..identity.authorization import signed_in
from ..identity.identity import Identity
from ..pagination import decode, encode
from ..rate_limits import limit_writing
from ..state import current_runtime
from .eligibility import SiteSchema, customer_of, given_credentials, given_declaration
from .fields import EnumField, PagedQuerySchema, ResponseSchema, Rfc3339Instant, TextField, next_cursor
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response

EVERY_SIDE = (Role.CUSTOMER, Role.SELLER, Role.OPERATOR, Role.PLATFORM)
LIST = "requests"


class RequestBodySchema(SiteSchema):
    """A request, after its check or with what a check takes; `as_it_is` sends it with what is unknown."""

    purchase_id = TextField(load_default=None, allow_none=True)
    presale = TrueOrFalse(load_default=False)
    product_id = TextField(load_default=None, allow_none=True)
    customer_id = TextField(load_default=None, allow_none=True)
    kind = EnumField(Kind, load_default=Kind.ANOMALY)
    subject = TextField(required=True, max_length=500)
    body = TextField(required=True, max_length=50_000)
    check_id = TextField(load_default=None, allow_none=True)
    as_it_is = TrueOrFalse(load_default=False)

    @validates_schema
    def _is_about_something(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("purchase_id") is None and not (data.get("presale") and data.get("product_id")):
            raise ValidationError("Required, unless presale is true and product_id is given.", "purchase_id")
        brings_news = data.get("credentials") is not None or data.get("declared") is not None
        if brings_news and (data.get("check_id") is not None or data.get("presale")):
            raise ValidationError("Left out with check_id, which names a check of them, and when presale is true.")


class RequestSchema(ResponseSchema):
    """A request for support, whole."""

    request_id = fields.String(required=True)
    purchase_id = fields.String(required=True, allow_none=True)
    customer_id = fields.String(required=True)
    product_id = fields.String(required=True)
    seller_id = fields.String(required=True)
    presale = fields.Boolean(required=True)
    kind = EnumField(Kind, required=True)
    proposed_kind = EnumField(Kind, required=True, allow_none=True)
    subject = fields.String(required=True)
    handling = EnumField(Handling, required=True)
    duplicate_of = fields.String(required=True, allow_none=True)
    submitted_at = Rfc3339Instant(required=True)
    next_deadline_at = Rfc3339Instant(required=True, allow_none=True)
    closed_at = Rfc3339Instant(required=True, allow_none=True)
    closed_reason = fields.String(required=True, allow_none=True)


class WholeRequestSchema(RequestSchema):
    """With its thread, its clocks and why they end when they do, its checks, and its refund."""

    body = fields.String(required=True)
    shop_url = fields.String(required=True, allow_none=True)
    check_id = fields.String(required=True, allow_none=True)
    business_care = fields.Raw(required=True, allow_none=True)
    entitlement = fields.Raw(required=True)
    checks = fields.Raw(required=True)
    grounds = fields.List(fields.String(), required=True)
    ground_findings = fields.Raw(
        required=True,
        metadata={"description": "For each ground: supported, opposite, unknown, or for_a_person."},
    )
    waived = fields.List(fields.String(), required=True)
    overturned = fields.List(
        fields.String(), required=True, metadata={"description": "Grounds that cannot be used again in this request."}
    )
    listing = fields.Raw(
        required=True, allow_none=True, metadata={"description": "What was announced on the purchase date."}
    )
    missing = fields.List(fields.String(), required=True)
    waits_until = Rfc3339Instant(required=True, allow_none=True)
    clocks = fields.Raw(required=True)
    messages = fields.Raw(required=True)
    refusal = fields.Raw(required=True, allow_none=True)
    refusals = fields.Raw(required=True, metadata={"description": "Every refusal, the first one first."})
    resolution = fields.Raw(required=True, allow_none=True)
    offer = fields.Raw(required=True, allow_none=True)
    proposals = fields.Raw(
        required=True,
        metadata={
            "description": "Refusals, resolutions and offers by a bearer token that the platform does not vouch for: "
            "nothing moves until a person of the seller's side confirms one. A customer sees the refusals."
        },
    )
    refund = fields.Raw(required=True)
    closures = fields.Raw(required=True)


class ListQuerySchema(PagedQuerySchema):
    """Which requests."""

    handling = EnumField(Handling, load_default=None)


class ListSchema(ResponseSchema):
    """The next deadline first."""

    items = fields.List(fields.Nested(RequestSchema), required=True)
    next_cursor = next_cursor()


_DETAIL = WholeRequestSchema()
_LIST = ListSchema()


@operation(
    "POST",
    "/support-requests",
    tag="Support",
    roles=(Role.CUSTOMER, Role.PLATFORM),
    body=RequestBodySchema,
    response=WholeRequestSchema,
    status=201,
    refusals=(400, 404, 415),
)
def submit_support_request(body: dict[str, Any]) -> Response:
    """Ask for support. What the check found is judged once, and the clocks start if nothing is missing."""
    identity = signed_in()

    def act(uow: UnitOfWork) -> dict[str, Any]:
        limit_writing(identity)
        request = submit(uow, _new_request(uow, identity, body), Cause(actor="customer", reason=""))
        uow.wakeups.add(JobKind.DELIVERIES)
        return detail_of(uow, request)

    return respond_once(act, _DETAIL, status=201)


@operation(
    "GET",
    "/support-requests/<request_id>",
    tag="Support",
    roles=EVERY_SIDE,
    response=WholeRequestSchema,
    refusals=(404,),
)
def show_support_request(request_id: str) -> Response:
    """One request, whole, as the side that asks may see it."""
    runtime = current_runtime()
    viewer = viewer_of(signed_in())
    with runtime.database.read_session() as session:
        request = visible_request(session, request_id, viewer)
        return uncached_response(
            _DETAIL,
            json_ready(request_detail(session, request, viewer, now=runtime.now(), settings=runtime.settings)),
        )


@operation("GET", "/support-requests", tag="Support", roles=EVERY_SIDE, query=ListQuerySchema, response=ListSchema)
def list_support_requests(query: dict[str, Any]) -> Response:
    """One's own requests, the next deadline first."""
    runtime = current_runtime()
    limit = query["limit"]
    with runtime.database.read_session() as session:
        requests = list_requests(
            session,
            viewer_of(signed_in()),
            handling=query["handling"],
            after=_after(query.get("cursor")),
            limit=limit + 1,
        )
        more = len(requests) > limit
        items = [summary(request) for request in requests[:limit]]
        cursor = encode(LIST, _key(requests[limit - 1])) if more else None
        return uncached_response(_LIST, {"items": items, "next_cursor": cursor})


def detail_of(uow: UnitOfWork, request: SupportRequest) -> dict[str, Any]:
    """The request after a change in the same transaction, as the caller's side sees it."""
    uow.session.flush()
    viewer = viewer_of(signed_in())
    return json_ready(request_detail(uow.session, request, viewer, now=uow.now, settings=uow.settings))


def json_ready(value: dict[str, Any], schema: Schema = _DETAIL) -> dict[str, Any]:
    """Write instants and days inside the free-form members of a schema as text; the schema writes the others."""
    free_form = {name for name, field in schema.fields.items() if type(field) is fields.Raw}
    return {key: _as_text(inner) if key in free_form else inner for key, inner in value.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(inner) for inner in value]
    if hasattr(value, "utcoffset"):
        return format_instant(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _new_request(uow: UnitOfWork, identity: Identity, body: dict[str, Any]) -> NewRequest:
    customer = customer_of(identity)
    purchase_id = body["purchase_id"]
    product_id = body["product_id"]
    check_id = None
    if body["presale"]:
        purchase_id = None
        if uow.session.get(Product, product_id) is None:
            raise PayloadRejected("unknown product", errors=[{"path": "product_id", "message": "is not known"}])
        customer = customer or body["customer_id"]
        if customer is None:
            raise PayloadRejected("whose request", errors=[{"path": "customer_id", "message": "Required."}])
    else:
        purchase = purchase_of(uow.session, purchase_id, customer)
        customer = purchase.customer_id
        product_id = purchase.product_id
        check_id = _check(uow, purchase, body)
    return NewRequest(
        request_id=f"req_{uuid.uuid4().hex}",
        customer_id=customer,
        product_id=product_id,
        purchase_id=purchase_id,
        subject=body["subject"],
        body=body["body"],
        submitted_at=uow.now,
        kind=body["kind"],
        shop_url=body["shop_url"],
        check_id=check_id,
        presale=body["presale"],
        as_it_is=body["as_it_is"],
    )


def _check(uow: UnitOfWork, purchase: Purchase, body: dict[str, Any]) -> str | None:
    """The check of the site: the one that is named, else one of what is given; None where neither is.

    What the customer declares is evidence at once; the request is judged again when the site has been inspected.
    """
    credentials = given_credentials(body)
    declared = given_declaration(body)
    check_id: str | None = body["check_id"]
    if check_id is not None or (credentials is None and declared is None):
        return check_id
    started = start_check(
        current_runtime(), uow, purchase, shop_url=body["shop_url"], credentials=credentials, declared=declared
    )
    if declared is not None:
        declare(uow, started.check_id, declared)
    return started.check_id


def _key(request: SupportRequest) -> str:
    at = request.next_deadline_at
    return f"{format_instant(at) if at else ''}|{request.number}"


def _after(cursor: str | None) -> Any:
    key = decode(LIST, cursor)
    if key is None:
        return None
    at, _, number = key.partition("|")
    instant = parse_instant(at) if at else None
    if not number.isdecimal() or len(number) > 18 or (at and instant is None):
        raise Refused("this cursor is none of this list's; begin without one", code="cursor_malformed")
    return instant, int(number)
