"""Home page probe, rank 5: modules whose scripts or style sheets the page loads; their absence proves nothing.

A module that serves assets to the home page is most likely installed, active and hooked there (`prestashop.md` 3), but
a theme may name files of a module that never was: it is seen in the page's code, and no ground stands on that alone.
Links, images, comments and other sites' files count for nothing. Bundles, caches and themes hide other modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import Site
from .outcomes import ProbeFailure
from .page_assets import loaded_assets
from .page_obstacles import page_obstacle
from .protocol import InspectionTarget, Probe
from .session import ProbeSession, is_on_site

MAX_SEEN = 200
_LONGEST_ADDRESS = 300
_MODULE_ASSET = re.compile(r"(?P<folder>/(?:[^/]+/){0,5}?)modules/(?P<name>[A-Za-z0-9_-]{1,64})/.")


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
    names = modules_in(page.text, page.url, probe_session.base)
    for name in names:
        value = {"installed": True, "enabled": True}
        yield probe_session.found(FindingKind.MODULE, value, subject=name, request=request, note=Note.SEEN_IN_CODE)
    if not names:
        yield probe_session.unknown(FindingKind.MODULE, ProbeFailure(note=Note.NO_MODULE_SEEN, request=request))


def modules_in(page: str, url: str, site: Site) -> list[str]:
    """Return the technical names of the modules whose assets a page at `url` loads from the shop's own folders.

    In alphabetical order. `site` is where the shop lives: a theme's folder of a module's name is none of its modules.
    """
    names = (_module_of(address, url, site) for address in loaded_assets(page))
    return sorted({name for name in names if name is not None})[:MAX_SEEN]


def _module_of(address: str, url: str, site: Site) -> str | None:
    """The module that an address as a page writes it belongs to; None: to none of this site's."""
    if not address or len(address) > _LONGEST_ADDRESS:
        return None
    try:
        resolved = urljoin(url, address)
        path = urlsplit(resolved).path
    except ValueError:  # brackets that match nothing
        return None
    match = _MODULE_ASSET.match(path)
    if match is None or not site.path.startswith(match["folder"]) or not is_on_site(resolved, site):
        return None
    return match["name"]


PROBE = Probe(
    name="public_page",
    rank=5,
    strength=Strength.OBSERVED,
    about=FindingKind.MODULE,
    applies=lambda target: True,
    run=run,
    quota="home",
)
