"""HTTP API under `/api/v1`: its operations, their errors, the OpenAPI document and the pages that show it."""

from __future__ import annotations

import importlib.metadata
from types import ModuleType

from flask import Flask

from ...events.fields import AttachedFiles, Moment, TextOrTitles
from ..state import state
from . import (
    audit,
    cascades,
    closures,
    customers,
    deliveries,
    downloads,
    eligibility,
    endpoints,
    entitlements,
    events,
    packs,
    products,
    purchases,
    request_exports,
    request_files,
    reversals,
    sessions,
    sla_report,
    statuses,
    subscriptions,
    support_conversation,
    support_moves,
    support_requests,
    tokens,
)
from .docs import add_documentation, document
from .errors import UNKNOWN_ENDPOINT, add_checks_and_handlers, unknown_path
from .event_docs import TAGS as EVENT_TAGS
from .fields import Day
from .operations import CONFIG_PREFIX, Api, blueprint
from .schema_docs import DescribedSchemas

__all__ = ["OPERATIONS", "PREFIX", "attach_api", "document"]

OPERATIONS: tuple[ModuleType, ...] = (
    audit,
    cascades,
    closures,
    customers,
    deliveries,
    downloads,
    eligibility,
    endpoints,
    entitlements,
    events,
    packs,
    products,
    purchases,
    reversals,
    sessions,
    sla_report,
    statuses,
    subscriptions,
    support_conversation,
    support_moves,
    request_exports,
    request_files,
    support_requests,
    tokens,
)
"""Every module that declares operations of the blueprint."""

PREFIX = "/api/v1"
_ABOUT = """Status changes, Business Care, support requests and logs of a marketplace.

Errors are problem documents (RFC 9457) with a stable `code`. Lists are paginated by cursor. Every POST accepts an
`Idempotency-Key`: repeated with the same key, a call is carried out once, and returns the same response for 24
hours."""


add_checks_and_handlers(blueprint)
add_documentation(blueprint)


def attach_api(app: Flask, url_prefix: str = "") -> None:
    """Add the API to the app. Nothing is registered that affects paths outside the prefix."""
    api = Api(
        app,
        config_prefix=CONFIG_PREFIX,
        spec_kwargs={
            "title": state(app).runtime.settings.brand_name or "Marketplace hooks",
            "version": importlib.metadata.version("marketplace-hooks"),
            "openapi_version": "3.1.0",
            "marshmallow_plugin": DescribedSchemas(),
            "info": {"description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        },
    )
    api.url_prefix = url_prefix
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
    prefix = f"{url_prefix}{PREFIX}"
    api.register_blueprint(blueprint, url_prefix=prefix)
    # Every other path and method below the prefix is refused by us, not by the host.
    app.view_functions[UNKNOWN_ENDPOINT] = unknown_path
    for path in (prefix, f"{prefix}/", f"{prefix}/<path:rest>"):
        rule = app.url_rule_class(path, endpoint=UNKNOWN_ENDPOINT)
        rule.methods = _EveryMethod(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
        app.url_map.add(rule)


class _EveryMethod(set[str]):
    """Has every method, also an unknown one. Who lists a host's routes, as Flask-DebugToolbar does, finds the usual."""

    def __contains__(self, method: object) -> bool:
        return True


_TAGS = {
    "Audit": "Who did what, on what, when and from where.",
    "Products": "What is sold, its listings, its status.",
    "Packs": "Several products sold as one.",
    "Customers": "What is stored about a customer.",
    "Business Care": "Who is entitled to support and updates, until when, and what renews.",
    "Cascades": "The steps that follow a status change, and their progress.",
    "Events": "Events received, and what became of them.",
    "Deliveries": "Events sent to endpoints.",
    "Endpoints": "Who is subscribed to outgoing events.",
    "Sellers": "Sellers' closures and their on-time rates.",
    "Access": "Tokens, and who is signed in.",
    "Support": "Support requests: checked before they are accepted, their deadlines, their answers.",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "0b7c3c5e-3f0e-4f37-9d5c-2f7f5d1c8a11",
    "description": "A unique value for this call, such as a UUID; send the same one when you repeat the call.",
}
