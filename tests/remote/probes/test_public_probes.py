"""What everybody may see: the cookie's name, the home page, a description file; and what the customer declares."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.demo.fake_shops.server import Module, Server
from marketplace_hooks.domain.inspections.declarations import Declaration, DeclaredModule
from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, Strength, merge_findings
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.remote.http.client import OutboundClient
from marketplace_hooks.remote.known_versions import shipped_versions
from marketplace_hooks.remote.probes.public_page import modules_in
from marketplace_hooks.remote.probes.run import inspect
from marketplace_hooks.remote.probes.site_client import make_site_client
from tests.support.hostile_server import HostileServer, answering, reply

from .conftest import Open, only, probe_shop, site_of

ALL = ["1.6.0.14", "1.6.1.24", "1.7.5.2", "1.7.8.11", "8.0.0", "8.2.7", "9.0.0", "9.1.4"]


# --- the cookie


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("shape", [{}, {"shop_id": 20}, {"shares_orders": True, "shop_id": 3}, {"shares_carts": True}])
def test_the_cookies_name_gives_the_exact_version_away(
    open_shop: Open, outbound: OutboundClient, version: str, shape: dict[str, object]
) -> None:
    site = open_shop(version=version, **shape)
    finding = only(probe_shop("cookie", site, outbound))
    assert (finding.what, finding.value, finding.strength) == (FindingKind.PLATFORM_VERSION, version, Strength.OBSERVED)
    assert len(site.requests) == 1


def test_the_cookie_of_a_shop_with_a_name_is_solved_on_that_name(open_shop: Open) -> None:
    site = open_shop(version="8.2.7", shares_carts=True)
    named = make_site_client(["127.0.0.0/8"], resolve=lambda host, port: ["127.0.0.1"])
    finding = only(probe_shop("cookie", f"http://www.shop.example:{site.port}/", named))
    assert finding.value == "8.2.7"
    assert site.requests[0].host == f"www.shop.example:{site.port}"


def test_a_cache_that_strips_cookies_is_passed_once(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(version="8.2.7", strips_cookies=True)
    finding = only(probe_shop("cookie", site, outbound))
    assert finding.value == "8.2.7"
    assert [bool(request.query) for request in site.requests] == [False, True]


def test_a_shop_that_never_sets_a_cookie_is_asked_twice_and_then_unknown(outbound: OutboundClient) -> None:
    with HostileServer(answering(reply(200, b"<html></html>"))) as server:
        finding = only(probe_shop("cookie", server.url(name="127.0.0.1"), outbound))
        assert (finding.value, finding.note) == (None, Note.COOKIE_NOT_FOUND)
        assert len(server.requests) == 2


CHALLENGE = b"<html><head><title>Just a moment...</title></head><script>window._cf_chl_opt={}</script></html>"
WORDPRESS = b'<html><head><meta name="generator" content="WordPress 6.8"></head></html>'


@pytest.mark.parametrize(
    ("status", "body", "headers", "note"),
    [
        (500, b"<html>Oops</html>", [], Note.SHOP_ERROR),
        (502, b"", [], Note.SHOP_ERROR),
        (503, b"<html>Maintenance</html>", [], Note.IN_MAINTENANCE),
        (401, b"", [("WWW-Authenticate", "Basic")], Note.PASSWORD_REQUIRED),
        (403, b"<html>Forbidden</html>", [], Note.BLOCKED),
        (404, b"<html></html>", [], Note.NOT_FOUND),
        (403, CHALLENGE, [("cf-mitigated", "challenge")], Note.BOT_CHALLENGE),
        (503, CHALLENGE, [], Note.BOT_CHALLENGE),
        (202, b"", [("SG-Captcha", "challenge")], Note.BOT_CHALLENGE),
        (200, b"<html></html>", [("Set-Cookie", "laravel_session=x")], Note.OTHER_PLATFORM),
        (200, WORDPRESS, [], Note.OTHER_PLATFORM),
        (200, b"<html></html>", [("Set-Cookie", f"QloApps-{'0' * 32}=x")], Note.FORK),
        (200, b"<script>var prestashop = {};</script>", [("Set-Cookie", "__cf_bm=x")], Note.COOKIE_NOT_FOUND),
        (200, b"<html></html>", [("Set-Cookie", "__cf_bm=x")], Note.COOKIE_NOT_FOUND),
    ],
)
def test_the_true_cause_is_named_where_no_version_is_found(
    outbound: OutboundClient, status: int, body: bytes, headers: list[tuple[str, str]], note: Note
) -> None:
    with HostileServer(answering(reply(status, body, *headers))) as server:
        finding = only(probe_shop("cookie", server.url(name="127.0.0.1"), outbound))
    assert (finding.value, finding.note) == (None, note)


def test_a_cookie_set_on_the_way_to_the_home_page_counts(open_shop: Open, outbound: OutboundClient) -> None:
    name = "PrestaShop-" + "0" * 32
    onward = reply(302, b"", ("Location", "/fr/"), ("Set-Cookie", f"{name}=x"))
    with HostileServer(answering(onward, reply(200, b"<html></html>"))) as server:
        finding = only(probe_shop("cookie", server.url(name="127.0.0.1"), outbound))
    assert finding.note is Note.COOKIE_NOT_SOLVED


def test_a_shower_of_cookies_costs_no_time(outbound: OutboundClient) -> None:
    cookies = [("Set-Cookie", f"PrestaShop-{number:032x}=x") for number in range(90)]
    with HostileServer(answering(reply(200, b"<html></html>", *cookies))) as server:
        began = time.process_time()
        finding = only(probe_shop("cookie", server.url(name="127.0.0.1"), outbound))
        assert time.process_time() - began < 1
    assert finding.note is Note.COOKIE_NOT_SOLVED


def test_a_version_that_only_the_operators_list_knows_is_found(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(version="9.7.3")
    assert only(probe_shop("cookie", site, outbound)).value is None
    assert only(probe_shop("cookie", site, outbound, releases=[*shipped_versions(), "9.7.3"])).value == "9.7.3"


# --- the home page


@pytest.mark.parametrize("version", ALL)
def test_modules_on_the_home_page_are_installed_and_enabled(
    open_shop: Open, outbound: OutboundClient, version: str
) -> None:
    modules = [Module(name="shipping"), Module(name="hidden", on_front=False), Module(name="off", enabled=False)]
    site_facts = merge_findings(probe_shop("public_page", open_shop(version=version, modules=modules), outbound))
    assert site_facts.module_names == ("shipping",)
    assert (site_facts.module("shipping").installed, site_facts.module("shipping").enabled) == (True, True)
    assert site_facts.module("off").installed is None
    assert site_facts.whole_list is None


def test_bundled_assets_leave_modules_unknown(open_shop: Open, outbound: OutboundClient) -> None:
    modules = [Module(name="one"), Module(name="two")]
    site_facts = merge_findings(probe_shop("public_page", open_shop(modules=modules, bundled_assets=True), outbound))
    assert site_facts.module("two").installed is None


def test_the_home_page_is_fetched_once_for_both_who_read_it(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop(modules=[Module(name="shipping")])
    inspect(site_of(site.url), outbound=outbound)
    assert [request.target for request in site.requests].count("/") == 1


SHOP = site_of("https://shop.example/")


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ('<link rel="stylesheet" href="/modules/a/x.css">', ["a"]),
        ('<LINK HREF="/modules/a/x.css" REL="Stylesheet">', ["a"]),
        ("<link rel=preload href=/modules/a/x.js>", ["a"]),
        ('<link rel="stylesheet" href="https://www.shop.example/modules/a/x.css?v=1&amp;w">', ["a"]),
        ("<script async src='//shop.example/modules/a/x.js'></script><script src=/modules/b/y.js>", ["a", "b"]),
        ('<script src="../modules/a/x.js"></script>', ["a"]),
        ('<script src="/boutique/modules/a/x.js"></script>', []),
        ('<script src="/themes/own/modules/a/x.js"></script>', []),
        ('<script src="https://cdn.example/modules/a/x.js"></script>', []),
        ('<script src="//shop.example.evil.example/modules/a/x.js"></script>', []),
        ('<!-- <script src="/modules/a/x.js"></script> -->', []),
        ('<!--[if IE]><link rel="stylesheet" href="/modules/a/x.css"><![endif]-->', []),
        ('<!-- <script src="/modules/a/x.js">', []),
        ("<script>document.write('<script src=\"/modules/a/x.js\">')</script>", []),
        ('<script>var u = "https:\\/\\/shop.example\\/modules\\/a\\/x.js"</script>', []),
        ('<noscript><link rel="stylesheet" href="/modules/a/x.css"></noscript>', []),
        ('<textarea><script src="/modules/a/x.js"></script></textarea>', []),
        ('<img src="/modules/a/logo.png">', []),
        ('<link rel="icon" href="/modules/a/x.ico">', []),
        ('<a href="/modules/a/x.css">', []),
        ('<a href="/fr/module/a/list">', []),
        ('<a href="index.php?fc=module&amp;module=a&amp;controller=x">', []),
        ("url(/modules/a/x.png)", []),
        ("<script src=/modules/" + "a" * 65 + "/x.js>", []),
        ("<script src=/modules/>", []),
        ("<script src=/modules/a/>", []),
        ("<script src=http://[/modules/a/x.js>", []),
        ("", []),
    ],
)
def test_only_what_the_page_loads_from_the_shops_own_module_folders_counts(page: str, names: list[str]) -> None:
    assert modules_in(page, "https://shop.example/fr/", SHOP) == names


def test_a_shop_in_a_folder_loads_its_modules_from_there() -> None:
    shop = site_of("https://shop.example/boutique/")
    page = "<script src=/boutique/modules/a/x.js></script><script src=/other/modules/b/x.js></script>"
    assert modules_in(page, "https://shop.example/boutique/", shop) == ["a"]


@pytest.mark.parametrize(
    "piece", ["a", "<", "<!--", "-->", "<script", "<script>", "</", "<link rel=x href=", "<div>", "src='", ">", "<a "]
)
def test_a_page_made_to_be_slow_to_read_is_not(piece: str) -> None:
    page = piece * (2_000_000 // len(piece))
    began = time.process_time()
    modules_in(page, "https://shop.example/", SHOP)
    assert time.process_time() - began < 2


@given(st.text(alphabet="/modulesabcript:<>\"'=-! .", max_size=200))
def test_whatever_stands_on_a_page_only_names_come_of_it(page: str) -> None:
    found = modules_in(f"<script src={page}", "https://shop.example/", SHOP)
    assert all(name and "/" not in name for name in found)


# --- config.xml


@pytest.mark.parametrize(
    ("version", "server", "readable"),
    [
        ("1.6.1.24", Server.APACHE, True),
        ("1.7.8.11", Server.APACHE, True),
        ("8.0.0", Server.APACHE, True),
        ("8.0.1", Server.APACHE, False),
        ("9.1.4", Server.APACHE, False),
        ("9.1.4", Server.NGINX, True),
    ],
)
def test_a_description_file_tells_a_version_where_the_server_lets_it(
    open_shop: Open, outbound: OutboundClient, version: str, server: Server, readable: bool
) -> None:
    modules = [Module(name="shipping", version="1.3.8", config_version="1.2.6")]
    site = open_shop(version=version, server=server, modules=modules)
    finding = only(probe_shop("config_xml", site, outbound, module="shipping"))
    assert finding.is_known is readable
    assert finding.strength is Strength.MAY_BE_STALE
    if readable:
        assert finding.value == {"on_disk": True, "version": "1.2.6"}
        assert finding.note is Note.MAY_BE_STALE
    else:
        assert merge_findings([finding]).module("shipping").facts == {}


def config(outbound: OutboundClient, body: bytes, status: int = 200) -> Finding:
    with HostileServer(answering(reply(status, body, ("Content-Type", "application/xml")))) as server:
        return only(probe_shop("config_xml", server.url(name="127.0.0.1"), outbound, module="shipping"))


@pytest.mark.parametrize(
    "body",
    [
        b"<module><name>other</name><version>1.0</version></module>",
        b"<theme><name>shipping</name><version>1.0</version></theme>",
        b"<module><name>shipping</name></module>",
        b"<module><name>shipping</name><version>1.0; DROP TABLE</version></module>",
        b"<module><name>shipping</name><version>1.0</version>",
        b'<!DOCTYPE module [<!ENTITY x "1.0">]><module><name>shipping</name><version>&x;</version></module>',
    ],
)
def test_a_file_that_is_not_this_modules_description_is_not_believed(outbound: OutboundClient, body: bytes) -> None:
    assert config(outbound, body).note is Note.UNREADABLE


def test_a_description_file_of_a_real_shop_is_read(outbound: OutboundClient) -> None:
    body = (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<module>\n    <name>shipping</name>\n'
        "    <version><![CDATA[8.4.4.1]]></version>\n"
        "    <description><![CDATA[Fournissez les moyens utilis&eacute;s]]></description>\n"
        "\t<confirmUninstall><![CDATA[Êtes-vous sûr ?]]></confirmUninstall>\n</module>"
    )
    assert config(outbound, body.encode()).value["version"] == "8.4.4.1"


def test_a_name_that_is_no_modules_is_never_put_into_an_address(open_shop: Open, outbound: OutboundClient) -> None:
    site = open_shop()
    assert probe_shop("config_xml", site, outbound, module="../../config") == ()
    assert site.requests == []


# --- the declaration


def test_what_the_customer_says_is_declared_and_asks_nothing_of_the_shop(
    open_shop: Open, outbound: OutboundClient
) -> None:
    site = open_shop()
    declared = Declaration(
        platform_version="8.2.1",
        modules=(DeclaredModule(name="shipping", version="1.0", enabled=True),),
        whole_list=True,
    )
    findings: Sequence[Finding] = probe_shop("declaration", site, outbound, declared=declared)
    site_facts = merge_findings(findings)
    assert site.requests == []
    assert {one.strength for one in findings} == {Strength.DECLARED}
    assert site_facts.platform_version is not None
    assert (site_facts.module("shipping").installed, site_facts.module("shipping").version) == (True, "1.0")
    assert site_facts.module("other").installed is False


def test_nothing_declared_finds_nothing(open_shop: Open, outbound: OutboundClient) -> None:
    assert probe_shop("declaration", open_shop(), outbound, declared=Declaration()) == ()
