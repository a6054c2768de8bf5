"""Requests to a fake shop, and its responses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Fields = Sequence[tuple[str, str]]

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class ShopRequest:
    """One request as it arrived. `target` is the request line's; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> Fields:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def form(self) -> Fields:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @property
    def host(self) -> str:
        """The host asked for, with its port if the client named one."""
        return self.headers.get("host", "localhost").lower()

    def parameter(self, name: str) -> str | None:
        return dict(self.query).get(name)


@dataclass(frozen=True, kw_only=True)
class ShopResponse:
    """One answer. `reason` None: the usual words for its status."""

    status: int = 200
    headers: Fields = ()
    body: bytes = b""
    reason: str | None = None


def page(body: str, status: int = 200, headers: Fields = (), reason: str | None = None) -> ShopResponse:
    """Return an HTML answer."""
    return ShopResponse(status=status, headers=(("Content-Type", HTML), *headers), body=body.encode(), reason=reason)


def json_response(content: Any, status: int = 200, headers: Fields = ()) -> ShopResponse:
    """Return a JSON answer."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return ShopResponse(status=status, headers=(("Content-Type", "application/json"), *headers), body=body)


def redirect(location: str, status: int = 302) -> ShopResponse:
    """Return a redirect without a body."""
    return ShopResponse(status=status, headers=(("Content-Type", HTML), ("Location", location)))
