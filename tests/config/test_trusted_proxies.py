"""Trusted proxies: a number of them, or their networks; anything else stops the start with a sentence."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from marketplace_hooks.config.parsers import SettingError
from marketplace_hooks.config.trusted_proxies import TrustedProxies, as_proxies


@pytest.mark.parametrize("value", [2, "2", " 2 "])
def test_a_number_is_how_many_proxies_there_are(value: Any) -> None:
    proxies = as_proxies(value)
    assert proxies == TrustedProxies(count=2)
    assert proxies.has("192.0.2.7")


@pytest.mark.parametrize("value", ["10.0.0.0/8 2001:db8::/32", ["10.0.0.0/8", "2001:db8::/32"]])
def test_networks_are_those_that_the_proxies_are_in(value: Any) -> None:
    proxies = as_proxies(value)
    assert proxies.networks == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32"))
    assert all(proxies.has(address) for address in ("10.1.2.3", "2001:db8::9", "::ffff:10.1.2.3"))
    assert not any(proxies.has(address) for address in ("192.0.2.7", "", None, "unix:"))


@pytest.mark.parametrize("value", [0, "0", 17, "999999999999", True, "", "proxy.example", "10.0.0.1/8", -1, "²"])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(SettingError, match="must be"):
        as_proxies(value)
