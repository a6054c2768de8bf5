"""Somebody who calls the API: nobody in particular, or with a token of some role."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PREFIX = "/api/v1"


@dataclass
class Caller:
    """Sends `headers` with every call."""

    app: Flask
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **how: Any) -> TestResponse:
        """Any call below the prefix; the answer is read to its end, as a client would."""
        sent = {**self.headers, **(headers or {})}
        with self.app.test_client().open(f"{PREFIX}{path}", method=method, headers=sent, **how) as answer:
            answer.get_data()
            return answer

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.call("GET", path, **how)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **how: Any) -> TestResponse:
        headers = {**how.pop("headers", {}), **({"Idempotency-Key": key} if key is not None else {})}
        given = {} if body is None else {"json": body}
        return self.call("POST", path, headers=headers, **given, **how)

    def patch(self, path: str, body: Any, **how: Any) -> TestResponse:
        return self.call("PATCH", path, json=body, **how)

    def delete(self, path: str, **how: Any) -> TestResponse:
        return self.call("DELETE", path, **how)

    def ask(self, product_id: str, status: str, *, key: str | None = None, **more: Any) -> TestResponse:
        """Ask for a status of a product."""
        return self.post(f"/products/{product_id}/status", {"status": status, "reason": "tests", **more}, key=key)


MakeCaller = Callable[..., Caller]
"""`calls()`: nobody in particular; `calls("seller", "seller-1")`: with a new token of that role and subject."""


def idempotency_key() -> str:
    return uuid.uuid4().hex


def problem_of(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal, which is a problem document."""
    assert answer.content_type == "application/problem+json", (answer.status_code, answer.content_type)
    content = answer.get_json()
    assert content["status"] == answer.status_code
    assert {"type", "title", "detail"} <= content.keys()
    return answer.status_code, content["code"]
