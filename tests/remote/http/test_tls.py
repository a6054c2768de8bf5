"""TLS: a connection goes to the address that was checked, and the certificate still has to prove the name."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from marketplace_hooks.errors import OutboundFailed
from marketplace_hooks.remote.http import transport
from marketplace_hooks.remote.http.client import DELIVERIES, INSPECTIONS, OutboundClient, OutboundResponse

from ...support.certificates import Authority
from ...support.hostile_server import Conversation, HostileServer, answering, reply

PUBLIC = "93.184.216.34"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def names_asked() -> list[str | None]:
    """The server names that clients asked for in their TLS hello."""
    return []


@pytest.fixture
def server(authority: Authority, names_asked: list[str | None]) -> Iterator[HostileServer]:
    context = authority.server_context("shop.test", "other.test", "127.0.0.1")
    context.sni_callback = lambda tls, name, context: names_asked.append(name)
    with HostileServer(answering(reply(200, b"safe")), tls=context) as listening:
        yield listening


def client(authority: Authority | None, **settings: object) -> OutboundClient:
    everything = {
        "policy": DELIVERIES,
        "allowed_networks": ["127.0.0.0/8"],
        "resolve": lambda host, port: ["127.0.0.1"],
        "ca_file": authority.file if authority else None,
    }
    return OutboundClient(**(everything | settings))  # type: ignore[arg-type]  # a test's choice of any setting.


def post(outbound: OutboundClient, url: str) -> OutboundResponse:
    return outbound.post(url, body=b"{}", headers={})


def reason_of(ask: Callable[[], OutboundResponse]) -> str:
    with pytest.raises(OutboundFailed) as failure:
        ask()
    return failure.value.reason


def test_the_name_is_proven_while_the_checked_address_is_dialled(
    authority: Authority, server: HostileServer, names_asked: list[str | None]
) -> None:
    answer = post(client(authority), server.url("/hook"))
    assert (answer.status, answer.body, answer.url) == (200, b"safe", server.url("/hook"))
    assert names_asked == ["shop.test"]
    assert server.requests[0].header("Host") == f"shop.test:{server.port}"


def test_a_public_address_is_dialled_and_the_name_proven_there(
    authority: Authority, server: HostileServer, names_asked: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled = []

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        dialled.append(address)
        socket.socket.connect(self, ("127.0.0.1", server.port))

    # The cable is replaced and nothing above it: no server on this machine has a public address.
    monkeypatch.setattr(transport.TimedSocket, "connect", connect, raising=False)
    outbound = client(authority, allowed_networks=(), resolve=lambda host, port: [PUBLIC, "2606:4700:4700::1111"])
    assert post(outbound, "https://shop.test:8443/hook").body == b"safe"
    assert (dialled, names_asked) == ([(PUBLIC, 8443)], ["shop.test"])
    assert server.requests[0].header("Host") == "shop.test:8443"


def test_a_certificate_for_another_name_is_refused(authority: Authority, server: HostileServer) -> None:
    assert reason_of(lambda: post(client(authority), server.url(name="evil.test"))) == "tls"
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: Authority, server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.file)
    monkeypatch.setenv("CURL_CA_BUNDLE", authority.file)
    assert reason_of(lambda: post(client(None), server.url())) == "tls"
    assert reason_of(lambda: post(client(Authority(tmp_path)), server.url())) == "tls"
    assert server.requests == []


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    with HostileServer(answering(reply()), tls=authority.server_context("shop.test", days=-1)) as server:
        assert reason_of(lambda: post(client(authority), server.url())) == "tls"


def test_an_address_in_a_url_is_proven_as_an_address(
    authority: Authority, server: HostileServer, names_asked: list[str | None]
) -> None:
    assert post(client(authority), server.url(name="127.0.0.1")).body == b"safe"
    assert names_asked == [None]
    with HostileServer(answering(reply()), tls=authority.server_context("shop.test")) as by_name_only:
        assert reason_of(lambda: post(client(authority), by_name_only.url(name="127.0.0.1"))) == "tls"


def test_an_old_protocol_is_refused(authority: Authority) -> None:
    context = authority.server_context("shop.test")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with HostileServer(answering(reply()), tls=context) as server:
        assert reason_of(lambda: post(client(authority), server.url())) == "tls"


def test_connections_are_used_again_for_the_same_name_only(
    authority: Authority, server: HostileServer, names_asked: list[str | None]
) -> None:
    outbound = client(authority)
    for name in ("shop.test", "shop.test", "other.test", "shop.test", "other.test"):
        assert post(outbound, server.url(name=name)).body == b"safe"
    assert names_asked == ["shop.test", "other.test"]
    outbound.close()


def test_a_redirect_to_another_name_proves_that_name(
    authority: Authority, server: HostileServer, names_asked: list[str | None]
) -> None:
    server.behave = answering(reply(301, b"", ("Location", server.url(name="other.test"))), reply(200, b"there"))
    assert client(authority, policy=INSPECTIONS).get(server.url()).body == b"there"
    assert names_asked == ["shop.test", "other.test"]
    server.behave = answering(reply(301, b"", ("Location", server.url(name="evil.test"))), reply())
    assert reason_of(lambda: client(authority, policy=INSPECTIONS).get(server.url())) == "tls"


def drip_inside(talk: Conversation) -> None:
    talk.read()
    talk.send(b"HTTP/1.1 200 OK\r\n\r\n")
    talk.send_for_ever(b"x", every_s=0.02)


def drip_handshake(talk: Conversation) -> None:
    talk.send(b"\x16\x03\x03\x40\x00")  # the head of a handshake record of 16 KiB
    talk.send_for_ever(b"\x02", every_s=0.02)


@pytest.mark.parametrize("kind", ["body", "handshake", "silence"])
def test_a_peer_that_drips_inside_tls_is_left_at_the_deadline(authority: Authority, kind: str) -> None:
    outbound = client(authority, policy=replace(DELIVERIES, total_s=0.3))
    if kind == "body":
        hostile = HostileServer(drip_inside, tls=authority.server_context("shop.test"))
    else:
        hostile = HostileServer(drip_handshake if kind == "handshake" else lambda talk: talk.server.stopping.wait())
    with hostile as server:
        began = time.monotonic()
        assert reason_of(lambda: post(outbound, server.url().replace("http:", "https:"))) == "timeout"
        assert 0.3 <= time.monotonic() - began < 3.0


def test_an_endless_body_inside_tls_is_cut_at_the_cap(authority: Authority) -> None:
    def pour(talk: Conversation) -> None:
        talk.read()
        talk.send(b"HTTP/1.1 200 OK\r\n\r\n")
        talk.send_for_ever(b"x" * 65536)

    with HostileServer(pour, tls=authority.server_context("shop.test")) as server:
        answer = post(client(authority), server.url())
        assert (len(answer.body), answer.truncated) == (DELIVERIES.max_body_bytes, True)


def test_a_connection_cut_inside_tls_is_a_failed_connection(authority: Authority) -> None:
    def cut(talk: Conversation) -> None:
        talk.read()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        talk.reset()

    with HostileServer(cut, tls=authority.server_context("shop.test")) as server:
        assert reason_of(lambda: post(client(authority), server.url())) == "connection"
