"""Each kind of shop that real addresses lead to: an inspection ends in time, with the right word for what it met."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from marketplace_hooks.demo.fake_shops.server import FakeShop, Fault, Module, Shop, ShopUrl
from marketplace_hooks.domain.inspections.evidence import FindingKind, merge_findings
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.domain.inspections.reachability import Reach, reach
from marketplace_hooks.remote.http.client import OutboundClient
from marketplace_hooks.remote.probes.run import inspect
from marketplace_hooks.remote.probes.site_client import make_site_client

from ...support.hostile_server import HostileServer, answering, reply
from ...support.standard_ports import serve_on_standard_ports
from ..http.test_tls import Authority
from .conftest import KEY, NONCE, Open, site_of

LONGEST_S = 20.0
ANSWERED = Reach(answered=True)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How the shop stands, and what an inspection with a webservice key says of it."""

    shop: dict[str, Any] = field(default_factory=dict)
    version: str | None = "8.2.1"
    reached: Reach = ANSWERED
    notes: frozenset[Note] = frozenset()


def unreached(note: Note) -> Reach:
    return Reach(answered=False, obstacle=note)


KINDS = {
    "PrestaShop 1.6": Kind(shop={"version": "1.6.1.24"}, version="1.6.1.24"),
    "PrestaShop 1.7": Kind(shop={"version": "1.7.8.11"}, version="1.7.8.11"),
    "PrestaShop 8": Kind(),
    "PrestaShop 9": Kind(shop={"version": "9.1.4"}, version="9.1.4"),
    "maintenance": Kind(shop={"maintenance": True}, reached=unreached(Note.IN_MAINTENANCE)),
    "a subfolder": Kind(shop={"physical_uri": "/boutique/", "root_leads_to": "/boutique/"}),
    "a multistore": Kind(shop={"further_urls": [ShopUrl(shop_id=2, domain="other.example")]}),
    "a cache that strips cookies": Kind(shop={"strips_cookies": True}),
    "a bot challenge": Kind(
        shop={"gate": "challenge"},
        version=None,
        reached=unreached(Note.BOT_CHALLENGE),
        notes=frozenset({Note.BOT_CHALLENGE}),
    ),
    "a password before a staging site": Kind(
        shop={"gate": "password"},
        version=None,
        reached=unreached(Note.PASSWORD_REQUIRED),
        notes=frozenset({Note.PASSWORD_REQUIRED}),
    ),
    "a renamed cookie": Kind(
        shop={"cookie_name": "boutique", "webservice": False},
        version=None,
        notes=frozenset({Note.COOKIE_RENAMED, Note.WEBSERVICE_OFF}),
    ),
    "thirty bees": Kind(
        shop={"version": "1.6.1.999", "thirty_bees": "1.5.1", "cookie_prefix": "thirtybees-"},
        version=None,
        notes=frozenset({Note.FORK}),
    ),
    "QloApps": Kind(
        shop={"version": "1.6.1.23", "cookie_prefix": "QloApps-", "webservice": False},
        version=None,
        notes=frozenset({Note.FORK, Note.WEBSERVICE_OFF}),
    ),
    "errors of its own": Kind(
        shop={"fault": Fault.ERROR},
        version=None,
        reached=unreached(Note.SHOP_ERROR),
        notes=frozenset({Note.SHOP_ERROR}),
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_shop_has_its_own_word(open_shop: Open, outbound: OutboundClient, name: str) -> None:
    kind = KINDS[name]
    site = open_shop(**{"version": "8.2.1", "modules": [Module(name="shipping")], **kind.shop})
    began = time.monotonic()
    findings = inspect(site_of(site.origin + "/"), outbound=outbound, module="shipping", credentials=KEY, nonce=NONCE)
    assert time.monotonic() - began < LONGEST_S
    version = merge_findings(findings).platform_version
    assert (None if version is None else version.value) == kind.version
    assert reach(findings) == kind.reached
    unknown = {one.note for one in findings if one.what is FindingKind.PLATFORM_VERSION and not one.is_known}
    assert kind.notes <= unknown


def test_an_expired_certificate_is_named(tmp_path: Any) -> None:
    authority = Authority(tmp_path)
    client = make_site_client(["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"], ca_file=authority.file)
    with HostileServer(answering(reply(200)), tls=authority.server_context("shop.example", days=-1)) as server:
        findings = inspect(site_of(server.url(name="shop.example")), outbound=client, credentials=KEY, nonce=NONCE)
        assert server.requests == []
    assert {one.note for one in findings} == {Note.BAD_CERTIFICATE}
    assert reach(findings) == unreached(Note.BAD_CERTIFICATE)


def test_a_shop_that_has_an_ipv6_address_alone_is_inspected() -> None:
    client = make_site_client(["::1/128"], resolve=lambda host, port: ["::1"])
    with FakeShop(Shop(version="8.2.1"), host="::1").start() as site:
        findings = inspect(site_of(f"http://shop.example:{site.port}/"), outbound=client, nonce=NONCE)
    version = merge_findings(findings).platform_version
    assert version is not None
    assert version.value == "8.2.1"


def test_http_that_redirects_to_https_and_www_is_followed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    client = make_site_client(["127.0.0.0/8"], resolve=lambda host, port: ["127.83.2.1"], ca_file=authority.file)
    home = answering(reply(200, b"<html><script>var prestashop = {};</script></html>"))
    onward = answering(reply(301, b"", ("Location", "https://www.shop.example/")))
    tls = authority.server_context("www.shop.example")
    with HostileServer(onward, host="127.83.2.1") as http, HostileServer(home, host="127.83.2.1", tls=tls) as https:
        serve_on_standard_ports(monkeypatch, "127.83.2.1", {80: http.port, 443: https.port})
        findings = inspect(site_of("http://shop.example/"), outbound=client, credentials=KEY, nonce=NONCE)
    assert reach(findings) == ANSWERED
    asked = [one.request for one in findings if one.probe == "webservice"]
    assert all(one is not None and one.startswith("GET https://www.shop.example/") for one in asked)
