"""Home page probe, rank 5: modules that the page shows; their absence proves nothing.

A module whose files or links a page names is installed, active and hooked there (`prestashop.md` 3). Bundles,
caches and themes hide others, so a module that is not seen is simply unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import Site
from .page_obstacles import page_obstacle
from .protocol import InspectionTarget, Probe
from .session import ProbeFailure, ProbeSession, is_on_site

MAX_SEEN = 200
_LONGEST_ADDRESS = 300
# Each begins with a fixed text: a page of 2 MiB is read in one go, whatever stands in it.
_ASSET = re.compile(r"/modules?/([A-Za-z0-9_-]{1,64})/")
_LINK = re.compile(r"fc=module&(?:amp;)?module=([A-Za-z0-9_-]{1,64})")
_BEFORE_ADDRESS = re.compile(r"[\s\"'<>()=,;]")


def run(target: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
    """Read the home page once."""
    responses = probe_session.get_once("")
    if isinstance(responses, ProbeFailure):
        yield probe_session.unknown(FindingKind.MODULE, responses)
        return
    page = responses[-1]
    request = probe_session.request("")
    note = page_obstacle(page)
    if note is not None:
        missed = ProbeFailure(note=note, request=request, facts={"status": page.status})
        yield probe_session.unknown(FindingKind.MODULE, missed)
        return
    names = modules_in(page.text, target.site)
    for name in names:
        yield probe_session.found(
            FindingKind.MODULE, {"installed": True, "enabled": True}, subject=name, request=request
        )
    if not names:
        yield probe_session.unknown(FindingKind.MODULE, ProbeFailure(note=Note.NO_MODULE_SEEN, request=request))


def modules_in(page: str, site: Site) -> list[str]:
    """Return the technical names that a page of this site shows, in alphabetical order; other sites' are left out."""
    text = page.replace("\\/", "/")
    names = {match[1] for match in _ASSET.finditer(text) if _is_ours(text, match.start(), site)}
    names |= {match[1] for match in _LINK.finditer(text)}
    return sorted(names)[:MAX_SEEN]


def _is_ours(text: str, at: int, site: Site) -> bool:
    """Whether the address whose path goes on at `at` is relative, or leads to this site."""
    before = text[max(0, at - _LONGEST_ADDRESS) : at]
    address = _BEFORE_ADDRESS.split(before)[-1]
    if address.startswith("//"):
        address = f"{site.scheme}:{address}"
    return is_on_site(address + "/", site) if "://" in address else len(address) < _LONGEST_ADDRESS


PROBE = Probe(
    name="public_page",
    rank=5,
    strength=Strength.OBSERVED,
    about=FindingKind.MODULE,
    applies=lambda target: True,
    run=run,
    quota="home",
)
