"""Support requests: submitted, read, listed."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from ...domain.instants import format_instant, parse_instant
from ...domain.support.state_machine import Handling
from ...errors import PayloadRejected, Refused
from ...models.access import Role
from ...models.products import Product
from ...models.purchases import Customer
from ...models.support import SupportRequest
from ...services.core.runtime import JobKind
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support.eligibility_checks import GivenSite, check_for_request
from ...services.support.request_lists import RequestGroup, RequestQuery, list_requests
from ...services.support.requests import request_detail, summary, visible_request
from ...services.support.submission import NewRequest, purchase_of, submit
from ..actors import viewer_of
from ..identity.authorization import signed_in
from ..identity.identity import Identity
from ..pagination import decode, encode
from ..rate_limits import limit_writing
from ..state import current_runtime
from .eligibility import customer_of, given_credentials, given_declaration
from .idempotency import respond_once
from .operations import operation
from .request_schemas import ListQuerySchema, ListSchema, RequestBodySchema, WholeRequestSchema
from .responses import uncached_response

EVERY_SIDE = (Role.CUSTOMER, Role.SELLER, Role.OPERATOR, Role.PLATFORM)
LIST = "requests"


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
    """Submit a support request. Entitlement is judged once; the deadlines start if nothing is missing.

    Name an earlier check, or give the site to check. A request with missing information is accepted, and waits for the
    customer; `as_it_is` sends it anyway.
    """
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
    """One request in full, as your side may see it.

    With its conversation, its deadlines and how they are counted, its checks, refusals and refund. Another customer's
    request is a 404.
    """
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
    """The requests that you may see, searched and filtered, with the next deadline first.

    Customers see their own, sellers those about their products, the marketplace all of them. Requests without a running
    deadline come last. A cursor belongs to the `sort` that it was given for.
    """
    runtime = current_runtime()
    limit = query["limit"]
    viewer = viewer_of(signed_in())
    kind = f"{LIST}-{query['sort']}"
    with runtime.database.read_session() as session:
        requests = list_requests(
            session,
            viewer,
            wanted_requests(query),
            now=runtime.now(),
            after=_after(kind, query.get("cursor")),
            limit=limit + 1,
        )
        more = len(requests) > limit
        items = [summary(request, viewer) for request in requests[:limit]]
        cursor = encode(kind, _key(requests[limit - 1])) if more else None
        return uncached_response(_LIST, {"items": items, "next_cursor": cursor})


def wanted_requests(query: dict[str, Any]) -> RequestQuery:
    """What the filters of a list or an export ask for."""
    state = query["handling"] or query["state"]
    return RequestQuery(
        state=RequestGroup(state) if state in list(RequestGroup) else Handling(state),
        is_overdue=query["overdue"],
        product_id=query.get("product"),
        seller_id=query.get("seller"),
        assignee=query.get("assigned"),
        search=query.get("q"),
        sort=query["sort"],
    )


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
        customer = customer or _named_customer(uow, body["customer_id"])
    else:
        purchase = purchase_of(uow.session, purchase_id, customer)
        customer = purchase.customer_id
        product_id = purchase.product_id
        site = GivenSite(
            check_id=body["check_id"],
            shop_url=body["shop_url"],
            credentials=given_credentials(body),
            declared=given_declaration(body),
        )
        check_id = check_for_request(current_runtime(), uow, purchase, site)
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


def _named_customer(uow: UnitOfWork, customer_id: str | None) -> str:
    """The customer whom the platform names. Raises `PayloadRejected`."""
    if customer_id is None:
        raise PayloadRejected("whose request", errors=[{"path": "customer_id", "message": "Required."}])
    if uow.session.get(Customer, customer_id) is None:
        raise PayloadRejected("unknown customer", errors=[{"path": "customer_id", "message": "is not known"}])
    return customer_id


def _key(request: SupportRequest) -> str:
    at = request.next_deadline_at
    return f"{format_instant(at) if at else ''}|{request.number}"


def _after(kind: str, cursor: str | None) -> Any:
    key = decode(kind, cursor)
    if key is None:
        return None
    at, _, number = key.partition("|")
    instant = parse_instant(at) if at else None
    if not number.isdecimal() or len(number) > 18 or (at and instant is None):
        raise Refused("this cursor does not belong to this list; start without one", code="cursor_malformed")
    return instant, int(number)
