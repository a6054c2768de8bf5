"""HTTP client of inspections: how it names itself to a shop, and how it follows redirects.

Every process has one; the probes that use it are loaded by workers alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ..http.address_rules import AllowedNetwork
from ..http.client import INSPECTIONS, OutboundClient
from ..http.dns import Resolve, system_resolve

ABOUT_PATH = "/about-inspections"
AGENT = "marketplace-hooks-inspections"
"""How a shop's log names us. A page below the service's address says what we do, `ABOUT_PATH`."""

SITE_POLICY = dataclasses.replace(INSPECTIONS, max_redirects=0)
"""How an inspection speaks to a shop: it follows redirects itself, to count them and keep to the bound host."""


def make_site_client(
    allowed_networks: Iterable[str | AllowedNetwork] = (),
    *,
    about_url: str = "",
    resolve: Resolve = system_resolve,
    ca_file: str | None = None,
) -> OutboundClient:
    """Return the client that inspections use: its User-Agent names us and links to a page about what we do."""
    agent = f"{AGENT} (+{about_url})" if about_url else AGENT
    return OutboundClient(SITE_POLICY, allowed_networks, resolve=resolve, ca_file=ca_file, user_agent=agent)
