"""OpenAPI document of the API: flask-smorest writes it from the operations as they are declared.

It is written when somebody first asks for it, in an app of its own: so no host's start waits for it, or loads
flask-smorest, and a host's own flask-smorest, error handlers and commands stay as they are.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import re
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Flask
from marshmallow import Schema, fields

from ...domain.member_descriptions import about
from ...events.fields import AttachedFiles, Moment, TextOrTitles
from ...models.access import Role
from ..problems import CONTENT_TYPE
from .error_codes import describe
from .event_docs import TAGS as EVENT_TAGS
from .event_docs import inbound_path, webhooks
from .examples import add_examples
from .fields import Day, ResponseSchema
from .operations import NAME, PATH_PARAMETERS, DeclaredOperation, declared
from .schema_docs import DescribedSchemas

FILE = {"type": "string", "format": "binary"}
_NAMES_IN_PATH = re.compile(r"<(?:\w+:)?(\w+)>")
_ABOUT = """Status changes, Business Care, support requests and logs of a marketplace.

Errors are problem documents (RFC 9457) with a stable `code`. Lists are paginated by cursor. Every POST accepts an
`Idempotency-Key`: repeated with the same key, a call is carried out once, and returns the same response for 24
hours."""
_TAGS = {
    "Audit": "Who did what, on what, when and from where.",
    "Products": "What is sold, with its listings and its status.",
    "Packs": "Several products sold as one.",
    "Customers": "What is stored about a customer.",
    "Business Care": "Who is entitled to support and updates, until when, and what renews.",
    "Cascades": "The steps that follow a status change, and their progress.",
    "Events": "Events received, and what became of them.",
    "Deliveries": "Events sent to endpoints.",
    "Endpoints": "Who is subscribed to outgoing events.",
    "Sellers": "Sellers' closures and their on-time rates.",
    "Access": "Tokens, and who is signed in.",
    "Support": "Support requests: their checks, deadlines and answers.",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "0b7c3c5e-3f0e-4f37-9d5c-2f7f5d1c8a11",
    "description": "A unique value for this call, such as a UUID; send the same one when you repeat the call.",
}


class ProblemSchema(ResponseSchema):
    """RFC 9457 problem details, and our stable `code`. Some codes come with additional members."""

    type = fields.String(
        required=True, metadata=about("The type of problem, as a URI reference.", "about:blank#not_found")
    )
    title = fields.String(required=True, metadata=about("The status in words.", "Not Found"))
    status = fields.Integer(required=True, metadata=about("The HTTP status.", 404))
    code = fields.String(required=True, metadata=about("Machine-readable; it never changes.", "not_found"))
    detail = fields.String(required=True, metadata=about("For developers.", "nothing has this name"))
    state = fields.Raw(metadata=about("For a conflict: the current state.", "online"))
    asked = fields.Raw(metadata=about("For a conflict: the state that was requested.", "offline_temporary"))
    errors = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        metadata=about(
            "All errors in the request, as {path, message}.",
            [{"path": "status", "message": "Missing data for required field."}],
        ),
    )


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest ships no types
    """flask-smorest, with our tags and problem documents."""

    ERROR_SCHEMA = ProblemSchema

    def register_blueprint(self, blp: Any, *, parameters: Any = None, **options: Any) -> None:
        """As flask-smorest does it, without a tag for the blueprint: operations are tagged by subject."""
        self._app.register_blueprint(blp, **options)
        blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=parameters)

    def _register_pagination_header(self) -> None:
        """None: lists are read by cursor."""

    def _register_responses(self) -> None:
        """Every error is a problem document."""
        refusals = [(one.name, describe(one, one.phrase)) for one in HTTPStatus if one >= HTTPStatus.BAD_REQUEST]
        for name, description in [*refusals, ("DEFAULT_ERROR", "Any other refusal.")]:
            content = {CONTENT_TYPE: {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(name, {"description": description, "content": content}, lazy=True)


def write_document(*, title: str, url_prefix: str, path: str) -> dict[str, Any]:
    """The document of the API at `path` below the host's prefix: operations, events, and examples of everything."""
    document = describe_api(title=title, url_prefix=url_prefix, path=path)
    add_examples(document)
    return document


def describe_api(*, title: str, url_prefix: str, path: str) -> dict[str, Any]:
    """The document with those examples alone that stand where members are declared."""
    api = _make_api(Flask(NAME), title)
    blueprint = flask_smorest.Blueprint(NAME, __name__)
    for operation in declared:
        _describe(blueprint, operation)
    api.register_blueprint(blueprint, url_prefix=f"{url_prefix}{path}")
    inbound = inbound_path(api.spec, api.ma_plugin.converter)
    content: dict[str, Any] = {**api.spec.to_dict(), "webhooks": webhooks()}
    content["paths"][f"{url_prefix}/webhooks/{{source}}"] = inbound
    return content


def _make_api(app: Flask, title: str) -> Api:
    api = Api(
        app,
        spec_kwargs={
            "title": title,
            "version": importlib.metadata.version("marketplace-hooks"),
            "openapi_version": "3.1.0",
            "marshmallow_plugin": DescribedSchemas(),
            "info": {"description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        },
    )
    api.register_field(Moment, "string", "date-time")
    api.register_field(TextOrTitles, None, None)
    api.register_field(AttachedFiles, None, None)
    api.register_field(Day, "string", "date")
    api.spec.components.security_scheme(
        "bearer",
        {"type": "http", "scheme": "bearer", "description": "Create one with `marketplace-hooks tokens create`."},
    )
    api.spec.components.parameter("IdempotencyKey", "header", _IDEMPOTENCY_KEY)
    for name, description in {**_TAGS, **EVENT_TAGS}.items():
        api.spec.tag({"name": name, "description": description})
    return api


def _describe(blueprint: Any, operation: DeclaredOperation) -> None:
    """Describe an operation, as flask-smorest's decorators would describe its view."""
    # Each of them copies all that was documented before it: so schemas come last.
    view: Any = operation.view
    implied = (429, *((401, 403) if operation.roles else ()), *((409, 422) if operation.method == "POST" else ()))
    for refusal in sorted({*operation.refusals, *implied}):
        view = blueprint.alt_response(refusal, HTTPStatus(refusal).name)(view)
    view = blueprint.doc(operationId=operation.view.__name__, **_security(operation.roles))(view)
    answer = _answer(operation.status, operation.response)
    for other in operation.other_types:
        described = {"schema": FILE, "content_type": other, "description": answer}
        view = blueprint.alt_response(operation.status, success=True, **described)(view)
    if operation.body is not None:
        view = blueprint.arguments(operation.body, location="json")(view)
    if operation.query is not None:
        view = blueprint.arguments(operation.query, location="query")(view)
    view = blueprint.response(operation.status, operation.response, description=answer)(view)
    if operation.method == "POST" and operation.roles:  # what anybody may send is known by its content.
        view._apidoc.setdefault("arguments", {}).setdefault("parameters", []).append("IdempotencyKey")
    parameters = _path_parameters(operation.path)
    blueprint.route(operation.path, methods=[operation.method], tags=[operation.tag], parameters=parameters)(view)


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
