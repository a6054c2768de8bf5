"""Contract of `docs/theming.md`: the names that it promises are there, and its examples run in a host as printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from jinja2 import Environment, nodes

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.page_templates import FOLDER, template_faults
from marketplace_hooks.services.catalog.cards import PackCard, ProductCard
from marketplace_hooks.web.page_brand import PageBrand
from marketplace_hooks.web.page_context import page_context

from ..support.apps import close_app
from ..support.html_reader import Reader
from ..support.marketplace import SECRET_KEY, Marketplace, open_marketplace
from ..support.source_tree import ROOT

PAGE = (ROOT / "docs" / "theming.md").read_text(encoding="utf-8")
PROMISED = PAGE.partition("\n## What stays\n")[2]
ROW = re.compile(r"^\| (`.+?`) \| (.+) \|$", re.MULTILINE)
NAMES = re.compile(r"`(\w+)[^`]*`")
EXAMPLE = re.compile(r"`templates/([\w/]+\.html)`[^\n]*:\n\n```html\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def promised_blocks() -> dict[str, set[str]]:
    rows = [(template.strip("`"), blocks) for template, blocks in ROW.findall(PROMISED)]
    return {template: set(NAMES.findall(blocks)) for template, blocks in rows if template.endswith(".html")}


def promised_variables() -> dict[str, str]:
    rows = [(names, text) for names, text in ROW.findall(PROMISED) if ".html" not in names]
    return {name: text for names, text in rows for name in NAMES.findall(names)}


def names_in(template: str) -> set[str]:
    """The blocks and macros that the file itself has."""
    tree = Environment(autoescape=True).parse((FOLDER / "marketplace_hooks" / template).read_text(encoding="utf-8"))
    return {one.name for kind in (nodes.Block, nodes.Macro) for one in tree.find_all(kind)}


@pytest.mark.parametrize(("template", "blocks"), promised_blocks().items())
def test_the_blocks_that_are_promised_are_those_that_are_there(template: str, blocks: set[str]) -> None:
    assert blocks == names_in(template), f"docs/theming.md promises other blocks of {template}"


def test_the_table_was_read() -> None:
    assert len(promised_blocks()) > 10
    assert {"title", "head", "main"} <= promised_blocks()["layout.html"]


def test_the_variables_that_are_promised_are_there(marketplace: Marketplace) -> None:
    promised = promised_variables()
    with marketplace.app.test_request_context("/"):
        context = page_context()
        assert promised.keys() <= context.keys()
        assert all(hasattr(PageBrand(), name) for name in set(NAMES.findall(promised["brand"])) - {"label", "url"})
    last = PROMISED.rpartition("On the page of a product")[2]
    assert set(NAMES.findall(last)) - {"card"} <= {one.name for card in (ProductCard, PackCard) for one in fields(card)}


# --- the examples, in a host


@pytest.fixture
def shop(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    """A marketplace with a product; nothing here depends on the kind of database."""
    with open_marketplace(sqlite_url, tmp_path / "instance") as marketplace:
        marketplace.publish_products("mod-1")
        yield marketplace


@pytest.fixture
def host(shop: Marketplace, tmp_path: Path) -> Iterator[Flask]:
    """A host with every example of the page in its folder, over the shop's database."""
    found = EXAMPLE.findall(PAGE)
    assert len(found) == 4
    for name, text in found:
        path = tmp_path / "host" / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    app = Flask("host", root_path=str(tmp_path / "host"))
    app.config.update({name: value for name, value in shop.app.config.items() if name.startswith(PREFIX)})
    app.config["SECRET_KEY"] = SECRET_KEY
    customer = {"role": "customer", "subject": "customer-1"}
    hooks = MarketplaceHooks(app, identity=lambda: customer if "X-Customer" in request.headers else None)
    for example in PYTHON.findall(PAGE):
        exec(compile(example, "docs/theming.md", "exec"), {"app": app, "hooks": hooks, "request": request})
    yield app
    close_app(app)


def test_the_examples_give_our_pages_the_frame_of_the_host(host: Flask) -> None:
    reader = Reader(host)
    product = reader.open("/products/mod-1")
    assert product.status_code == 200
    assert '<nav aria-label="Ateliers">' in product.text
    assert '<header class="top">' not in product.text
    assert re.search(r"<title>[^<]+ · Marketplace</title>", product.text)
    assert re.search(r'<p class="help">Ateliers · [^<]+ · mod-1</p>', product.text)
    assert '<link rel="canonical"' in product.text
    assert "<h1>This product is not on sale at the moment</h1>" in reader.open("/products/none").text
    reader.headers["X-Customer"] = "yes"
    room = reader.open("/account").text
    assert '<nav aria-label="Ateliers">' in room
    assert 'class="wide room ' in room
    assert ">My requests</a>" in room
    refused = reader.open("/operator")
    assert (refused.status_code, "<h1>Ateliers: 403</h1>" in refused.text) == (403, True)


def test_the_host_has_the_last_word_on_what_pages_may_load(host: Flask) -> None:
    policy = Reader(host).open("/").headers["Content-Security-Policy"]
    assert policy.endswith("; font-src 'self'")
    assert "script-src 'self'" in policy


def test_the_doctor_has_nothing_to_say_of_the_examples_and_names_what_is_wrong(host: Flask, tmp_path: Path) -> None:
    assert template_faults(host) == []
    folder = tmp_path / "host" / "templates" / "marketplace_hooks"
    wrong: dict[str, tuple[str, str]] = {
        "storefront/prodct.html": ("x", "did you mean marketplace_hooks/storefront/product.html"),
        "storefront/pack.html": ("{% block x %}", "cannot be read"),
        "storefront/home.html": ('{% extends "marketplace_hooks/storefront/home.html" %}', "extends itself"),
        "customer/layout.html": ('{% extends "nowhere.html" %}', "cannot be read"),
        "layout.html": ("{% block main %}{% block content %}{% endblock %}{% endblock %}", "no block head, title"),
    }
    for name, (text, _) in wrong.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    faults = "\n".join(template_faults(host))
    assert all(words in faults for _, words in wrong.values()), faults
    assert "content, which our pages fill" in faults


def test_the_stand_alone_service_has_a_folder_by_a_setting(sqlite_url: str, tmp_path: Path) -> None:
    own = tmp_path / "own" / "marketplace_hooks"
    own.mkdir(parents=True)
    (own / "layout.html").write_text(
        '{% extends "marketplace_hooks_original/layout.html" %}{% block footer %}<footer>ours</footer>{% endblock %}'
    )
    settings: dict[str, Any] = {"TEMPLATES_FOLDER": str(tmp_path / "own")}
    with open_marketplace(sqlite_url, tmp_path / "instance", **settings) as marketplace:
        page = Reader(marketplace.app).open("/").text
        assert template_faults(marketplace.app) == []
    assert "<footer>ours</footer>" in page
    assert '<header class="top">' in page
