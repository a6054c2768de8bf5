"""Registry of the probes, the strongest first. A new probe is added here (`docs/add-a-probe.md`)."""

from __future__ import annotations

from . import (
    admin_api,
    companion,
    config_xml,
    cookie,
    declaration,
    public_page,
    webservice,
)
from .protocol import Probe

PROBES: tuple[Probe, ...] = (
    companion.PROBE,
    admin_api.PROBE,
    webservice.PROBE,
    cookie.PROBE,
    public_page.PROBE,
    config_xml.PROBE,
    declaration.PROBE,
)
