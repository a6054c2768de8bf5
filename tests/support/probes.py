"""The probes that look at what everybody can see of a shop, by the path that each asks for."""

from __future__ import annotations

PUBLIC_PROBES = {
    "cookie": "/",
    "public_page": "/",
    "config_xml": "/modules/shipping/config.xml",
}
"""Of a shop at the root of its host, whose module `shipping` is in question."""
