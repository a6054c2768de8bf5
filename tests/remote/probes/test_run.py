"""One inspection: rungs side by side, at most twelve requests, and never longer than its time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import ApiClient, FakeShop, Fault, Key, Module, Server, Shop
from marketplace_hooks.domain.inspections.declarations import Declaration
from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, Strength, merge_findings
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.domain.merchant_sites import parse
from marketplace_hooks.remote.http.client import INSPECTIONS, OutboundClient
from marketplace_hooks.remote.probes.outcomes import ProbeFailure
from marketplace_hooks.remote.probes.protocol import Credentials, InspectionTarget, Probe
from marketplace_hooks.remote.probes.registry import PROBES
from marketplace_hooks.remote.probes.run import inspect
from marketplace_hooks.remote.probes.session import MAX_REQUESTS, ProbeSession
from marketplace_hooks.remote.probes.site_client import SITE_POLICY, make_site_client

from ...support.hostile_server import Conversation, HostileServer, after_a_request, answering, once, reply
from ...support.probes import PUBLIC_PROBES

NONCE = "0123456789abcdef0123456789abcdef"
SECRETS = {
    "webservice_key": DEMO_KEY,
    "client_id": "inspector-5e2d",
    "client_secret": "client-secret-9f31",
    "companion_key": "companion-key-77aa",
}
EVERYTHING = Credentials(**SECRETS)
RANKED = [
    (1, "companion", Strength.DECLARED_CHECKED),
    (2, "admin_api", Strength.VERIFIED),
    (3, "webservice", Strength.VERIFIED),
    (4, "cookie", Strength.OBSERVED),
    (5, "public_page", Strength.OBSERVED),
    (6, "config_xml", Strength.MAY_BE_STALE),
    (7, "declaration", Strength.DECLARED),
]
AGENT = "marketplace-hooks-inspections (+https://marketplace.example/about-inspections)"


@pytest.fixture
def outbound() -> Iterator[OutboundClient]:
    client = make_site_client(["127.0.0.0/8"], about_url="https://marketplace.example/about-inspections")
    yield client
    client.close()


def run(url: str, outbound: OutboundClient, **asked: Any) -> Sequence[Finding]:
    site = parse(url)
    assert site is not None
    return inspect(site, outbound=outbound, **{"nonce": NONCE, "module": "shipping", **asked})


def shop(**facts: Any) -> Shop:
    """A shop of which every probe can learn something."""
    usual = {
        "version": "9.1.4",
        "server": Server.NGINX,
        "modules": [Module(name="shipping", version="2.1.0")],
        "api_clients": [ApiClient(client_id=SECRETS["client_id"], secret=SECRETS["client_secret"])],
        "companion_key": SECRETS["companion_key"],
    }
    return Shop(**{**usual, **facts})


def test_the_probes_are_tried_the_strongest_first() -> None:
    assert [(probe.rank, probe.name, probe.strength) for probe in PROBES] == RANKED


def test_every_probe_that_applies_gives_what_it_knows(outbound: OutboundClient) -> None:
    with FakeShop(shop()).start() as site:
        findings = run(site.url, outbound, credentials=EVERYTHING, declared=Declaration(platform_version="9.1"))
    known = {one.probe for one in findings if one.is_known}
    assert known == {probe.name for probe in PROBES}
    version = merge_findings(findings).platform_version
    assert version is not None
    assert (version.value, version.source.probe, version.contradicted_by) == ("9.1.4", "companion", ())


def test_without_credentials_only_what_everybody_may_see_is_asked(outbound: OutboundClient) -> None:
    with FakeShop(shop()).start() as site:
        findings = run(site.url, outbound)
    assert {one.probe for one in findings} == PUBLIC_PROBES.keys()
    assert sorted(request.path for request in site.requests) == sorted({*PUBLIC_PROBES.values()})


def test_we_say_who_we_are_in_every_request(outbound: OutboundClient) -> None:
    with FakeShop(shop()).start() as site:
        run(site.url, outbound, credentials=EVERYTHING)
    assert {request.headers["user-agent"] for request in site.requests} == {AGENT}


@pytest.mark.parametrize("modules", [1, 250, 1_900])
@pytest.mark.parametrize("strips_cookies", [False, True])
def test_one_inspection_makes_at_most_twelve_requests(
    outbound: OutboundClient, modules: int, strips_cookies: bool
) -> None:
    many = [Module(name=f"module{number}", on_front=False) for number in range(modules)]
    with FakeShop(shop(modules=many, strips_cookies=strips_cookies, server=Server.APACHE)).start() as site:
        findings = run(site.url, outbound, credentials=EVERYTHING)
    assert len(site.requests) <= MAX_REQUESTS == 12
    # No probe uses up another's requests.
    assert {one.probe for one in findings if one.is_known} >= {"companion", "admin_api", "webservice", "cookie"}


def test_redirects_count_as_requests_too(outbound: OutboundClient) -> None:
    def wander(talk: Conversation) -> None:
        while (request := talk.read()) is not None:
            path = request.line.split()[1]
            talk.send(reply(302, b"", ("Location", f"{path}x")))

    with HostileServer(wander) as server:
        findings = run(server.url(name="127.0.0.1"), outbound, credentials=EVERYTHING)
        assert len(server.requests) <= MAX_REQUESTS
    assert all(not one.is_known for one in findings)


def test_a_redirect_within_the_site_is_followed_and_one_beyond_it_is_not(outbound: OutboundClient) -> None:
    with FakeShop(shop()).start() as site:
        inside = once(reply(301, b"", ("Location", f"{site.url}")))
        with HostileServer(inside) as other:
            findings = run(other.url(name="127.0.0.1"), outbound)
        assert {one.note for one in findings if one.probe == "cookie"} == {Note.NOT_THE_SHOP}
        assert site.requests == []  # another port is another site
    moves = answering(reply(301, b"", ("Location", "/fr/")), reply(200, b"<script src=/modules/shipping/x.js>"))
    with HostileServer(moves) as server:
        probes = [probe for probe in PROBES if probe.name == "public_page"]
        (finding,) = run(server.url(name="127.0.0.1"), outbound, probes=probes)
    assert finding.subject == "shipping"


def test_a_client_that_would_follow_redirects_by_itself_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="redirects"):
        run("http://127.0.0.1/", OutboundClient(INSPECTIONS, ["127.0.0.0/8"]))


# --- side by side


def slow_probe(name: str, rank: int, pause_s: float) -> Probe:
    def probe_shop(asked: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
        time.sleep(pause_s)
        yield probe_session.found(FindingKind.PLATFORM_VERSION, "8.2.1")

    return Probe(
        name=name,
        rank=rank,
        strength=Strength.OBSERVED,
        about=FindingKind.PLATFORM_VERSION,
        applies=lambda asked: True,
        run=probe_shop,
    )


def test_rungs_look_at_once_and_one_takes_no_longer_than_the_slowest(outbound: OutboundClient) -> None:
    probes = [slow_probe(f"rung{number}", number, 1.0) for number in range(1, 7)]
    began = time.monotonic()
    findings = run("http://127.0.0.1:9/", outbound, probes=probes)
    assert time.monotonic() - began < 5.0  # one after the other: 6
    assert len(findings) == 6


def test_findings_are_told_as_they_come(outbound: OutboundClient) -> None:
    order: list[str] = []

    def hear(findings: Sequence[Finding]) -> None:
        order.extend(one.probe for one in findings)

    probes = [slow_probe("late", 1, 2.0), slow_probe("early", 2, 0.0)]
    run("http://127.0.0.1:9/", outbound, probes=probes, on_findings=hear)
    assert order == ["early", "late"]


def test_a_rung_that_has_not_ended_at_the_deadline_is_too_slow_and_the_others_count(outbound: OutboundClient) -> None:
    probes = [slow_probe("late", 1, 8.0), slow_probe("early", 2, 0.0)]
    began = time.monotonic()
    findings = run("http://127.0.0.1:9/", outbound, probes=probes, deadline_s=0.5)
    assert time.monotonic() - began < 5.0
    assert {one.probe: one.note for one in findings} == {"early": None, "late": Note.TOO_SLOW}


def test_a_mistake_in_one_rung_leaves_the_others_alone_and_logs_no_secret(
    outbound: OutboundClient, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(asked: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
        yield probe_session.found(FindingKind.SHOP_IDENTITY, {"matches": True})
        raise KeyError(asked.credentials.webservice_key)

    faulty = Probe(
        name="faulty",
        rank=1,
        strength=Strength.VERIFIED,
        about=FindingKind.PLATFORM_VERSION,
        applies=lambda asked: True,
        run=stumble,
    )
    with caplog.at_level(logging.DEBUG):
        findings = run(
            "http://127.0.0.1:9/", outbound, probes=[faulty, slow_probe("good", 2, 0)], credentials=EVERYTHING
        )
    assert {(one.probe, one.note) for one in findings} == {
        ("faulty", None),
        ("faulty", Note.GONE_WRONG),
        ("good", None),
    }
    assert "faulty" in caplog.text
    assert "KeyError" in caplog.text
    assert DEMO_KEY not in caplog.text


def test_whoever_listens_may_end_the_inspection(outbound: OutboundClient) -> None:
    class LostInterest(Exception):
        pass

    def hear(findings: Sequence[Finding]) -> None:
        raise LostInterest

    asked = threading.Event()

    def later(asked_: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
        asked.wait(10)
        answer = probe_session.get("")
        refused.append(answer)
        yield probe_session.found(FindingKind.PLATFORM_VERSION, "8.2.1")

    refused: list[Any] = []
    patient = Probe(
        name="patient",
        rank=2,
        strength=Strength.OBSERVED,
        about=FindingKind.PLATFORM_VERSION,
        applies=lambda asked: True,
        run=later,
        requests=1,
    )
    with FakeShop(shop()).start() as site:
        with pytest.raises(LostInterest):
            run(site.url, outbound, probes=[slow_probe("early", 1, 0), patient], on_findings=hear)
        asked.set()
        until(lambda: bool(refused))
        assert site.requests == []
    assert isinstance(refused[0], ProbeFailure)


def until(holds: Any, within_s: float = 5.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


# --- shops that mean harm

HOSTILE = {
    "silent": after_a_request(lambda talk: talk.server.stopping.wait(30)),
    "drips its headers": after_a_request(lambda talk: talk.send_for_ever(b"X", every_s=0.02)),
    "drips its body": after_a_request(
        lambda talk: (talk.send(b"HTTP/1.1 200 OK\r\n\r\n"), talk.send_for_ever(b"<", every_s=0.02))
    ),
    "endless": after_a_request(
        lambda talk: (talk.send(b"HTTP/1.1 200 OK\r\n\r\n"), talk.send_for_ever(b"<module>" * 1000))
    ),
    "dies after its headers": after_a_request(
        lambda talk: (talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<"), talk.reset())
    ),
    "speaks no HTTP": once(b"\x00\x01\x02" * 100),
    "hangs up": after_a_request(lambda talk: None),
    "JSON and XML without end of depth": answering(reply(200, b"[" * 500_000)),
    "lies about its length": once(reply(200, b"<prestashop/>", length=10**12)),
    "cookies and redirects into the void": answering(reply(302, b"", ("Location", "http://[::1"))),
    "redirects inside": answering(reply(302, b"", ("Location", "http://169.254.169.254/latest/meta-data/"))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shop_that_means_harm_is_unknown_and_holds_nobody_longer_than_the_time_given(
    outbound: OutboundClient, name: str
) -> None:
    with HostileServer(HOSTILE[name]) as server:
        began = time.monotonic()
        findings = run(server.url(name="127.0.0.1"), outbound, credentials=EVERYTHING, deadline_s=1.0)
        took_s = time.monotonic() - began
        assert len(server.requests) <= MAX_REQUESTS
    assert took_s < 5.0
    assert merge_findings(findings).platform_version is None
    assert all(not one.is_known and one.note is not Note.GONE_WRONG for one in findings)
    assert {one.probe for one in findings} == {"companion", "admin_api", "webservice", *PUBLIC_PROBES}


@pytest.mark.parametrize("fault", Fault)
def test_a_shop_that_fails_on_one_path_still_tells_what_the_others_know(outbound: OutboundClient, fault: Fault) -> None:
    with FakeShop(shop(fault=fault, fault_under="/admin-api", pause_s=1.0)).start() as site:
        began = time.monotonic()
        findings = run(site.url, outbound, credentials=EVERYTHING, deadline_s=1.5)
        assert time.monotonic() - began < 6.0
    site_facts = merge_findings(findings)
    assert site_facts.platform_version is not None
    assert site_facts.platform_version.value == "9.1.4"
    assert {one.note for one in site_facts.unknowns if one.probe == "admin_api"}


# --- credentials

ALL_SECRETS = [value for name, value in SECRETS.items() if name != "client_id"]


def test_credentials_are_in_no_finding_no_log_no_address_and_no_repr(
    outbound: OutboundClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), FakeShop(shop()).start() as site:
        findings = run(site.url, outbound, credentials=EVERYTHING)
        targets = [request.target for request in site.requests]
    shown = f"{findings} {caplog.text} {EVERYTHING!r} {targets}"
    for secret in ALL_SECRETS:
        assert secret not in shown


def test_credentials_go_only_to_what_they_open_and_never_to_public_pages(outbound: OutboundClient) -> None:
    with FakeShop(shop()).start() as site:
        run(site.url, outbound, credentials=EVERYTHING)
        for request in site.requests:
            opened = request.path.startswith(("/api/", "/admin-api/"))
            assert ("authorization" in request.headers) is (opened and request.path != "/admin-api/access_token")
            assert (b"client_secret" in request.body) is (request.path == "/admin-api/access_token")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_credentials_are_never_said_again_over_a_redirect(outbound: OutboundClient, status: int) -> None:
    with FakeShop(shop()).start() as thief:

        def onward(talk: Conversation) -> None:
            while (request := talk.read()) is not None:
                path = request.line.split()[1]
                talk.send(reply(status, b"", ("Location", f"http://127.0.0.1:{thief.port}{path}")))

        with HostileServer(onward) as server:
            run(server.url(name="127.0.0.1"), outbound, credentials=EVERYTHING)
    assert thief.requests == []


def test_credentials_are_not_said_again_over_a_redirect_within_the_site_either(outbound: OutboundClient) -> None:
    def onward(talk: Conversation) -> None:
        while (request := talk.read()) is not None:
            path = request.line.split()[1]
            talk.send(reply(302, b"", ("Location", "/elsewhere")) if path != "/elsewhere" else reply(200, b"<html>"))

    with HostileServer(onward) as server:
        run(server.url(name="127.0.0.1"), outbound, credentials=EVERYTHING)
        after = [request for request in server.requests if request.line.split()[1] == "/elsewhere"]
        assert all(request.header("Authorization") is None for request in after)
        assert all(request.header("Inspection-Signature") is None for request in after)
        assert all(request.body == b"" for request in after)


def test_nobody_is_sent_a_credential_over_http_beyond_the_operators_networks() -> None:
    probes = [probe for probe in PROBES if probe.name in ("webservice", "admin_api", "companion")]
    policy = replace(SITE_POLICY, allowed_ports=SITE_POLICY.allowed_ports | {("http", 8080)})
    public = OutboundClient(policy, resolve=lambda host, port: ["93.184.216.34"])
    findings = run("http://shop.example:8080/", public, credentials=EVERYTHING, probes=probes)
    assert {one.note for one in findings} == {Note.NOT_SECURE}


def test_a_key_with_more_rights_than_asked_reads_nothing_more(outbound: OutboundClient) -> None:
    keys = [Key(grants={name: ("GET", "PUT", "DELETE") for name in ("shop_urls", "customers", "orders")})]
    with FakeShop(shop(keys=keys)).start() as site:
        run(site.url, outbound, credentials=EVERYTHING)
        asked = {request.path for request in site.requests if request.path.startswith("/api")}
    assert asked == {"/api/", "/api/shop_urls"}
