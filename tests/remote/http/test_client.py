"""HTTP client with well-behaved peers; `test_hostile_servers.py` has the others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from marketplace_hooks.errors import OutboundFailed, OutboundRefused
from marketplace_hooks.remote.http import transport, url_rules
from marketplace_hooks.remote.http.client import DELIVERIES, INSPECTIONS, OutboundClient, OutboundPolicy

from ...support.cases import case_id, cases
from ...support.hostile_server import Conversation, HostileServer, answering, once, reply

HEADERS = {"Content-Type": "application/json"}
LOOPBACK = ["127.0.0.0/8"]
PUBLIC = "93.184.216.34"

DNS_CASES = [case for case in cases("outbound_safety") if case["kind"] == "dns"]
REDIRECT_CASES = [case for case in cases("outbound_safety") if case["kind"] == "redirect"]


def resolving(*answers: list[str]) -> Callable[[str, int], list[str]]:
    """Answer look-ups in turn, whatever the name; one look-up too many is an error."""
    left = list(answers)
    return lambda host, port: left.pop(0)


def client(policy: OutboundPolicy = DELIVERIES, answer: list[str] | None = None, **settings: Any) -> OutboundClient:
    """A client of this machine's names: every name lives at 127.0.0.1."""
    settings = {"allowed_networks": LOOPBACK, "resolve": lambda host, port: answer or ["127.0.0.1"]} | settings
    return OutboundClient(policy, **settings)


def post(outbound: OutboundClient, url: str, **more: Any) -> Any:
    return outbound.post(url, **({"body": b'{"a": 1}', "headers": HEADERS} | more))


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer(answering(reply(200, b"thanks", ("X-Seen", "1")))) as listening:
        yield listening


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch, server: HostileServer) -> list[tuple[str, int]]:
    """Lay every connection to the world to `server`, and list where it should have gone.

    The cable is replaced and nothing above it: no test may leave the machine, and no server on it has a
    public address.
    """
    dialled: list[tuple[str, int]] = []

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        dialled.append(address)
        socket.socket.connect(self, ("127.0.0.1", server.port))

    monkeypatch.setattr(transport.TimedSocket, "connect", connect, raising=False)
    return dialled


def test_a_delivery_arrives_as_it_was_given_and_its_answer_comes_back(server: HostileServer) -> None:
    answer = post(client(), server.url("/hook?x=1&y=%20"), custom_headers={"X-Api-Key": "abc"})
    (request,) = server.requests
    assert request.line == "POST /hook?x=1&y=%20 HTTP/1.1"
    assert request.body == b'{"a": 1}'
    assert request.header("Host") == f"shop.test:{server.port}"
    assert request.header("Content-Type") == "application/json"
    assert request.header("X-Api-Key") == "abc"
    assert request.header("Accept-Encoding") == "identity"
    assert (answer.status, answer.body, answer.text, answer.truncated) == (200, b"thanks", "thanks", False)
    assert answer.headers["x-seen"] == "1"
    assert answer.url == server.url("/hook?x=1&y=%20")
    assert 0 < answer.elapsed_s < DELIVERIES.total_s


def test_our_headers_win_over_a_tenants_and_reserved_ones_are_refused(server: HostileServer) -> None:
    outbound = client()
    post(outbound, server.url(), headers={"Accept": "a/b"}, custom_headers={"accept": "c/d"})
    assert server.requests[0].header("Accept") == "a/b"
    for custom in ({"Host": "other"}, {"X-A": "a\r\nHost: other"}):
        with pytest.raises(OutboundRefused):
            post(outbound, server.url(), custom_headers=custom)
    with pytest.raises(OutboundRefused):
        outbound.get(server.url(), headers={"X-A": "a\nb"})
    assert len(server.requests) == 1


def test_an_empty_body_is_sent_as_an_empty_body(server: HostileServer) -> None:
    assert post(client(), server.url(), body=b"").status == 200
    assert server.requests[0].header("Content-Length") == "0"


@pytest.mark.parametrize("path", ["/a/../b/./c", "//double//", "/%41%7E?q=%2F&x=a+b", "/;p=1?"])
def test_a_path_is_asked_for_as_it_was_given(server: HostileServer, path: str) -> None:
    post(client(), server.url(path))
    assert server.requests[0].line == f"POST {path} HTTP/1.1"


@pytest.mark.parametrize("status", [200, 204, 400, 410, 429, 500, 503])
def test_any_status_is_an_answer(status: int) -> None:
    body = b"" if status == 204 else b"x"
    with HostileServer(answering(reply(status, body, ("Retry-After", "7")))) as server:
        answer = post(client(), server.url())
    assert (answer.status, answer.body, answer.headers.get("retry-after")) == (status, body, "7")


