"""Page reader: GET requests with a cookie jar, and the visible text and links of a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace_hooks.services.access import tokens

from .marketplace import Marketplace


@dataclass
class Reader:
    """Reads English unless `language` is given; `headers` go with every request."""

    app: Flask
    language: str = "en"
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser: FlaskClient = self.app.test_client()

    def open(self, path: str, **headers: str) -> TestResponse:
        """The response, read to its end; headers by their names with underscores."""
        given = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": self.language, **self.headers}
        given |= {name.replace("_", "-"): text for name, text in headers.items()}
        with self.browser.get(path, headers=given) as answer:
            answer.get_data()
            return answer

    def status(self, path: str) -> int:
        return self.open(path).status_code

    def visible_text(self, path: str) -> str:
        """The text of the page without markup, with plain spaces."""
        return visible_text(self.open(path).text)


def visible_text(page: str) -> str:
    body = re.sub(r"(?s)<head>.*?</head>", " ", page)
    body = re.sub(r"</?(?:a|b|code|s|span|strong|time)\b[^>]*>", "", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(page: str) -> list[str]:
    """The targets of a page's links, in order."""
    return [unescape(target) for target in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', page)]


def signed_in(marketplace: Marketplace, role: str, subject: str | None = None) -> Reader:
    """A reader with a bearer token of this role."""
    _, text = tokens.create(marketplace.runtime, role, subject=subject)
    return Reader(marketplace.app, headers={"Authorization": f"Bearer {text}"})
