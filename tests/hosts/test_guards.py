"""Guards of a host: login walls, limiters, Talisman, CSRFProtect, proxies and mounts, by the lines of `docs/embed.md`.

Each test runs the line of the page against the real extension, after the same host without the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, redirect, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.testing import sign_event
from tests.support.apps import close_app
from tests.support.marketplace import SECRET
from tests.support.source_tree import ROOT

SELLER = {"seller_id": "s1", "name": "Ada", "country": "FR", "locale": "fr"}
PAGE = (ROOT / "docs" / "embed.md").read_text(encoding="utf-8")
Make = Callable[..., tuple[Flask, MarketplaceHooks]]


def lines(title: str) -> str:
    """The code that the page gives for this extension."""
    found = re.search(rf"\*\*{re.escape(title)}\*\*.*?```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, title
    return found[1]


def follow(title: str, **names: Any) -> None:
    exec(compile(lines(title), f"docs/embed.md: {title}", "exec"), names)


@pytest.fixture
def make(tmp_path: Path, sqlite_url: str) -> Iterator[Make]:
    made: list[Flask] = []

    def make_host(prefix: str = "/addons", **config: Any) -> tuple[Flask, MarketplaceHooks]:
        app = Flask("host")
        app.config.update(
            SECRET_KEY="a secret of the host's",
            SQLALCHEMY_DATABASE_URI=sqlite_url,
            MARKETPLACE_HOOKS_INSTANCE=str(tmp_path / "ours"),
            MARKETPLACE_HOOKS_WEBHOOK_SECRETS=f"marketplace={SECRET}",
            MARKETPLACE_HOOKS_URL_PREFIX=prefix,
            **config,
        )
        app.add_url_rule("/", view_func=lambda: "the host's own page", methods=["GET", "POST"])
        hooks = MarketplaceHooks(app)
        made.append(app)
        return app, hooks

    yield make_host
    for app in made:
        close_app(app)


def post_event(app: Flask, event_id: str = "evt_1", path: str = "/addons/webhooks/marketplace", **options: Any) -> int:
    headers, body = sign_event(app, "seller.upserted", SELLER, event_id=event_id)
    return app.test_client().post(path, data=body, headers=headers, **options).status_code


def test_a_login_wall_leaves_ours_out(make: Make) -> None:
    app, hooks = make()
    wall = {"app": app, "hooks": hooks, "request": request, "redirect": redirect, "signed_in": lambda: False}
    follow("Login walls", **wall)
    client = app.test_client()
    assert client.get("/").status_code == 302
    assert client.get("/addons/").status_code == 200
    assert post_event(app) == 202


@pytest.mark.parametrize("follows", [False, True])
def test_a_limiter_leaves_ours_out(make: Make, follows: bool) -> None:
    app, hooks = make(RATELIMIT_STORAGE_URI="memory://")
    limiter = Limiter(get_remote_address, app=app, default_limits=["1 per hour"])
    if follows:
        follow("Flask-Limiter", limiter=limiter, hooks=hooks, request=request)
    client = app.test_client()
    assert [client.get("/").status_code for _ in range(2)] == [200, 429]
    events = [post_event(app, f"evt_{number}") for number in range(2)]
    assert events == ([202, 202] if follows else [202, 429])


def test_talisman_leaves_our_policy_and_takes_events_behind_tls(make: Make) -> None:
    alone, _ = make()
    before = alone.test_client().get("/addons/").headers["Content-Security-Policy"]
    app, _ = make()
    follow("Flask-Talisman", app=app, Talisman=Talisman, ProxyFix=ProxyFix)
    secure = {"base_url": "http://localhost", "headers": {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}}
    client = app.test_client()
    assert client.get("/addons/").status_code == 302
    page = client.get("/addons/", **secure)
    assert (page.status_code, page.headers["Content-Security-Policy"]) == (200, before)
    headers, body = sign_event(app, "seller.upserted", SELLER)
    posted = client.post("/addons/webhooks/marketplace", data=body, headers={**headers, **secure["headers"]})
    assert posted.status_code == 202
    assert "default-src 'self'" in client.get("/", **secure).headers["Content-Security-Policy"]


@pytest.mark.parametrize("follows", [False, True])
def test_csrf_protection_leaves_ours_out(make: Make, follows: bool) -> None:
    app, _ = make()
    csrf = CSRFProtect(app)
    if follows:
        follow("Flask-WTF", csrf=csrf, app=app)
    assert app.test_client().post("/").status_code == 400
    assert post_event(app) == (202 if follows else 400)
    assert app.test_client().post("/addons/api/v1/endpoints", json={}).status_code == (401 if follows else 400)


@pytest.mark.parametrize("strips", ["with a header", "by the server"])
def test_links_are_right_behind_a_prefix_that_a_proxy_strips(make: Make, strips: str) -> None:
    app, _ = make()
    if strips == "with a header":
        follow("A path prefix that a proxy strips", app=app, ProxyFix=ProxyFix)
        asked: dict[str, Any] = {"headers": {"X-Forwarded-Prefix": "/shop"}}
    else:
        asked = {"environ_overrides": {"SCRIPT_NAME": "/shop"}}
    page = app.test_client().get("/addons/", **asked)
    assert page.status_code == 200
    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    assert links
    assert [link for link in links if not link.startswith("/shop/addons")] == []
    document = app.test_client().get("/addons/api/v1/openapi.json", **asked).json
    assert document["servers"][0]["url"].startswith("/shop")


def test_links_are_right_in_an_application_that_is_mounted_in_another(make: Make) -> None:
    app, _ = make(prefix="")
    names: dict[str, Any] = {"app": app, "main_app": Flask("main"), "DispatcherMiddleware": DispatcherMiddleware}
    follow("DispatcherMiddleware", **names)
    main = Client(names["main_app"].wsgi_app)
    page = main.get("/shop/")
    assert page.status_code == 200
    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    assert [link for link in links if not link.startswith("/shop/")] == []
    headers, body = sign_event(app, "seller.upserted", SELLER)
    assert main.post("/shop/webhooks/marketplace", data=body, headers=headers).status_code == 202


def test_proxy_fix_tells_clients_apart(make: Make) -> None:
    app, _ = make(MARKETPLACE_HOOKS_FAILURE_RATE_PER_MINUTE=1)
    follow("ProxyFix", app=app, ProxyFix=ProxyFix)
    client = app.test_client()
    json_of = {"data": b"{}", "content_type": "application/json"}
    refused = [
        client.post("/addons/webhooks/marketplace", headers={"X-Forwarded-For": address}, **json_of).status_code
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]
    assert refused == [401, 429, 401]
