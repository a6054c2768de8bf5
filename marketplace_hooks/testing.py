"""Test support for hosts: tables, signed events and the work of the workers, inside a host's own test suite.

    app = create_app({"TESTING": True, "SQLALCHEMY_DATABASE_URI": "sqlite://", ...})
    create_tables(app)
    headers, body = sign_event(app, "seller.suspended", {"seller_id": "s1", "reason": "audit"})
    app.test_client().post("/webhooks/marketplace", data=body, headers=headers)
    apply_all(app)

No Redis and no other process is needed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from .config.settings import EXTENSION
from .database import migrate
from .domain.instants import format_instant
from .errors import ConfigurationError
from .jobs.scheduler import run_all_now
from .remote.signatures import signed_headers
from .services.core.runtime import Runtime

__all__ = ["apply_all", "create_tables", "sign_event"]


def create_tables(app: Flask) -> None:
    """Give our tables to the database of this application, as `flask hooks migrate` would."""
    migrate.upgrade(_runtime_of(app).database)


def sign_event(
    app: Flask,
    type_: str,
    data: Mapping[str, Any],
    *,
    event_id: str | None = None,
    source: str = "marketplace",
    at: datetime | None = None,
) -> tuple[dict[str, str], bytes]:
    """The headers and the body of an event, signed with the secrets that the application has for this source.

    `at` is the instant of its sending (default: now), `event_id` a new one where none is given. Raises
    `ConfigurationError` where WEBHOOK_SECRETS has none for the source.
    """
    keys = _runtime_of(app).settings.webhook_secrets.get(source)
    if not keys:
        raise ConfigurationError(f"WEBHOOK_SECRETS has no secret for the source {source!r}.")
    sent_at = at or datetime.now(UTC)
    body = json.dumps({"type": type_, "timestamp": format_instant(sent_at), "data": dict(data)}).encode()
    headers = signed_headers(event_id or f"evt_{secrets.token_hex(12)}", sent_at, body, keys[:1])
    return {"Content-Type": "application/json", **headers}, body


def apply_all(app: Flask) -> dict[str, int]:
    """Do what the workers would do now: apply events, run cascades, deliver. Returns how much of each there was."""
    return run_all_now(_runtime_of(app), "test")


def _runtime_of(app: Flask) -> Runtime:
    """Raises `ConfigurationError` for an application without the extension."""
    if EXTENSION not in app.extensions:
        raise ConfigurationError("This application has no MarketplaceHooks: call init_app first.")
    runtime: Runtime = app.extensions[EXTENSION].runtime
    return runtime
