"""API client of the tests: anonymous, or with a bearer token of some role."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from marketplace_hooks.services.access import tokens

from .marketplace import Marketplace

PREFIX = "/api/v1"


@dataclass
class Caller:
    """A client that sends `headers` with every request."""

    app: Flask
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """Send a request below the prefix and read the response to its end."""
        sent = {**self.headers, **(headers or {})}
        with self.app.test_client().open(f"{PREFIX}{path}", method=method, headers=sent, **options) as answer:
            answer.get_data()
            return answer

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> TestResponse:
        headers = {**options.pop("headers", {}), **({"Idempotency-Key": key} if key is not None else {})}
        given = {} if body is None else {"json": body}
        return self.call("POST", path, headers=headers, **given, **options)

    def patch(self, path: str, body: Any, **options: Any) -> TestResponse:
        return self.call("PATCH", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.call("DELETE", path, **options)

    def request_status(self, product_id: str, status: str, *, key: str | None = None, **more: Any) -> TestResponse:
        """Request a status of a product."""
        return self.post(f"/products/{product_id}/status", {"status": status, "reason": "tests", **more}, key=key)


def caller_of(marketplace: Marketplace, role: str, subject: str | None = None) -> Caller:
    """A client with a new token of this role and subject."""
    _, text = tokens.create(marketplace.runtime, role, subject=subject)
    return Caller(marketplace.app, {"Authorization": f"Bearer {text}"})


MakeCaller = Callable[..., Caller]
"""`calls()`: anonymous; `calls("seller", "seller-1")`: with a new token of that role and subject."""


def idempotency_key() -> str:
    return uuid.uuid4().hex


def problem_of(answer: TestResponse) -> tuple[int, str]:
    """The status and code of a response that is a problem document (RFC 9457)."""
    assert answer.content_type == "application/problem+json", (answer.status_code, answer.content_type)
    content = answer.get_json()
    assert content["status"] == answer.status_code
    assert {"type", "title", "detail"} <= content.keys()
    return answer.status_code, content["code"]
