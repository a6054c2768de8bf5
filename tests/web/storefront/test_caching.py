"""Headers and caching of pages: who may cache one, what it may load, its language, and its errors."""

from __future__ import annotations

import dataclasses
import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import EXTENSION, PREFIX
from marketplace_hooks.database.engine import Database
from marketplace_hooks.standalone import build_app
from marketplace_hooks.web.error_pages import register_error_pages

from ...support.apps import close_app
from ...support.html_reader import Reader, links, signed_in, visible_text
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace, open_marketplace

PATHS = ["/", "/?q=x", "/products/mod-1", "/packs/pack-1", "/products/gone", "/products/unknown"]


@pytest.fixture
def shop(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    """A marketplace with a product, a pack and a withdrawn product; nothing here depends on the kind of database."""
    with open_marketplace(sqlite_url, tmp_path / "instance") as marketplace:
        marketplace.publish_products("mod-1", "mod-2", "gone")
        marketplace.set_up_pack("pack-1", "mod-1", "mod-2")
        marketplace.change_status("gone", WITHDRAWN)
        marketplace.run_all_now()
        yield marketplace


@pytest.fixture
def reader(shop: Marketplace) -> Reader:
    return Reader(shop.app)


@pytest.fixture
def hosted(shop: Marketplace) -> Iterator[Callable[..., Flask]]:
    """Makes host apps with a page of their own and ours beside it, over the shop's database."""
    made: list[Flask] = []

    def make(identity: Callable[[], Any] | None = None, **settings: Any) -> Flask:
        host = Flask("host", root_path=str(Path(__file__).parent))
        host.config.update({name: text for name, text in shop.app.config.items() if name.startswith(PREFIX)})
        host.config.update({f"{PREFIX}{name}": text for name, text in settings.items()})
        host.add_url_rule("/own", "own", lambda: render_template_string("{{ 1 + 1 }}"))
        MarketplaceHooks(host, identity=identity)
        made.append(host)
        return host

    yield make
    for host in made:
        close_app(host)


# --- who may keep a page


def test_a_page_may_be_kept_but_is_asked_for_again_each_time(reader: Reader) -> None:
    for path in PATHS[:4]:
        answer = reader.open(path)
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["ETag"]
        again = reader.open(path, If_None_Match=answer.headers["ETag"])
        assert (again.status_code, again.data) == (304, b"")


def test_a_kept_page_is_never_confirmed_once_it_is_hidden(shop: Marketplace, reader: Reader) -> None:
    cached = {path: reader.open(path).headers["ETag"] for path in ("/products/mod-1", "/packs/pack-1", "/")}
    shop.change_status("mod-1", OFFLINE)
    shop.run_all_now()
    answers = {path: reader.open(path, If_None_Match=etag).status_code for path, etag in cached.items()}
    assert answers == {"/products/mod-1": 404, "/packs/pack-1": 404, "/": 200}
    shop.change_status("mod-1", ONLINE)
    shop.run_all_now()
    shop.change_status("mod-1", WITHDRAWN)
    shop.run_all_now()
    assert reader.open("/products/mod-1", If_None_Match=cached["/products/mod-1"]).status_code == 410


def test_a_refusal_is_kept_by_nobody(reader: Reader) -> None:
    for path, status in {"/products/unknown": 404, "/products/gone": 410, "/packs/unknown": 404}.items():
        answer = reader.open(path, If_None_Match="*")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
        assert "ETag" not in answer.headers


def test_what_somebody_signed_in_sees_is_kept_by_nobody(shop: Marketplace) -> None:
    answer = signed_in(shop, "seller", "seller-1").open("/products/mod-1", If_None_Match="*")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_a_shared_cache_keeps_languages_and_readers_apart(reader: Reader) -> None:
    for path in PATHS:
        varies = {name.strip() for name in reader.open(path).headers["Vary"].split(",")}
        assert {"Accept-Language", "Cookie"} <= varies


# --- what a page may load


def test_every_page_forbids_what_it_does_not_need(reader: Reader) -> None:
    for path in PATHS:
        headers = reader.open(path).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert {policy[name] for name in ("default-src", "frame-ancestors", "base-uri")} == {"'none'"}
        assert set(policy.values()) == {"'none'", "'self'"}
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]


def test_no_page_needs_what_its_policy_forbids(reader: Reader) -> None:
    for path in PATHS:
        # Data in a script element is not executed; a link to the page's own address loads nothing.
        page = re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", reader.open(path).text)
        page = re.sub(r'<link rel="(?:canonical|alternate)"[^>]*>', "", page)
        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", page) == []
        assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []


def test_pages_are_whole_html_with_one_heading_and_their_language(shop: Marketplace) -> None:
    for language in ("fr", "en"):
        for path in PATHS:
            answer = Reader(shop.app, language).open(path)
            assert f'<html lang="{language}">' in answer.text
            assert answer.headers["Content-Language"] == language
            assert answer.text.count("<h1") == 1
            assert re.search(r"<title>[^<]+ · Marketplace</title>", answer.text)
            assert '<a class="skip" href="#main">' in answer.text


def test_a_head_request_answers_as_a_get_without_the_page(reader: Reader) -> None:
    got = reader.open("/products/mod-1")
    head = reader.browser.head("/products/mod-1", headers={"Accept-Language": "en"})
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", got.headers["ETag"])


# --- static files


def assets(reader: Reader) -> list[str]:
    found = re.findall(r'(?:href|src)="(/mh-static/[^"#]+)', reader.open("/").text)
    return sorted(set(found))


def test_static_files_are_kept_for_ever_under_the_address_of_their_content(reader: Reader) -> None:
    files = assets(reader)
    assert {path.rsplit("/", 1)[1] for path in files} == {"favicon.svg", "icons.svg", "pages.css"}
    for path in files:
        answer = reader.open(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"].partition(";")[0] in ("text/css", "image/svg+xml")


def test_texts_are_sent_compressed_to_those_who_read_that(reader: Reader) -> None:
    for path in assets(reader):
        plain = reader.open(path, Accept_Encoding="identity")
        small = reader.open(path, Accept_Encoding="gzip, br")
        assert ("Content-Encoding" in plain.headers, small.headers["Content-Encoding"]) == (False, "gzip")
        assert gzip.decompress(small.data) == plain.data
        assert len(small.data) < len(plain.data)
        assert small.headers["Content-Type"] == plain.headers["Content-Type"]
        assert small.headers["Cache-Control"] == plain.headers["Cache-Control"]
        for answer in (plain, small):
            assert answer.headers["Vary"] == "Accept-Encoding"
        again = reader.open(path, Accept_Encoding="gzip", If_None_Match=small.headers["ETag"])
        assert (again.status_code, again.data, again.headers["Vary"]) == (304, b"", "Accept-Encoding")
        assert small.headers["ETag"] != plain.headers["ETag"]


def test_a_static_file_of_another_release_is_not_kept(reader: Reader) -> None:
    answer = reader.open("/mh-static/0123456789abcdef/pages.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["unknown.css", "../pages.py", "..%2f..%2fconfig.py", "%00", ""])
def test_nothing_but_static_files_is_served_as_such(reader: Reader, name: str) -> None:
    assert reader.status(f"/mh-static/0123456789abcdef/{name}") == 404


# --- the language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr", "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr-CH, en;q=0.5", "fr"),
        ("de, en;q=0.7, fr;q=0.3", "en"),
        ("de", "fr"),
        ("", "fr"),
        ("*", "fr"),
        (";;;q=x,,", "fr"),
    ],
)
def test_the_browsers_language_is_taken_and_french_otherwise(shop: Marketplace, accepted: str, language: str) -> None:
    assert f'<html lang="{language}">' in Reader(shop.app, accepted).open("/").text


def test_a_chosen_language_stays_and_leads_back_to_the_page(shop: Marketplace) -> None:
    reader = Reader(shop.app, "fr")
    [switch] = [link for link in links(reader.open("/products/mod-1?from=a%26b").text) if "/language/en" in link]
    answer = reader.open(switch)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/products/mod-1?from=a%26b")
    assert answer.headers["Cache-Control"] == "no-store"
    for path in PATHS:
        assert '<html lang="en">' in reader.open(path).text


def test_the_cookie_of_the_language_is_for_the_server_alone(reader: Reader) -> None:
    cookie = reader.open("/language/en").headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    secure = reader.browser.get("/language/en", base_url="https://shop.example").headers["Set-Cookie"]
    assert "Secure" in secure.split("; ")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/\n//evil.example",
    ],
)
def test_a_language_link_leads_nowhere_else(reader: Reader, target: str) -> None:
    answer = reader.browser.get("/language/en", query_string={"next": target})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_language_that_is_not_spoken_is_no_page(reader: Reader) -> None:
    assert reader.status("/language/xx") == 404


def test_a_wrong_cookie_is_as_none(reader: Reader) -> None:
    reader.browser.set_cookie("mh_language", "xx")
    assert '<html lang="en">' in reader.open("/").text


@pytest.mark.parametrize(("locale", "language"), [("fr-FR", "fr"), ("en", "en"), ("de", "fr"), (None, "fr")])
def test_what_the_host_knows_of_its_user_comes_before_the_browser(
    hosted: Callable[..., Flask], locale: str | None, language: str
) -> None:
    host = hosted(lambda: {"role": "operator", "locale": locale})
    reader = Reader(host, "fr")
    assert f'<html lang="{language}">' in reader.open("/").text
    reader.open("/language/en")
    assert '<html lang="en">' in reader.open("/").text