# --- names and addresses


@pytest.mark.parametrize("case", DNS_CASES, ids=case_id)
def test_every_dns_case_is_refused_at_its_last_look_up(case: dict[str, Any], wire: list[tuple[str, int]]) -> None:
    outbound = client(allowed_networks=[], policy=INSPECTIONS, resolve=resolving(*case["lookups"]))
    for _ in case["lookups"][:-1]:
        assert outbound.get(f"http://{case['host']}/").status == 200
    before = list(wire)
    with pytest.raises(OutboundRefused) as refusal:
        outbound.get(f"http://{case['host']}/")
    assert refusal.value.code == "address_not_public"
    assert wire == before


def test_a_name_is_looked_up_once_and_its_checked_address_is_dialled(
    wire: list[tuple[str, int]], server: HostileServer
) -> None:
    # A second look-up would meet an error: the list of answers is empty by then.
    outbound = client(allowed_networks=[], policy=INSPECTIONS, resolve=resolving([PUBLIC, "2606:4700:4700::1111"]))
    assert outbound.get("http://shop.test/").status == 200
    assert wire == [(PUBLIC, 80)]
    assert server.requests[0].header("Host") == "shop.test"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([PUBLIC, "127.0.0.1"], "address_not_public"),
        (["2606:4700:4700::1111", "::ffff:127.0.0.1"], "address_not_public"),
        ([PUBLIC, "gibberish"], "address_not_public"),
    ],
)
def test_one_bad_answer_refuses_the_name(answers: list[str], code: str, wire: list[tuple[str, int]]) -> None:
    with pytest.raises(OutboundRefused) as refusal:
        post(client(allowed_networks=[], answer=answers), "https://shop.test/")
    assert (refusal.value.code, wire) == (code, [])


def test_an_address_in_an_allowed_network_is_dialled_only_at_its_port(server: HostileServer) -> None:
    assert post(client(allowed_networks=[f"127.0.0.1:{server.port}"]), server.url()).status == 200
    assert post(client(allowed_networks=[f"127.0.0.1:{server.port}"]), server.url(name="localhost")).status == 200
    with pytest.raises(OutboundRefused) as refusal:
        post(client(allowed_networks=["127.0.0.1:1"]), server.url())
    assert refusal.value.code == "url_scheme"
    with pytest.raises(OutboundRefused) as refusal:
        post(client(allowed_networks=[f"10.0.0.0/8:{server.port}"]), server.url())
    assert refusal.value.code == "address_not_public"
    assert len(server.requests) == 2


def test_http_to_a_public_address_stays_refused_where_some_network_is_allowed(wire: list[tuple[str, int]]) -> None:
    with pytest.raises(OutboundRefused) as refusal:
        post(client(answer=[PUBLIC]), "http://shop.test/")
    assert (refusal.value.code, wire) == ("url_scheme", [])


def test_an_internal_name_with_a_public_address_stays_refused(wire: list[tuple[str, int]]) -> None:
    with pytest.raises(OutboundRefused) as refusal:
        post(client(answer=[PUBLIC]), "https://redis/")
    assert (refusal.value.code, wire) == ("url_internal_name", [])


def test_the_next_address_is_tried_when_one_cannot_be_reached(server: HostileServer) -> None:
    assert post(client(answer=["127.0.0.2", "127.0.0.1"]), server.url()).status == 200


def test_no_other_address_is_tried_once_the_request_has_left() -> None:
    with HostileServer(once(b""), host="0.0.0.0") as server:
        with pytest.raises(OutboundFailed) as failure:
            post(client(answer=["127.0.0.2", "127.0.0.1"]), server.url())
        assert failure.value.reason == "connection"
        assert len(server.requests) == 1


def test_a_closed_port_is_a_failed_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(OutboundFailed) as failure:
        post(client(), f"http://shop.test:{port}/")
    assert failure.value.reason == "connection"


# --- redirects


@pytest.mark.parametrize("case", REDIRECT_CASES, ids=case_id)
def test_a_delivery_takes_every_redirect_for_an_answer(case: dict[str, Any]) -> None:
    with HostileServer(answering(reply())) as trap, HostileServer(lambda talk: hostile(talk)) as server:
        headers = dict(case.get("headers", {}))
        if "location" in case:
            headers["Location"] = case["location"].replace("(self)", server.url())
        hostile = answering(reply(case["status"], b"", *headers.items()))
        for location in (headers.get("Location"), trap.url()):
            if location is not None and "Location" in headers:
                headers["Location"] = location
                hostile = answering(reply(case["status"], b"", *headers.items()))
            answer = post(client(), server.url())
            assert answer.status == case["status"]
        assert (len(server.requests), trap.connections) == (2, 0)


