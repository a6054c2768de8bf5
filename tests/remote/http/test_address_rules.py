from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.outbound import is_public
from marketplace_hooks.remote.http.address_rules import AllowedNetwork, parse_allowed_networks

from ...support.cases import case_id, cases

ADDRESS_CASES = [case for case in cases("outbound_safety") if case["kind"] == "address"]

# Ranges that other guards forget, each by its first and last address and its neighbours outside.
EDGES = [
    ("0.0.0.0/8", "1.0.0.0"),
    ("10.0.0.0/8", "9.255.255.255", "11.0.0.0"),
    ("100.64.0.0/10", "100.63.255.255", "100.128.0.0"),
    ("127.0.0.0/8", "126.255.255.255", "128.0.0.0"),
    ("168.63.129.16/32", "168.63.129.15", "168.63.129.17"),
    ("169.254.0.0/16", "169.253.255.255", "169.255.0.0"),
    ("172.16.0.0/12", "172.15.255.255", "172.32.0.0"),
    ("192.0.0.0/24", "191.255.255.255", "192.0.1.0"),
    ("192.0.2.0/24", "192.0.1.255", "192.0.3.0"),
    ("192.88.99.0/24", "192.88.98.255", "192.88.100.0"),
    ("192.168.0.0/16", "192.167.255.255", "192.169.0.0"),
    ("198.18.0.0/15", "198.17.255.255", "198.20.0.0"),
    ("198.51.100.0/24", "198.51.99.255", "198.51.101.0"),
    ("203.0.113.0/24", "203.0.112.255", "203.0.114.0"),
    ("224.0.0.0/4", "223.255.255.255"),
    ("240.0.0.0/4",),
    ("2001::/23", "2001:200::"),
    ("2001:db8::/32", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
    ("2002::/16", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"),
    ("3fff::/20", "3fff:1000::"),
    ("::/96",),
    ("::ffff:0:0/96",),
    ("::ffff:0:0:0/96",),
    ("64:ff9b::/96",),
    ("64:ff9b:1::/48",),
    ("100::/64",),
    ("100:0:0:1::/64",),
    ("5f00::/16",),
    ("fc00::/7",),
    ("fe80::/10",),
    ("fec0::/10",),
    ("ff00::/8",),
]


@pytest.mark.parametrize("case", ADDRESS_CASES, ids=case_id)
def test_every_address_case_is_public_or_not_as_written(case: dict[str, Any]) -> None:
    for sample in case["samples"]:
        assert is_public(sample) == (case["expected"] == "allow"), sample
        assert is_public(ip_address(sample)) == (case["expected"] == "allow"), sample


@pytest.mark.parametrize(("cidr", "neighbours"), [(cidr, rest) for cidr, *rest in EDGES], ids=lambda value: str(value))
def test_a_refused_range_ends_exactly_where_it_ends(cidr: str, neighbours: list[str]) -> None:
    network = ip_network(cidr)
    assert not is_public(network[0])
    assert not is_public(network[-1])
    for neighbour in neighbours:
        assert is_public(neighbour), neighbour


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_that_python_calls_private_is_public(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_one_is_never_public(address: IPv4Address) -> None:
    for prefix in ("::", "::ffff:", "::ffff:0:", "64:ff9b::"):
        assert not is_public(f"{prefix}{address}")
    assert not is_public(IPv6Address((0x2002 << 112) | (int(address) << 80)))


@pytest.mark.parametrize(
    "text",
    ["", "127.1", "0x7f000001", "2130706433", "010.0.0.1", "9.9.9.9 ", "9.9.9.9/32", "２.2.2.2", "example.com"],
)
def test_text_that_is_not_an_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def test_an_address_with_a_zone_is_not_public() -> None:
    assert not is_public("fe80::1%eth0")
    assert not is_public("2606:4700:4700::1111%eth0")


@pytest.mark.parametrize(
    ("text", "address", "port", "permitted"),
    [
        ("127.0.0.0/8", "127.255.255.255", 1, True),
        ("127.0.0.0/8", "128.0.0.0", 1, False),
        ("10.1.0.0/16:8080", "10.1.2.3", 8080, True),
        ("10.1.0.0/16:8080", "10.1.2.3", 8081, False),
        ("10.1.2.3", "10.1.2.3", 443, True),
        ("10.1.2.3", "10.1.2.4", 443, False),
        ("10.1.2.3:80", "10.1.2.3", 80, True),
        ("fd00::/8", "fdff::1", 9, True),
        ("fd00::/8:80", "fdff::1", 80, True),
        ("fd00::/8:80", "fdff::1", 81, False),
        ("[fd00::/8]:80", "fdff::1", 80, True),
        ("[::1]:5000", "::1", 5000, True),
        ("::1", "::1", 5000, True),
        ("127.0.0.0/8", "::ffff:127.0.0.1", 80, False),
        (" 10.0.0.0/8 ", "10.0.0.1", 80, True),
    ],
)
def test_an_allowed_network_permits_its_addresses_at_its_port(
    text: str, address: str, port: int, permitted: bool
) -> None:
    assert AllowedNetwork.parse(text).permits(ip_address(address), port) is permitted


@pytest.mark.parametrize(
    "text",
    ["", "10.0.0.1/8", "10.0.0.0/33", "shop.test", "10.0.0.0/8:", "10.0.0.0/8:0", "10.0.0.0/8:65536", "[::1]", "x:1"],
)
def test_a_malformed_allowed_network_is_refused_in_a_sentence_that_repeats_it(text: str) -> None:
    with pytest.raises(ValueError, match="is not an allowed network") as refusal:
        AllowedNetwork.parse(text)
    assert repr(text) in str(refusal.value)


@given(
    network=st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).flatmap(
        lambda address: st.integers(0, address.max_prefixlen).map(
            lambda prefix: ip_network(f"{address}/{prefix}", strict=False)
        )
    ),
    port=st.one_of(st.none(), st.integers(1, 65535)),
)
def test_an_allowed_network_reads_back_what_it_writes(network: Any, port: int | None) -> None:
    written = AllowedNetwork(network=network, port=port)
    assert parse_allowed_networks([str(written), written]) == (written, written)
