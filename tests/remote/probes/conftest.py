"""Shops to inspect, over real HTTP on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import FakeShop, Shop
from marketplace_hooks.domain.inspections.evidence import Finding
from marketplace_hooks.domain.merchant_sites import Site, parse
from marketplace_hooks.remote.http.client import OutboundClient
from marketplace_hooks.remote.probes.protocol import Credentials
from marketplace_hooks.remote.probes.registry import PROBES
from marketplace_hooks.remote.probes.run import inspect
from marketplace_hooks.remote.probes.site_client import make_site_client

Open = Callable[..., FakeShop]

KEY = Credentials(webservice_key=DEMO_KEY)
CLIENT = Credentials(client_id="inspector", client_secret="demo-secret")
COMPANION_KEY = "a key that customer and companion share"
COMPANION = Credentials(companion_key=COMPANION_KEY)
NONCE = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def open_shop() -> Iterator[Open]:
    """Open fake shops that are closed when the test ends; arguments are `Shop`'s."""
    with ExitStack() as stack:
        yield lambda **facts: stack.enter_context(FakeShop(Shop(**facts)).start())


@pytest.fixture
def outbound() -> Iterator[OutboundClient]:
    """The client that inspections use, allowed to speak to loopback."""
    client = make_site_client(["127.0.0.0/8"], about_url="https://marketplace.example/about-inspections")
    yield client
    client.close()


def site_of(url: str) -> Site:
    site = parse(url)
    assert site is not None
    return site


def probe_shop(probe: str, site: FakeShop | str, outbound: OutboundClient, **asked: Any) -> Sequence[Finding]:
    """What one rung alone finds."""
    url = site if isinstance(site, str) else site.url
    probes = [one for one in PROBES if one.name == probe]
    return inspect(site_of(url), outbound=outbound, probes=probes, **{"nonce": NONCE, **asked})


def only(findings: Sequence[Finding]) -> Finding:
    """The one finding there is."""
    assert len(findings) == 1, [(one.what, one.value, one.note) for one in findings]
    return findings[0]
