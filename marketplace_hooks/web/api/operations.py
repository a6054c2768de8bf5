"""Operations of the API: the decorator that gives a view its path, roles, schemas and OpenAPI documentation.

Every operation is declared by `operation`. flask-smorest parses requests and writes the OpenAPI document; its error
handler, documentation pages and commands stay out of the host's app.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

import flask_smorest
from flask import Flask, Request
from marshmallow import Schema, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from ...domain.described import (
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
    about,
)
from ...domain.token_scopes import Scope
from ...errors import PayloadRejected
from ...events.envelope import parse_strictly
from ...events.fields import every_error
from ...models.access import Role
from ..identity.authorization import audience
from ..problems import CONTENT_TYPE
from ..state import current_runtime
from .error_codes import describe
from .event_docs import inbound_path, webhooks
from .examples import add_examples
from .fields import ResponseSchema

View = TypeVar("View", bound=Callable[..., Any])

FILE = {"type": "string", "format": "binary"}
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
_NAMES_IN_PATH = re.compile(r"<(?:\w+:)?(\w+)>")
NAME = "mh_api"
CONFIG_PREFIX = "MHAPI_"
"""Nothing is configured under it; it keeps our Api apart from the host's."""


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


class ProblemSchema(ResponseSchema):
    """RFC 9457 problem details, and our stable `code`. A code may bring members of its own."""

    type = fields.String(
        required=True, metadata=about("The type of problem, as a URI reference.", "about:blank#not_found")
    )
    title = fields.String(required=True, metadata=about("The status in words.", "Not Found"))
    status = fields.Integer(required=True, metadata=about("The HTTP status.", 404))
    code = fields.String(required=True, metadata=about("Machine-readable; it never changes.", "not_found"))
    detail = fields.String(required=True, metadata=about("For developers.", "there is nothing of this name"))
    state = fields.Raw(metadata=about("Of a conflict: the current state.", "online"))
    asked = fields.Raw(metadata=about("Of a conflict: the state that was requested.", "offline_temporary"))
    errors = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        metadata=about(
            "All errors in the request, as {path, message}.",
            [{"path": "status", "message": "Missing data for required field."}],
        ),
    )


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
        raise PayloadRejected("the request breaks its schema", errors=errors)


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


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest ships no types
    """The blueprint of all operations."""

    ARGUMENTS_PARSER = Parser()


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest ships no types
    """An Api beside which a host's own Api, error handlers and commands stay as they are."""

    ERROR_SCHEMA = ProblemSchema
    url_prefix = ""
    page: bytes | None = None

    def init_app(self, app: Flask, *, spec_kwargs: Any = None) -> None:
        """As flask-smorest does it, but its command group is not forced upon the host."""
        commands = dict(app.cli.commands)
        super().init_app(app, spec_kwargs=spec_kwargs)
        app.cli.commands = commands

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document: what flask-smorest makes of the operations, the events that are sent, and examples."""
        inbound = inbound_path(self.spec, self.ma_plugin.converter)
        content: dict[str, Any] = {**self.spec.to_dict(), "webhooks": webhooks()}
        content["paths"][f"{self.url_prefix}/webhooks/{{source}}"] = inbound
        add_examples(content)
        return content

    def register_blueprint(self, blp: Any, *, parameters: Any = None, **options: Any) -> None:
        """As flask-smorest does it, without a tag for the blueprint: `operation` tags by subject."""
        self._app.register_blueprint(blp, **options)
        blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=parameters)

    def _register_pagination_header(self) -> None:
        """None: lists are read by cursor."""

    def _register_error_handlers(self) -> None:
        """None for the whole app: `errors.py` has them for our blueprint."""

    def _register_responses(self) -> None:
        """Every error is a problem document."""
        refusals = [(one.name, describe(one, one.phrase)) for one in HTTPStatus if one >= HTTPStatus.BAD_REQUEST]
        for name, description in [*refusals, ("DEFAULT_ERROR", "Any other refusal.")]:
            content = {CONTENT_TYPE: {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(name, {"description": description, "content": content}, lazy=True)


blueprint = Blueprint(NAME, __name__)


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
        # Each of flask-smorest's decorators copies all that was documented before it: so schemas come last.
        implied = (429, *((401, 403) if roles else ()), *((409, 422) if method == "POST" else ()))
        wrapped: Any = view
        for refusal in sorted({*refusals, *implied}):
            wrapped = blueprint.alt_response(refusal, HTTPStatus(refusal).name)(wrapped)
        wrapped = blueprint.doc(operationId=view.__name__, **_security(roles))(wrapped)
        for other in other_types:
            described = {"schema": FILE, "content_type": other, "description": _answer(status, response)}
            wrapped = blueprint.alt_response(status, success=True, **described)(wrapped)
        # The outermost decorator is called first: the query is parsed, and passed, before the body.
        if body is not None:
            wrapped = blueprint.arguments(body, location="json")(wrapped)
        if query is not None:
            wrapped = blueprint.arguments(query, location="query")(wrapped)
        wrapped = blueprint.response(status, response, description=_answer(status, response))(wrapped)
        if method == "POST" and roles:  # a key is its caller's own; what anybody may send is known by its content.
            _document_idempotency_key(wrapped)
        wrapped = audience(*roles, area=SCOPES.get(tag))(wrapped)
        wrapped.provide_automatic_options = False  # OPTIONS is answered by `errors.py`, with the true methods.
        blueprint.route(path, methods=[method], tags=[tag], parameters=_path_parameters(path))(wrapped)
        return view

    return register


def _answer(status: int, response: type[Schema] | None) -> str:
    """What is answered, in words: the beginning of what the schema says of itself."""
    if response is None:
        return {204: "Done.", 302: "Follow the address in `Location`."}.get(status, "The file.")
    return inspect.cleandoc(response.__doc__ or "").partition("\n\n")[0]


def _path_parameters(path: str) -> list[dict[str, Any]]:
    """The parameters of a path, described as the members of the same name are."""
    return [
        {
            "in": "path",
            "name": name,
            "description": PATH_PARAMETERS[name]["description"],
            "example": PATH_PARAMETERS[name]["examples"][0],
        }
        for name in _NAMES_IN_PATH.findall(path)
    ]


def _security(roles: tuple[Role, ...]) -> dict[str, Any]:
    if not roles:
        return {"security": [{}, {"bearer": []}]}
    return {"security": [{"bearer": []}], "x-roles": sorted(roles)}


def _document_idempotency_key(wrapped: Any) -> None:
    """Document the `Idempotency-Key` that a POST takes, beside the parameters that flask-smorest has gathered."""
    wrapped._apidoc.setdefault("arguments", {}).setdefault("parameters", []).append("IdempotencyKey")
