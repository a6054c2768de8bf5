"""Every answer forbids frames and guessing of its media type; where it is reached by TLS, browsers insist on that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.services.access import tokens

from ..support.customers import set_up_purchase
from ..support.marketplace import SECRET, SECRET_KEY, Marketplace, open_marketplace

PLACEHOLDERS = {"digest": "0123456789abcdef", "language": "en", "delivery_id": "1", "source": "marketplace"}


@pytest.fixture
def shop(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    with open_marketplace(
        sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY, PUBLIC_URL="https://addons.example"
    ) as marketplace:
        yield marketplace


def paths(app: Flask) -> set[str]:
    """A path of each route, whatever stands in its place, and paths of none."""
    adapter = app.url_map.bind("localhost")
    found = {"/nowhere", "/api/v1", "/api/v1/nowhere", "/webhooks/a/b", "/seller/"}
    for rule in app.url_map.iter_rules():
        values = {name: PLACEHOLDERS.get(name, "x") for name in rule.arguments}
        found.add(adapter.build(rule.endpoint, values, method=next(iter(rule.methods or {"GET"}))))
    return found


def is_secure(answer: TestResponse) -> bool:
    """Whether it forbids sniffing and frames, and allows only what its policy names."""
    policy = (answer.headers.get("Content-Security-Policy") or "").split("; ")
    forbids = {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    return forbids and answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]


def insecure(client: Client, app: Flask) -> set[tuple[str, str, int]]:
    """What answers without the headers: method, path and status."""
    answers = set()
    for path in paths(app):
        for method in ("GET", "POST", "OPTIONS"):
            for accept in ("text/html", "application/json"):
                with client.open(path, method=method, headers={"Accept": accept}) as answer:
                    if not is_secure(answer):
                        answers.add((method, path, answer.status_code))
    return answers


def test_every_answer_of_the_service_forbids_sniffing_and_frames_and_insists_on_tls(shop: Marketplace) -> None:
    client = shop.app.test_client()
    assert len(paths(shop.app)) > 100
    assert insecure(client, shop.app) == set()
    for path in ("/", "/nowhere", "/healthz", "/api/v1/products"):
        with client.get(path) as answer:
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path


def test_the_fast_path_forbids_them_too(shop: Marketplace) -> None:
    shop.publish_products("mod-1")
    set_up_purchase(shop)
    _, text = tokens.create(shop.runtime, "platform")
    client = shop.app.test_client()
    for _ in range(2):
        with client.get(
            "/api/v1/entitlements?purchase_id=purchase-1", headers={"Authorization": f"Bearer {text}"}
        ) as answer:
            assert (answer.status_code, is_secure(answer)) == (200, True)
    for body in (b'{"type":"x.y","timestamp":"2026-03-02T10:00:00Z","data":{}}', b"{"):
        assert is_secure(shop.post(body))


def test_files_and_problems_may_load_nothing(shop: Marketplace) -> None:
    client = shop.app.test_client()
    page = client.get("/").text
    style_sheet = re.search(r'href="(/mh-static/[^"]+/pages\.css)"', page)
    assert style_sheet is not None
    for path in (style_sheet[1], "/robots.txt", "/healthz", "/api/v1/openapi.json", "/api/v1/products"):
        with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert policy == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'", path


def test_in_a_host_only_what_is_ours_is_touched(sqlite_url: str, tmp_path: Path) -> None:
    host = Flask("host")
    host.config.update({"SECRET_KEY": "h" * 40, "TESTING": False})
    host.config.update({f"{PREFIX}{name}": value for name, value in _settings(sqlite_url, tmp_path).items()})
    host.add_url_rule("/own", view_func=lambda: "own")
    MarketplaceHooks(host, identity=lambda: None)
    client = host.test_client()
    with client.get("/own") as own:
        assert not {"X-Content-Type-Options", "Strict-Transport-Security", "Content-Security-Policy"} & set(
            own.headers.keys()
        )
    for path in ("/addons/", "/addons/api/v1/products", "/addons/healthz", "/addons/webhooks/x", "/addons/seller"):
        with client.get(path) as answer:
            assert is_secure(answer), path
            assert "Strict-Transport-Security" not in answer.headers


def _settings(url: str, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "INSTANCE": str(folder / "instance"),
        "WEBHOOK_SECRETS": f"marketplace={SECRET}",
        "URL_PREFIX": "/addons",
        "PUBLIC_URL": "https://addons.example",
    }
