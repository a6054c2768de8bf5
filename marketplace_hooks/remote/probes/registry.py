"""Registry of the probes, the strongest first. A new probe is added here (`docs/add-a-probe.md`)."""

from __future__ import annotations

from . import admin_api, companion, config_xml, cookie, declaration, public_page, webservice

PROBES = tuple(
    sorted(
        (module.PROBE for module in (companion, admin_api, webservice, cookie, public_page, config_xml, declaration)),
        key=lambda probe: probe.rank,
    )
)
