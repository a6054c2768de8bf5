"""Operations of the API: the decorator that gives a view its path, roles and schemas.

Every operation is declared by `operation`; webargs reads its requests. The OpenAPI document is written from what is
declared here (`openapi.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from flask import Blueprint, Request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from ...domain.member_descriptions import (
    CASCADE_ID,
    CHECK_ID,
    CLOSURE_ID,
    CUSTOMER_ID,
    DELIVERY_ID,
    ENDPOINT_ID,
    EVENT_ID,
    PACK_ID,
    PRODUCT_ID,
    PURCHASE_ID,
    RELEASE_ID,
    REQUEST_ID,
    SELLER_ID,
    SESSION_ID,
    TOKEN_ID,
)
from ...domain.token_scopes import Scope
from ...errors import PayloadRejected
from ...events.envelope import parse_strictly
from ...events.fields import every_error
from ...models.access import Role
from ..identity.authorization import audience
from ..state import current_runtime

View = TypeVar("View", bound=Callable[..., Any])

PATH_PARAMETERS: Mapping[str, dict[str, Any]] = {
    "cascade_id": CASCADE_ID,
    "check_id": CHECK_ID,
    "closure_id": CLOSURE_ID,
    "customer_id": CUSTOMER_ID,
    "delivery_id": DELIVERY_ID,
    "endpoint_id": ENDPOINT_ID,
    "event_id": EVENT_ID,
    "pack_id": PACK_ID,
    "product_id": PRODUCT_ID,
    "purchase_id": PURCHASE_ID,
    "release_id": RELEASE_ID,
    "request_id": REQUEST_ID,
    "seller_id": SELLER_ID,
    "session_id": SESSION_ID,
    "token_id": TOKEN_ID,
}
NAME = "mh_api"

SCOPES: Mapping[str, Scope | None] = {
    "Products": Scope.PRODUCTS,
    "Packs": Scope.PRODUCTS,
    "Cascades": Scope.PRODUCTS,
    "Business Care": Scope.BUSINESS_CARE,
    "Events": Scope.EVENTS,
    "Deliveries": Scope.EVENTS,
    "Endpoints": Scope.EVENTS,
    "Sellers": Scope.SUPPORT,
    "Support": Scope.SUPPORT,
    "Customers": None,
    "Access": None,
    "Audit": None,
}
"""The scope that allows the operations of a tag; None: only a token that is not narrowed to areas."""


class Parser(FlaskParser):
    """Reads requests as strictly as events are read, and reports every error at once."""

    # Whether another parameter than its own is refused, a schema says itself: webargs would ignore them all.
    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs has it in the class.
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": None,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body as strict JSON (`events/envelope.py`)."""
        if req.mimetype != "application/json" and not req.mimetype.endswith("+json"):
            raise UnsupportedMediaType("send application/json")
        return parse_strictly(read_body(req))

    def handle_error(self, error: Any, req: Request, schema: Schema, **kwargs: Any) -> NoReturn:
        """webargs groups its messages by location; ours name the field."""
        errors = [one for where in error.messages.values() for one in every_error(where)]
        raise PayloadRejected("the request does not match its schema", errors=errors)


def read_body(req: Request) -> bytes:
    """The raw body; more than the setting allows is werkzeug's 413."""
    if req.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("send the body uncompressed")
    max_bytes = current_runtime().settings.max_body_bytes
    # One byte more than may be: a body that did not announce its length shows that it is longer.
    req.max_content_length = max_bytes + 1
    body = req.get_data(cache=True)
    if len(body) > max_bytes:
        raise RequestEntityTooLarge(f"a body is at most {max_bytes} bytes")
    return body


@dataclass(frozen=True, kw_only=True)
class DeclaredOperation:
    """An operation as it is declared: what `operation` was given, and the view."""

    view: Callable[..., Any]
    method: str
    path: str
    tag: str
    roles: tuple[Role, ...]
    query: type[Schema] | None
    body: type[Schema] | Schema | None
    response: type[Schema] | None
    status: int
    other_types: tuple[str, ...]
    refusals: tuple[int, ...]


blueprint = Blueprint(NAME, __name__)
declared: list[DeclaredOperation] = []
"""Every operation of the blueprint."""
_parser = Parser()


def operation(
    method: str,
    path: str,
    *,
    tag: str,
    roles: tuple[Role, ...] = (),
    query: type[Schema] | None = None,
    body: type[Schema] | Schema | None = None,
    response: type[Schema] | None = None,
    status: int = 200,
    other_types: tuple[str, ...] = (),
    refusals: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Register an operation under the prefix of the API. Without `roles` it is for everybody.

    The view receives what `query` and `body` load, in this order, then the path's parameters by name; it returns a
    `Response`. `other_types` are the media types of the response beside JSON. `refusals` are the statuses worth a line
    in the document, beside those that follow from the rest.
    """

    def register(view: View) -> View:
        declaration = DeclaredOperation(
            view=view,
            method=method,
            path=path,
            tag=tag,
            roles=roles,
            query=query,
            body=body,
            response=response,
            status=status,
            other_types=other_types,
            refusals=refusals,
        )
        declared.append(declaration)
        _serve(declaration)
        return view

    return register


def _serve(operation: DeclaredOperation) -> None:
    served = operation.view
    # The outermost decorator is called first: the query is parsed, and passed, before the body.
    if operation.body is not None:
        served = _parser.use_args(operation.body, location="json")(served)
    if operation.query is not None:
        served = _parser.use_args(operation.query, location="query")(served)
    served = audience(*operation.roles, area=SCOPES.get(operation.tag))(served)
    served.provide_automatic_options = False  # type: ignore[attr-defined] # OPTIONS is answered by `errors.py`, with the true methods.
    blueprint.add_url_rule(operation.path, operation.view.__name__, served, methods=[operation.method])
