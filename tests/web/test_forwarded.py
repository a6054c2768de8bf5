"""Forwarded headers: a client is believed to be whom the trusted proxies say, and nobody can say it of themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import request, request_started
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.config.trusted_proxies import TrustedProxies, as_proxies
from marketplace_hooks.services.core.deployment import UNTRUSTED_PROXY, read_fact
from marketplace_hooks.web.forwarded import Client, ForwardedHeaders, read_client

from ..support.api_callers import Caller
from ..support.marketplace import Marketplace
from ..support.processes import wait_until

Opens = Callable[..., Marketplace]
PROXY = "10.0.0.5"
ONE = TrustedProxies(count=1)
NETWORKS = as_proxies("10.0.0.0/8 fd00::/8")


def client_of(trusted: TrustedProxies, **headers: str) -> Client:
    names = ("x_forwarded_for", "x_forwarded_proto", "x_forwarded_host", "forwarded")
    return read_client(trusted, *map(headers.get, names))


def address_of(trusted: TrustedProxies, **headers: str) -> str | None:
    return client_of(trusted, **headers).address


@pytest.mark.parametrize(
    ("trusted", "header", "address"),
    [
        (ONE, "192.0.2.7", "192.0.2.7"),
        (ONE, "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        (TrustedProxies(count=2), "198.51.100.1, 192.0.2.7, 10.0.0.9", "192.0.2.7"),
        (TrustedProxies(count=2), "192.0.2.7", None),
        (ONE, "192.0.2.7:4711", "192.0.2.7"),
        (ONE, "[2001:db8::1]:4711", "2001:db8::1"),
        (ONE, "2001:db8::1", "2001:db8::1"),
        (NETWORKS, "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        (NETWORKS, "198.51.100.1, 192.0.2.7, 10.0.0.9, fd00::2", "192.0.2.7"),
        (NETWORKS, "10.1.1.1, 10.0.0.9", "10.1.1.1"),
        (ONE, "192.0.2.7, unknown", None),
        (ONE, "", None),
        (ONE, ",,,", None),
        (ONE, "192.0.2.7" + " " * 5_000, None),
    ],
)
def test_the_client_is_who_asked_the_outermost_trusted_proxy(
    trusted: TrustedProxies, header: str, address: str | None
) -> None:
    assert address_of(trusted, x_forwarded_for=header) == address


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("for=192.0.2.7", Client(address="192.0.2.7")),
        (
            'For="[2001:db8::1]:4711";Proto=HTTPS;host="hooks.example:8443";by=10.0.0.5',
            Client(address="2001:db8::1", scheme="https", host="hooks.example:8443"),
        ),
        ("for=198.51.100.1;proto=http, for=192.0.2.7;proto=https", Client(address="192.0.2.7", scheme="https")),
        ('for=198.51.100.1;x="a,for=1.1.1.1", for=192.0.2.7', Client(address="192.0.2.7")),
        ('for="_hidden"', Client()),
        ("for=unknown", Client()),
        ('for="192.0.2.7', Client(address="192.0.2.7")),
        ('for=192.0.2.7;host="evil.example/path"', Client(address="192.0.2.7")),
        ("for=192.0.2.7;proto=javascript", Client(address="192.0.2.7")),
        (";;==,,", Client()),
    ],
)
def test_the_standard_header_is_read_too(header: str, client: Client) -> None:
    assert client_of(ONE, forwarded=header) == client


def test_scheme_and_host_come_from_the_proxy_that_the_client_asked() -> None:
    headers = {"x_forwarded_for": "192.0.2.7, 10.0.0.9", "x_forwarded_proto": "https", "x_forwarded_host": "a.example"}
    expected = Client(address="192.0.2.7", scheme="https", host="a.example")
    assert client_of(NETWORKS, **headers) == expected
    headers["x_forwarded_proto"] = "https, http"
    assert client_of(NETWORKS, **headers) == expected
    headers["x_forwarded_host"] = "evil.example, a.example, inner.example"
    assert client_of(NETWORKS, **headers) == expected


def test_a_header_that_the_proxy_does_not_write_cannot_change_what_it_says() -> None:
    from_proxy = {"x_forwarded_for": "192.0.2.7", "x_forwarded_proto": "http", "x_forwarded_host": "a.example"}
    invented = "for=198.51.100.9;proto=https;host=evil.example"
    assert client_of(ONE, **from_proxy, forwarded=invented) == Client()
    agreeing = client_of(ONE, **from_proxy, forwarded="for=192.0.2.7;proto=https;host=evil.example")
    assert agreeing == Client(address="192.0.2.7")


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from([ONE, TrustedProxies(count=3), NETWORKS]))
def test_no_header_is_too_strange(one: str, other: str, trusted: TrustedProxies) -> None:
    client_of(trusted, x_forwarded_for=one, x_forwarded_proto=other, x_forwarded_host=other, forwarded=other)


@pytest.mark.parametrize("length", [1_000, 100_000])
def test_a_long_header_is_not_worked_on(length: int) -> None:
    assert address_of(ONE, x_forwarded_for="1.2.3.4," * length) is None
    assert address_of(ONE, forwarded='for="' * length) is None


def seen_by(marketplace: Marketplace, **environ: str) -> list[str | None]:
    """The address, scheme and host that a view sees."""
    seen: list[str | None] = []

    def observe(_: Any, **__: Any) -> None:
        seen.extend([request.remote_addr, request.scheme, request.host])

    with request_started.connected_to(observe, marketplace.app):
        Caller(marketplace.app).get("/products", environ_overrides=environ)
    return seen


FORWARDED = {
    "HTTP_X_FORWARDED_FOR": "192.0.2.7",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "hooks.example",
}


def test_views_see_the_client_behind_a_trusted_proxy(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(TRUSTED_PROXIES="10.0.0.0/8")
    assert seen_by(marketplace, REMOTE_ADDR=PROXY, **FORWARDED) == ["192.0.2.7", "https", "hooks.example"]


@pytest.mark.parametrize(("proxies", "peer"), [(None, "1.1.1.1"), ("10.0.0.0/8", "1.1.1.1")])
def test_without_trust_the_headers_change_nothing(make_marketplace: Opens, proxies: str | None, peer: str) -> None:
    marketplace = make_marketplace(**({"TRUSTED_PROXIES": proxies} if proxies else {}))
    assert seen_by(marketplace, REMOTE_ADDR=peer, **FORWARDED) == [peer, "http", "localhost"]


@pytest.mark.usefixtures("clock")
def test_refused_events_are_counted_for_the_client_and_not_for_the_proxy(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(TRUSTED_PROXIES=1, FAILURE_RATE_PER_MINUTE=1)

    def post(client: str) -> int:
        environ = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": client}
        return marketplace.post(b"{}", secrets=["whsec_" + "A" * 44], environ_overrides=environ).status_code

    assert [post(client) for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2")] == [401, 429, 401]


def test_a_proxy_that_is_not_trusted_is_recorded_once(marketplace: Marketplace) -> None:
    def recorded() -> str | None:
        with marketplace.runtime.database.read_session() as session:
            fact = read_fact(session, UNTRUSTED_PROXY)
            return fact.value if fact else None

    seen_by(marketplace, REMOTE_ADDR="1.1.1.1", **FORWARDED)  # somebody outside who pretends to be a proxy.
    middleware: Any = marketplace.app.wsgi_app
    assert isinstance(middleware, ForwardedHeaders)
    assert recorded() is None
    for peer in (PROXY, "10.0.0.6"):
        seen_by(marketplace, REMOTE_ADDR=peer, **FORWARDED)
    wait_until(lambda: recorded() == PROXY, 30.0, "nothing was recorded")
