"""The page that our User-Agent leads to: what the owner of a shop reads who found us in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.demo.fake_shops.server import FakeShop, Shop
from marketplace_hooks.remote.probes.site_client import ABOUT_PATH, AGENT
from marketplace_hooks.services.inspections.requests import start_inspection
from marketplace_hooks.services.inspections.worker import run_inspections

from ...support.apps import close_app
from ...support.html_reader import Reader, links, visible_text
from ...support.marketplace import Marketplace, open_marketplace

Opens = Callable[..., Marketplace]


@pytest.fixture
def make_marketplace(sqlite_url: str, tmp_path: Path) -> Iterator[Opens]:
    """Opens installations with settings of their own; nothing here depends on the kind of database."""
    with ExitStack() as opened:
        yield lambda **settings: opened.enter_context(open_marketplace(sqlite_url, tmp_path / "instance", **settings))


def page(marketplace: Marketplace, language: str = "en") -> str:
    return visible_text(Reader(marketplace.app, language).open(ABOUT_PATH).text)


def test_the_address_that_a_shop_is_told_leads_to_the_page(make_marketplace: Opens) -> None:
    host = "https://addons.example"
    marketplace = make_marketplace(PUBLIC_URL=f"{host}/", URL_PREFIX="/shop", ALLOWED_NETWORKS="127.0.0.0/8")
    with FakeShop(Shop()).start() as site:
        start_inspection(marketplace.runtime, site.url)
        run_inspections(marketplace.runtime, "worker")
        [agent] = {request.headers["user-agent"] for request in site.requests}
    name, _, link = agent.rstrip(")").partition(" (+")
    assert name == AGENT
    assert link == f"{host}/shop/about-inspections"
    answer = Reader(marketplace.app).open(urlsplit(link).path)
    assert answer.status_code == 200
    assert agent in visible_text(answer.text)


def test_it_is_there_in_a_hosts_app_under_the_hosts_prefix(make_marketplace: Opens) -> None:
    host = Flask("host")
    settings = make_marketplace().app.config
    host.config.update({name: value for name, value in settings.items() if name.startswith("MARKETPLACE_HOOKS_")})
    host.config["MARKETPLACE_HOOKS_URL_PREFIX"] = "/addons"
    MarketplaceHooks(host)
    try:
        assert Reader(host).status("/addons/about-inspections") == 200
    finally:
        close_app(host)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            [
                "Why we visited your shop",
                "At most 12 requests",
                "At most 20 seconds",
                "reused for 15 minutes",
                "deleted 180 days later",
                "We only read.",
                "Write to the marketplace’s customer service.",
            ],
        ),
        (
            "fr",
            [
                "Pourquoi nous avons visité votre boutique",
                "Au plus 12 requêtes",
                "Au plus 20 secondes",
                "pendant 15 minutes",
                "au bout de 180 jours",
                "Nous ne faisons que lire.",
                "Écrivez au service client de la marketplace.",
            ],
        ),
    ],
)
def test_it_says_who_what_why_how_often_and_how_to_stop_us(
    make_marketplace: Opens, language: str, says: list[str]
) -> None:
    words = page(make_marketplace(), language)
    for text in [*says, "Require not env inspection", f'if ($http_user_agent ~ "^{AGENT}")']:
        assert text in words


def test_the_limits_are_those_of_this_installation(make_marketplace: Opens) -> None:
    words = page(make_marketplace(INSPECTION_DEADLINE_S=1, INSPECTION_REUSE_S=60, INSPECTION_DAYS=30))
    assert "At most 1 second in all" in words
    assert "for 1 minute instead" in words
    assert "deleted 30 days later" in words


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("abuse@addons.example", "mailto:abuse@addons.example"),
        ("https://addons.example/complain", "https://addons.example/complain"),
    ],
)
def test_complaints_go_where_the_operator_says(make_marketplace: Opens, contact: str, link: str) -> None:
    assert link in links(Reader(make_marketplace(INSPECTION_CONTACT=contact).app).open(ABOUT_PATH).text)