@pytest.mark.parametrize("case", [case for case in REDIRECT_CASES if "location" in case], ids=case_id)
def test_an_inspection_checks_where_every_redirect_leads(case: dict[str, Any]) -> None:
    with HostileServer(answering(reply())) as server:
        port_only = client(INSPECTIONS, allowed_networks=[f"127.0.0.1:{server.port}"])
        location = case["location"].replace("(self)", server.url())
        server.behave = answering(reply(case["status"], b"", ("Location", location)), reply(200, b"followed"))
        if location.startswith(("/o", "http://shop.test")):
            assert port_only.get(server.url()).body == b"followed"
            return
        with pytest.raises(OutboundRefused):
            port_only.get(server.url())
        assert len(server.requests) == 1


def test_an_inspection_follows_three_redirects_and_not_four() -> None:
    hops = [reply(302, b"", ("Location", f"/{number}")) for number in range(1, 5)]
    with HostileServer(answering(*hops[:3], reply(200, b"arrived"))) as server:
        answer = client(INSPECTIONS).get(server.url())
        assert (answer.body, answer.url, len(server.requests)) == (b"arrived", server.url("/3"), 4)
    with HostileServer(answering(*hops)) as server:
        with pytest.raises(OutboundFailed) as failure:
            client(INSPECTIONS).get(server.url())
        assert (failure.value.reason, len(server.requests)) == ("redirects", 4)


def test_a_redirect_looks_its_name_up_anew_and_is_refused_by_the_new_answer(server: HostileServer) -> None:
    server.behave = answering(reply(301, b"", ("Location", "http://inner.test/")))
    names = {"shop.test": ["127.0.0.1"], "inner.test": ["10.0.0.1"]}
    with pytest.raises(OutboundRefused) as refusal:
        client(INSPECTIONS, resolve=lambda host, port: names[host]).get(server.url())
    assert refusal.value.code == "address_not_public"


def test_credentials_and_cookies_are_never_said_again_over_a_redirect() -> None:
    with HostileServer(answering(reply())) as other:
        to_other = reply(302, b"", ("Location", other.url("/b", name="other.test")), ("Set-Cookie", "a=1; Path=/"))
        sent_headers = {"Authorization": "Basic abc", "Cookie": "b=2", "X-Api-Key": "c", "Accept-Language": "fr"}
        with HostileServer(answering(reply(302, b"", ("Location", "/a")), to_other)) as server:
            assert client(INSPECTIONS).get(server.url(), headers=sent_headers).status == 200
        first, same_host, other_host = [*server.requests, *other.requests]
    assert [first.header(name) for name in sent_headers] == list(sent_headers.values())
    for later in (same_host, other_host):
        assert [later.header(name) for name in sent_headers] == [None, None, None, "fr"]
    assert other_host.header("Host") == f"other.test:{other.port}"


def test_a_location_beyond_ascii_is_read_as_utf_8(server: HostileServer) -> None:
    location = "/été".encode().decode("latin-1")
    server.behave = answering(reply(302, b"", ("Location", location)), reply())
    assert client(INSPECTIONS).get(server.url()).url == server.url("/%C3%A9t%C3%A9")


@pytest.mark.parametrize(
    "location", ["http://[", "https://a b/", "http://\\127.0.0.1/", "javascript:1", "\xff", "//@/"]
)
def test_a_malformed_location_is_refused(server: HostileServer, location: str) -> None:
    server.behave = answering(reply(302, b"", ("Location", location)))
    with pytest.raises(OutboundRefused):
        client(INSPECTIONS).get(server.url())


def test_a_redirect_without_a_location_is_an_answer(server: HostileServer) -> None:
    server.behave = answering(reply(302, b"where?"))
    answer = client(INSPECTIONS).get(server.url())
    assert (answer.status, answer.body) == (302, b"where?")


# --- what the environment says


