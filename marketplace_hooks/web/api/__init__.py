"""HTTP API under `/api/v1`: its operations, their errors, the OpenAPI document and the pages that show it."""

from __future__ import annotations

from types import ModuleType

from flask import Flask

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
    support_refunds,
    support_requests,
    tokens,
)
from .docs import DOCUMENTATION, Documentation, add_documentation, document
from .errors import UNKNOWN_ENDPOINT, add_checks_and_handlers, unknown_path
from .operations import blueprint

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
    support_refunds,
    request_exports,
    request_files,
    support_requests,
    tokens,
)
"""Every module that declares operations of the blueprint."""

PREFIX = "/api/v1"

add_checks_and_handlers(blueprint)
add_documentation(blueprint)


def attach_api(app: Flask, url_prefix: str = "") -> None:
    """Add the API to the app. Nothing is registered that affects paths outside the prefix."""
    title = state(app).runtime.settings.brand_name or "Marketplace hooks"
    app.extensions[DOCUMENTATION] = Documentation(title=title, url_prefix=url_prefix, path=PREFIX)
    prefix = f"{url_prefix}{PREFIX}"
    app.register_blueprint(blueprint, url_prefix=prefix)
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
