"""Where a shop really lives is learnt from its home page, without credentials, and a key goes there once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from marketplace_hooks.demo.fake_shops.server import Module, Server
from marketplace_hooks.domain.inspections.evidence import Finding, merge_findings
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.domain.inspections.reachability import Reach, reach
from marketplace_hooks.remote.http.client import OutboundClient, OutboundResponse, ResponseHeaders
from marketplace_hooks.remote.probes.protocol import Credentials
from marketplace_hooks.remote.probes.run import inspect
from marketplace_hooks.remote.probes.shop_address import shop_address
from marketplace_hooks.remote.probes.site_client import make_site_client

from ...support.hostile_server import HostileServer, answering, reply
from ...support.standard_ports import serve_on_standard_ports
from .conftest import CLIENT, COMPANION_KEY, KEY, NONCE, Open, site_of

EVERY_KEY = Credentials(**KEY.given(), **CLIENT.given(), companion_key=COMPANION_KEY)
SHOP = {
    "version": "9.1.4",
    "server": Server.NGINX,
    "companion_key": COMPANION_KEY,
    "modules": [Module(name="shipping")],
}


@pytest.fixture
def named() -> OutboundClient:
    """A client for which every name is this machine's."""
    return make_site_client(["127.0.0.0/8"], resolve=lambda host, port: ["127.83.1.1"])


def found(url: str, outbound: OutboundClient, **asked: object) -> Sequence[Finding]:
    credentials = EVERY_KEY
    return inspect(
        site_of(url), outbound=outbound, module="shipping", nonce=NONCE, **{"credentials": credentials, **asked}
    )


@pytest.mark.parametrize(
    ("asked", "home"), [("shop.example", "www.shop.example"), ("www.shop.example", "shop.example")]
)
def test_every_key_goes_to_the_host_that_the_shop_prefers_and_nowhere_else(
    open_shop: Open, asked: str, home: str
) -> None:
    local = make_site_client(["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"])
    site = open_shop(**SHOP)
    site.shop = replace(site.shop, domain=f"{home}:{site.port}")
    findings = found(f"http://{asked}:{site.port}/", local)
    known = {one.probe for one in findings if one.is_known}
    assert known == {"companion", "admin_api", "webservice", "cookie", "public_page", "config_xml"}
    secret = [one for one in site.requests if {"authorization", "inspection-signature"} & set(one.headers) or one.body]
    assert {one.host for one in secret} == {f"{home}:{site.port}"}
    assert len([one for one in secret if one.path == "/api/shop_urls"]) == 1
    assert "authorization" not in site.requests[0].headers


@pytest.mark.parametrize("onward", ["/boutique/", "/boutique/fr/"])
def test_a_folder_left_out_of_the_address_is_found(open_shop: Open, onward: str, outbound: OutboundClient) -> None:
    site = open_shop(**{**SHOP, "physical_uri": "/boutique/", "root_leads_to": onward})
    findings = found(site.origin + "/", outbound)
    known = {one.probe for one in findings if one.is_known}
    assert known == {"companion", "admin_api", "webservice", "cookie", "public_page", "config_xml"}


def test_no_key_is_sent_when_the_home_page_leads_to_another_site(outbound: OutboundClient) -> None:
    with HostileServer(answering(reply(301, b"", ("Location", "https://parking.example/")))) as server:
        findings = found(server.url(name="127.0.0.1"), outbound)
        asked = [one.line.split()[1] for one in server.requests]
        assert all(one.header("Authorization") is None and not one.body for one in server.requests)
    assert asked[0] == "/"
    notes = {one.note for one in findings if one.probe in ("companion", "admin_api", "webservice")}
    assert notes == {Note.NOT_THE_SHOP}
    assert reach(findings) == Reach(answered=False, obstacle=Note.NOT_THE_SHOP)


def test_a_shop_without_tls_is_not_secure_and_not_unreachable(
    named: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers in the clear on port 80, and nobody listens where a key would go."""
    home = answering(reply(200, b"<html><script>var prestashop = {};</script></html>"))
    with HostileServer(home, host="127.83.1.1") as http:
        serve_on_standard_ports(monkeypatch, "127.83.1.1", {80: http.port})
        findings = found("http://shop.example/", named)
    notes = {one.probe: one.note for one in findings}
    assert {notes[probe] for probe in ("companion", "admin_api", "webservice")} == {Note.NOT_SECURE}
    assert reach(findings).answered is True


def test_a_key_waits_for_no_home_page_that_never_comes(outbound: OutboundClient) -> None:
    with HostileServer(lambda talk: talk.server.stopping.wait(30) and None) as server:
        findings = found(server.url(name="127.0.0.1"), outbound, deadline_s=0.5)
    assert {one.note for one in findings} == {Note.TOO_SLOW}
    assert merge_findings(findings).platform_version is None


COOKIE = "PrestaShop-" + "0" * 32


@pytest.mark.parametrize(
    ("asked", "ended", "cookie_path", "lives"),
    [
        ("https://shop.example/", "https://shop.example/", None, "https://shop.example/"),
        ("https://shop.example/", "https://www.shop.example/", None, "https://www.shop.example/"),
        ("http://shop.example/", "https://shop.example/", None, "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/fr/", None, "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/fr-ca/", None, "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/index.php?controller=x", None, "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/accueil", None, "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/boutique/", None, "https://shop.example/boutique/"),
        ("https://shop.example/", "https://shop.example/boutique/fr/", None, "https://shop.example/boutique/"),
        ("https://shop.example/", "https://shop.example/content/home/", "/", "https://shop.example/"),
        ("https://shop.example/", "https://shop.example/a/b/c/", "/a/", "https://shop.example/a/"),
        ("https://shop.example/", "https://shop.example/a/b/", "/elsewhere/", "https://shop.example/a/b/"),
        ("https://shop.example/b2b/", "https://shop.example/b2b/", "/", "https://shop.example/b2b/"),
        ("https://shop.example/b2b/", "https://shop.example/b2b/fr/", "/", "https://shop.example/b2b/"),
        ("https://shop.example/b2b/", "https://shop.example/", None, "https://shop.example/"),
    ],
)
def test_host_and_folder_are_read_from_where_the_home_page_ended(
    asked: str, ended: str, cookie_path: str | None, lives: str
) -> None:
    cookies = [] if cookie_path is None else [("Set-Cookie", f"{COOKIE}=x; expires=now; path={cookie_path}; HttpOnly")]
    last = OutboundResponse(
        status=200, headers=ResponseHeaders(cookies), body=b"", truncated=False, elapsed_s=0.1, url=ended
    )
    assert shop_address(site_of(asked), [last]).url == lives
