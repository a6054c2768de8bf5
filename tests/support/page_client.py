"""Page client: a signed-in person who uses the pages with a browser without JavaScript.

`browser_of(marketplace, "seller", "seller-1")` signs in as a host would have it; `get` opens a page, `post` sends a
form that the page opened last has shown (hidden fields and token included), and follows the redirect. `page` is what is
open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from marketplace_hooks.config.settings import EXTENSION

from .html_reader import links, visible_text
from .marketplace import Marketplace

SECRET_KEY = "a secret of the tests"


@dataclass
class Form:
    """A form as the page has it: where it leads, and what it sends unless the reader changes it."""

    action: str
    method: str
    fields: MultiDict[str, str] = field(default_factory=MultiDict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """Reads forms, ids and headings off a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self._open: Form | None = None
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "form":
            self._open = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
            self.forms.append(self._open)
        name = attributes.get("name", "")
        if self._open is None or (not name and tag != "option"):
            return
        if tag in ("input", "select", "textarea"):
            self._open.names.add(name)
        if tag == "button":
            self._open.buttons.append((name, attributes.get("value", "")))
        elif tag == "input" and (
            attributes.get("type") not in ("radio", "checkbox", "submit") or "checked" in attributes
        ):
            self._open.fields.add(name, attributes.get("value", "on"))
        elif tag == "textarea":
            self._text = name
            self._open.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in attributes or self._select not in self._open.fields):
            self._open.fields[self._select] = attributes.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text and self._open is not None:
            self._open.fields[self._text] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None


@dataclass
class Page:
    """A response: `text` is its markup, `visible_text` its text with plain spaces."""

    answer: TestResponse
    path: str

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def visible_text(self) -> str:
        return visible_text(self.text)

    @property
    def links(self) -> list[str]:
        return links(self.text)

    @property
    def ids(self) -> list[str]:
        return self._read().ids

    @property
    def forms(self) -> list[Form]:
        return forms_of(self.text)

    def form(self, action: str | None = None) -> Form:
        """The form that leads there; without an address, the page's own one, which has no `action`."""
        own = urlsplit(self.path).path
        wanted = (action or own).partition("?")[0]
        leading = [one for one in self.forms if one.method == "post" and urlsplit(one.action or own).path == wanted]
        assert leading, f"{self.path} has no form that posts to {wanted}"
        return leading[0]

    def _read(self) -> _Forms:
        reader = _Forms()
        reader.feed(self.text)
        return reader


def forms_of(page: str) -> list[Form]:
    """The forms of a page, in order."""
    reader = _Forms()
    reader.feed(page)
    return reader.forms


@dataclass
class Browser:
    """Keeps cookies between pages; reads English unless told otherwise."""

    app: Flask
    language: str = "en"
    headers: dict[str, str] = field(default_factory=dict)
    identity: Callable[[], Any] | None = None

    def __post_init__(self) -> None:
        self.client: FlaskClient = self.app.test_client()
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None, "no page is open yet"
        return self._page

    def get(self, path: str, *, follow: bool = False, **headers: str) -> Page:
        """Open a page; `follow` its redirects. Headers by their names with underscores (`HX_Request="true"`)."""
        return self.send("GET", path, follow=follow, headers=headers)

    def post(self, path: str, *, follow: bool = True, token: bool = True, **fields: Any) -> Page:
        """Fill in the open page's form that posts to `path` and send it; `token=False` leaves its token out.

        A page that shows no such form is a failure: nobody could have sent it.
        """
        sent = self.page.form(path).fields.copy()
        for name, value in fields.items():
            sent.setlist(name, value if isinstance(value, list) else [value])
        if not token:
            sent.poplist("form_token")
        return self.send("POST", path, follow=follow, data=sent)

    def send(self, method: str, path: str, *, follow: bool, headers: Any = None, **options: Any) -> Page:
        given = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": self.language, **self.headers}
        given |= {name.replace("_", "-"): text for name, text in (headers or {}).items()}
        self._set_identity()
        with self.client.open(path, method=method, headers=given, follow_redirects=follow, **options) as answer:
            answer.get_data()
            self._page = Page(answer, answer.request.path)
            return self._page

    def _set_identity(self) -> None:
        """Let the host identify this browser's person, whoever sent the request before."""
        self.app.extensions[EXTENSION] = replace(self.app.extensions[EXTENSION], identity=self.identity)


def browser_of(
    marketplace: Marketplace, role: str | None = None, subject: str | None = None, *, language: str = "en"
) -> Browser:
    """A browser in which this person is signed in, by a host's `identity`; without a role, nobody is."""
    if not marketplace.app.secret_key:
        marketplace.app.secret_key = SECRET_KEY
    identity = None if role is None else {"role": role, "subject": subject, "locale": language}
    return Browser(marketplace.app, language, identity=lambda: identity)


def post_without_form(
    browser: Browser, path: str, *, token_page: str = "/seller/products/mod-3/change/offline_temporary", **fields: Any
) -> Page:
    """Post to `path` without having been shown its form: with the token of another page that this person may open."""
    browser.get(token_page)
    [token] = browser.page.form().fields.getlist("form_token")
    return browser.send("POST", path, follow=False, data={"form_token": token, **fields})
