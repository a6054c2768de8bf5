"""A key that may read `shop_urls` proves the version and the shop, and what else it could do is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from marketplace_hooks.demo.fake_shops.server import Key, ShopUrl
from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, Strength, merge_findings
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.remote.http.client import OutboundClient
from tests.support.hostile_server import HostileServer, answering, reply

from .conftest import KEY, Open, probe_shop

XML = ("Content-Type", "text/xml;charset=utf-8")
VERSION = ("PSWS-Version", "8.2.1")


def shop_urls(*rows: str, root: str = "prestashop") -> bytes:
    return f"<?xml version='1.0'?><{root}><shop_urls>{''.join(rows)}</shop_urls></{root}>".encode()


def row(**fields: str) -> str:
    parts = {"id": "1", "id_shop": "1", "active": "1", "domain": "", "domain_ssl": "", "physical_uri": "/", **fields}
    return (
        "<shop_url>" + "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in parts.items()) + "</shop_url>"
    )


def played(outbound: OutboundClient, *replies: bytes, url: str = "/") -> Sequence[Finding]:
    """What the rung makes of these answers, one after the other."""
    with HostileServer(answering(*replies)) as server:
        return probe_shop("webservice", server.url(url, name="127.0.0.1"), outbound, credentials=KEY)


def identity(findings: Sequence[Finding]) -> Any:
    return next(one for one in findings if one.what is FindingKind.SHOP_IDENTITY)


@pytest.mark.parametrize("version", ["1.6.1.24", "1.7.8.11", "8.2.7", "9.1.4"])
def test_a_least_privilege_key_proves_version_and_shop_and_earns_no_warning(
    open_shop: Open, outbound: OutboundClient, version: str
) -> None:
    site = open_shop(version=version)
    findings = probe_shop("webservice", site, outbound, credentials=KEY)
    site_facts = merge_findings(findings)
    assert site_facts.platform_version is not None
    assert site_facts.platform_version.value == version
    assert site_facts.platform_version.source.strength is Strength.VERIFIED
    assert site_facts.platform_version.source.request == f"GET {site.url}api/shop_urls?display=full"
    assert identity(findings).value == {"matches": True, "shop_id": 1}
    assert site_facts.warnings == ()
    assert [request.path for request in site.requests] == ["/api/shop_urls", "/api/"]


def test_a_shop_in_maintenance_still_answers_the_webservice(open_shop: Open, outbound: OutboundClient) -> None:
    site_facts = merge_findings(
        probe_shop("webservice", open_shop(maintenance=True, version="8.2.7"), outbound, credentials=KEY)
    )
    assert site_facts.platform_version is not None


def test_a_shop_in_a_folder_is_asked_there(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(physical_uri="/boutique/")
    findings = probe_shop("webservice", site, outbound, credentials=KEY)
    assert identity(findings).value == {"matches": True, "shop_id": 1}
    assert site.requests[0].path == "/boutique/api/shop_urls"


def test_the_shop_of_a_multistore_is_told_by_its_path(open_shop: Open, outbound: OutboundClient) -> None:
    with HostileServer(
        answering(
            reply(
                200,
                shop_urls(
                    row(id_shop="1", domain="127.0.0.1"),
                    row(id_shop="2", domain="127.0.0.1:8080", physical_uri="/", virtual_uri="b2b/"),
                ),
                XML,
                VERSION,
            )
        )
    ) as server:
        found = probe_shop("webservice", server.url("/b2b/", name="127.0.0.1"), outbound, credentials=KEY)
        assert identity(found).value == {"matches": True, "shop_id": 2}
        assert identity(found).facts == {"shops": {"/": 1, "/b2b/": 2}}
        found = probe_shop("webservice", server.url("/elsewhere/", name="127.0.0.1"), outbound, credentials=KEY)
        assert identity(found).value == {"matches": True, "shop_id": 1}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(domain="shop.example", domain_ssl="other.example")],
        [row(domain="127.0.0.1", active="0")],
        [row(domain="127.0.0.1.evil.example")],
        [row(domain="")],
    ],
)
def test_a_key_of_another_site_is_said_to_be_one(outbound: OutboundClient, rows: list[str]) -> None:
    findings = played(outbound, reply(200, shop_urls(*rows), XML, VERSION))
    assert identity(findings).value == {"matches": False}
    assert identity(findings).note is Note.KEY_OF_ANOTHER_SITE


def test_either_of_the_two_domains_will_do_in_any_spelling(outbound: OutboundClient) -> None:
    rows = [row(domain="other.example", domain_ssl=" 127.0.0.1:443 ")]
    assert identity(played(outbound, reply(200, shop_urls(*rows), XML, VERSION))).value["matches"] is True


def test_further_shops_do_not_hide_the_right_one(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(further_urls=[ShopUrl(shop_id=2, domain="pro.example")])
    assert identity(probe_shop("webservice", site, outbound, credentials=KEY)).value == {"matches": True, "shop_id": 1}


@pytest.mark.parametrize(
    ("grants", "notes"),
    [
        ({"shop_urls": ("GET", "HEAD")}, []),
        ({"shop_urls": ("GET", "PUT")}, [Note.KEY_CAN_WRITE]),
        ({"shop_urls": ("GET", "PATCH")}, [Note.KEY_CAN_WRITE]),
        ({"shop_urls": ("GET",), "customers": ("GET",)}, [Note.KEY_READS_MORE]),
        ({"shop_urls": ("GET",), "orders": ("DELETE",)}, [Note.KEY_CAN_WRITE]),
        ({"shop_urls": ("GET",), "orders": ("GET", "POST")}, [Note.KEY_CAN_WRITE, Note.KEY_READS_MORE]),
    ],
)
def test_a_key_that_could_do_more_is_accepted_with_a_warning(
    open_shop: Open, outbound: OutboundClient, grants: dict[str, tuple[str, ...]], notes: list[Note]
) -> None:
    site_facts = merge_findings(
        probe_shop("webservice", open_shop(version="9.1.4", keys=[Key(grants=grants)]), outbound, credentials=KEY)
    )
    assert site_facts.platform_version is not None
    assert {warning.note for warning in site_facts.warnings} == set(notes)
    named = {name for warning in site_facts.warnings for name in warning.facts["resources"]}
    assert named <= set(grants)


def test_a_shop_without_url_rewriting_is_asked_another_way(outbound: OutboundClient) -> None:
    not_found = reply(404, b"<!DOCTYPE html><html><body>404</body></html>", ("Content-Type", "text/html"))
    good = reply(200, shop_urls(row(domain="127.0.0.1")), XML, VERSION)
    with HostileServer(answering(not_found, good)) as server:
        findings = probe_shop("webservice", server.url(name="127.0.0.1"), outbound, credentials=KEY)
        asked = [request.line.split()[1] for request in server.requests]
    assert asked == ["/api/shop_urls?display=full", "/webservice/dispatcher.php?url=shop_urls&display=full"]
    fact = merge_findings(findings).platform_version
    assert fact is not None
    assert fact.source.request is not None
    assert "dispatcher.php" in fact.source.request


def test_a_page_that_is_missing_either_way_is_not_found(outbound: OutboundClient) -> None:
    findings = played(outbound, reply(404, b"<html>404</html>", ("Content-Type", "text/html")))
    assert [one.note for one in findings] == [Note.NOT_FOUND]


def test_a_redirect_within_the_site_is_taken_for_a_shop_without_url_rewriting(outbound: OutboundClient) -> None:
    good = reply(200, shop_urls(row(domain="127.0.0.1")), XML, VERSION)
    with HostileServer(answering(reply(302, b"", ("Location", "/index.php?url=shop_urls")), good)) as server:
        findings = probe_shop("webservice", server.url(name="127.0.0.1"), outbound, credentials=KEY)
        asked = [request.line.split()[1] for request in server.requests]
    assert asked == ["/api/shop_urls?display=full", "/webservice/dispatcher.php?url=shop_urls&display=full"]
    assert merge_findings(findings).platform_version is not None


def test_a_password_before_the_site_is_not_taken_for_the_webservices(outbound: OutboundClient) -> None:
    realm = ("WWW-Authenticate", 'Basic realm="Staging"')
    findings = played(outbound, reply(401, b"<html>Authorization Required</html>", realm))
    assert [one.note for one in findings] == [Note.PASSWORD_REQUIRED]


def test_a_fork_tells_no_version_of_prestashop(outbound: OutboundClient) -> None:
    body = shop_urls(row(domain="127.0.0.1"), root="qloapps")
    findings = played(outbound, reply(200, body, XML, VERSION))
    assert [(one.value, one.note) for one in findings] == [(None, Note.UNREADABLE)]


@pytest.mark.parametrize("header", ["8.2.1, 8.2.1", "<b>8", "8.2.1\u00e9", "8" * 60])
def test_a_version_that_cannot_be_one_is_unknown(outbound: OutboundClient, header: str) -> None:
    findings = played(outbound, reply(200, shop_urls(row(domain="127.0.0.1")), XML, ("PSWS-Version", header)))
    assert findings[0].note is Note.VERSION_UNKNOWN


@pytest.mark.parametrize("status", [204, 304, 400, 418, 599])
def test_an_answer_that_means_nothing_is_unknown_and_proves_no_version(outbound: OutboundClient, status: int) -> None:
    findings = played(outbound, reply(status, b"", XML, VERSION))
    assert merge_findings(findings).platform_version is None
    assert all(not one.is_known for one in findings)


def test_a_refusal_that_carries_the_real_version_proves_nothing(open_shop: Open, outbound: OutboundClient) -> None:
    # Before 8.0 refused answers carry it, from 8.0 on they say 0; only a 200 with its XML counts.
    findings = probe_shop("webservice", open_shop(version="1.7.8.11", webservice=False), outbound, credentials=KEY)
    assert merge_findings(findings).platform_version is None


@pytest.mark.parametrize(
    "body",
    [
        b"<prestashop>" + b"<a>" * 200_000,
        b"<?xml version='1.0' encoding='utf-77'?><prestashop/>",
        b"<?xml version='1.0' encoding='utf-16'?><prestashop/>",
        b"\xff\xfe\x00",
        b"<prestashop>\x00</prestashop>",
    ],
)
def test_absurd_xml_is_unreadable(outbound: OutboundClient, body: bytes) -> None:
    assert [one.note for one in played(outbound, reply(200, body, XML, VERSION))] == [Note.UNREADABLE]


def test_xml_of_absurd_depth_hurts_nobody(outbound: OutboundClient) -> None:
    depth = 200_000
    body = b"<prestashop>" + b"<a>" * depth + b"</a>" * depth + b"</prestashop>"
    findings = played(outbound, reply(200, body, XML, VERSION))
    assert {one.what for one in findings} >= {FindingKind.PLATFORM_VERSION}


def test_the_key_goes_as_a_login_and_never_in_an_address(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop()
    probe_shop("webservice", site, outbound, credentials=KEY)
    assert all(KEY.webservice_key not in request.target for request in site.requests)
    assert all(request.headers["authorization"].startswith("Basic ") for request in site.requests)


def test_a_shop_that_lives_elsewhere_is_not_followed_but_says_where(open_shop: Open, outbound: OutboundClient) -> None:
    findings = probe_shop("webservice", open_shop(domain="www.shop.example"), outbound, credentials=KEY)
    assert [(one.note, one.facts["leads_to"]) for one in findings] == [(Note.NOT_THE_SHOP, "http://www.shop.example")]