def test_proxies_and_netrc_of_the_environment_are_ignored(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine shop.test login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(client(), server.url()).status == 200
    assert server.requests[0].header("Authorization") is None


@pytest.mark.parametrize("headers", [{"Authorization": "Basic abc"}, {"cookie": "a=1"}])
def test_credentials_do_not_travel_in_the_clear_over_the_internet(
    headers: dict[str, str], wire: list[tuple[str, int]], server: HostileServer
) -> None:
    outside = client(INSPECTIONS, allowed_networks=[], answer=[PUBLIC])
    for ask in (lambda: outside.get("http://shop.test/", headers=headers), lambda: post(outside, "http://shop.test/")):
        with pytest.raises(OutboundRefused) as refusal:
            ask()
        assert refusal.value.code == "credentials_in_clear"
    assert wire == []
    assert client(INSPECTIONS).get(server.url(), headers=headers).status == 200


def test_one_address_on_the_internet_is_enough_to_keep_credentials_back(wire: list[tuple[str, int]]) -> None:
    outbound = client(INSPECTIONS, answer=["127.0.0.1", PUBLIC])
    with pytest.raises(OutboundRefused) as refusal:
        outbound.get("http://shop.test/", headers={"Authorization": "Basic abc"})
    assert (refusal.value.code, wire) == ("credentials_in_clear", [])
    assert outbound.get("http://shop.test/").status == 200


def test_what_our_own_table_let_through_is_refused_where_it_is_dialled(
    wire: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(url_rules, "is_public", lambda address: True)
    with pytest.raises(OutboundRefused) as refusal:
        post(client(allowed_networks=[], answer=["10.0.0.1"]), "https://shop.test/")
    assert (refusal.value.code, wire) == ("address_not_public", [])


# --- connections


def test_a_connection_read_to_its_end_is_used_again(server: HostileServer) -> None:
    outbound = client()
    for _ in range(5):
        assert post(outbound, server.url()).body == b"thanks"
    assert (len(server.requests), server.connections) == (5, 1)
    outbound.close()


def test_a_connection_that_idled_too_long_is_not_used_again(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = client()
    post(outbound, server.url())
    monkeypatch.setattr(transport, "_LONGEST_IDLE_S", 0)
    post(outbound, server.url())
    assert server.connections == 2


@pytest.mark.parametrize(
    "raw",
    [
        reply(200, b"x" * 100_000),
        b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" + reply(),
        reply(200, b"ok", ("Connection", "close")),
    ],
    ids=["cut off", "early hints", "closing"],
)
def test_a_connection_with_something_left_to_read_is_not_used_again(raw: bytes) -> None:
    with HostileServer(answering(raw)) as server:
        outbound = client()
        post(outbound, server.url())
        post(outbound, server.url())
        assert server.connections == 2


def test_one_answer_too_many_is_not_taken_for_the_next_one() -> None:
    with HostileServer(answering(reply() + reply(200, b"evil"), reply())) as server:
        outbound = client()
        assert [post(outbound, server.url()).body for _ in range(3)] == [b"ok", b"ok", b"ok"]


def test_cookies_are_not_kept_between_requests() -> None:
    with HostileServer(answering(reply(200, b"ok", ("Set-Cookie", "a=1; Path=/")))) as server:
        outbound = client()
        assert post(outbound, server.url()).headers.all("set-cookie") == ("a=1; Path=/",)
        post(outbound, server.url())
        assert server.requests[1].header("Cookie") is None


def test_many_threads_deliver_at_once_and_each_gets_its_own_answer() -> None:
    def echo(talk: Conversation) -> None:
        while (request := talk.read()) is not None:
            talk.send(reply(200, request.body))

    with HostileServer(echo) as server, ThreadPoolExecutor(16) as pool:
        outbound = client()
        bodies = [f"body {number}".encode() for number in range(200)]
        answers = pool.map(lambda body: post(outbound, server.url(), body=body), bodies)
        assert [answer.body for answer in answers] == bodies


def test_a_silent_peer_delays_nobody_else(server: HostileServer) -> None:
    outbound = client()
    with ThreadPoolExecutor(8) as pool:
        with HostileServer(lambda talk: talk.server.stopping.wait()) as silent:
            stuck = [pool.submit(post, outbound, silent.url()) for _ in range(7)]
            assert post(outbound, server.url()).status == 200
            assert not any(one.done() for one in stuck)
        assert {type(one.exception()) for one in stuck} == {OutboundFailed}


# --- look-ups


def test_a_slow_look_up_ends_at_the_deadline() -> None:
    answered = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        answered.wait(10)
        return ["127.0.0.1"]

    with pytest.raises(OutboundFailed) as failure:
        post(client(resolve=resolve), "http://shop.test:1/", total_s=0.1)
    assert failure.value.reason == "timeout"
    answered.set()


@pytest.mark.parametrize("answer", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label"), []])
def test_a_name_without_an_address_is_a_failed_look_up(answer: Any) -> None:
    def resolve(host: str, port: int) -> list[str]:
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    with pytest.raises(OutboundFailed) as failure:
        post(client(resolve=resolve), "https://shop.test/")
    assert failure.value.reason == "dns"


def test_a_mistake_in_a_resolver_is_not_taken_for_a_failed_look_up() -> None:
    with pytest.raises(IndexError):
        post(client(resolve=resolving()), "https://shop.test/")