# --- in a host's app


def test_the_hosts_own_pages_are_left_as_they_are(hosted: Callable[..., Flask]) -> None:
    plain = Flask("plain")
    host = hosted()
    Reader(host).open("/")
    answer = Reader(host).open("/own")
    assert (answer.text, {"Content-Security-Policy", "Content-Language", "ETag"} & set(answer.headers.keys())) == (
        "2",
        set(),
    )
    assert set(host.jinja_env.filters) == set(plain.jinja_env.filters)
    assert set(host.jinja_env.globals) == set(plain.jinja_env.globals)
    assert set(host.jinja_env.extensions) == set(plain.jinja_env.extensions)
    assert host.jinja_env.trim_blocks is plain.jinja_env.trim_blocks
    assert host.template_context_processors.get(None) == plain.template_context_processors.get(None)


def test_an_error_of_the_hosts_own_pages_stays_the_hosts(hosted: Callable[..., Flask]) -> None:
    host = hosted(URL_PREFIX="/addons")
    host.register_error_handler(404, lambda error: ("the host's own words", 404))
    assert Reader(host).open("/nothing").text == "the host's own words"
    assert Reader(host).open("/addons/nothing/at/all").text == "the host's own words"
    assert "This product is not on sale at the moment" in Reader(host).visible_text("/addons/products/unknown")


def test_below_a_prefix_every_address_begins_with_it(hosted: Callable[..., Flask]) -> None:
    reader = Reader(hosted(URL_PREFIX="/addons"))
    assert reader.status("/") == 404
    for path in ("/addons/", "/addons/products/mod-1", "/addons/packs/pack-1", "/addons/products/gone"):
        page = reader.open(path).text
        addresses = [*links(page), *re.findall(r'(?:href|action)="(/[^"]*)"', page)]
        assert addresses
        assert [one for one in addresses if not one.startswith(("/addons/", "#"))] == []
    answer = reader.open("/addons/language/fr?next=/own")
    assert answer.headers["Location"] == "/addons/"
    assert "Path=/addons/" in answer.headers["Set-Cookie"]


def test_a_host_may_put_a_template_of_its_own_in_the_place_of_ours(
    hosted: Callable[..., Flask], tmp_path: Path
) -> None:
    host = hosted()
    own = tmp_path / "templates" / "marketplace_hooks"
    own.mkdir(parents=True)
    (own / "layout.html").write_text("the host's frame: {% block main %}{% endblock %}")
    host.template_folder = str(tmp_path / "templates")
    assert Reader(host).open("/").text.startswith("the host's frame:")


# --- errors


def test_a_database_that_is_away_is_a_page_that_says_when_to_come_back(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = dataclasses.replace(shop.runtime, database=Database("postgresql://nobody@127.0.0.1:1/nothing"))
    monkeypatch.setitem(shop.app.extensions, EXTENSION, dataclasses.replace(shop.web, runtime=away))
    answer = Reader(shop.app).open("/products/mod-1")
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Cache-Control"]) == (
        503,
        "5",
        "no-store",
    )
    assert "We will be back in a moment" in visible_text(answer.text)


def test_a_fault_of_ours_is_a_page_without_details(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = dataclasses.replace(shop.runtime, database=None)  # type: ignore[arg-type] # the fault
    monkeypatch.setitem(shop.app.extensions, EXTENSION, dataclasses.replace(shop.web, runtime=broken))
    answer = Reader(shop.app).open("/products/mod-1")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in visible_text(answer.text)
    assert "NoneType" not in answer.text
    assert "NoneType" in caplog.text


def test_a_wrong_method_is_refused_with_those_that_are_allowed(reader: Reader) -> None:
    answer = reader.browser.post("/products/mod-1")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_stand_alone_every_error_has_a_page_and_machines_get_problem_documents(shop: Marketplace) -> None:
    app = build_app({name: value for name, value in shop.app.config.items() if name.startswith(PREFIX)})
    register_error_pages(app)
    reader = Reader(app)
    answer = reader.open("/nothing/at/all")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    assert "Page not found" in visible_text(answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for path in ("/api/v1/nothing", "/webhooks/x/y"):
        machine = reader.open(path)
        assert (machine.status_code, machine.content_type) == (404, "application/problem+json")
    assert reader.open("/nothing", Accept="*/*").content_type == "application/problem+json"
    wrong = reader.browser.delete("/language/en")
    assert (wrong.status_code, wrong.get_json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]
    close_app(app)


def test_a_refused_token_is_a_page_too(shop: Marketplace) -> None:
    answer = Reader(shop.app, headers={"Authorization": "Bearer mht_unknown"}).open("/")
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert answer.mimetype == "text/html"
