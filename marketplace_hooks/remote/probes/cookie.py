"""Session cookie probe, rank 4: the version that the cookie's name reveals, from the home page alone.

The name is a hash of version, shop and domain, solved over the known releases (`domain/merchant_sites.py`); a hit
cannot be chance. A cache in front of the shop may strip cookies, so a miss is tried once more past it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence

from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import parse, solve_cookie
from ..http.client import OutboundResponse
from .page_obstacles import has_shop_cookie, other_platform_signs, page_obstacle
from .protocol import InspectionTarget, Probe
from .session import ProbeFailure, ProbeSession

_NAME = re.compile(r"\s*((?:PrestaShop-)?[0-9a-f]{32})=")
MAX_NAMES = 4
"""Names solved of one answer: a shop sets one cookie, and a hostile one must not make us hash for minutes."""


def run(target: InspectionTarget, probe_session: ProbeSession) -> Iterator[Finding]:
    """Solve the cookie of the home page, or of the home page past a cache."""
    responses = probe_session.get_once("")
    path = ""
    names = _names(responses)
    if not names and not isinstance(responses, ProbeFailure) and page_obstacle(responses[-1]) is None:
        path = f"?check={secrets.token_hex(8)}"
        responses = probe_session.get_once(path)
        names = _names(responses)
    request = probe_session.request(path)
    for name, host in names:
        version = solve_cookie(name, host, reversed(target.versions))
        if version is not None:
            yield probe_session.found(FindingKind.PLATFORM_VERSION, version, request=request)
            return
    failure = responses if isinstance(responses, ProbeFailure) else _unsolved(responses, request)
    yield probe_session.unknown(FindingKind.PLATFORM_VERSION, failure)


def _unsolved(responses: Sequence[OutboundResponse], request: str) -> ProbeFailure:
    """Why no cookie gave a version: the page was none of the shop's, or the shop's cookie is unknown or missing."""
    page = responses[-1]
    obstacle = page_obstacle(page)
    if obstacle is not None:
        return ProbeFailure(note=obstacle, request=request, facts={"status": page.status})
    if signs := other_platform_signs(responses):
        return ProbeFailure(note=Note.OTHER_PLATFORM, request=request, facts={"signs": signs})
    note = Note.COOKIE_NOT_SOLVED if has_shop_cookie(responses) else Note.COOKIE_NOT_FOUND
    return ProbeFailure(note=note, request=request)


def _names(responses: tuple[OutboundResponse, ...] | ProbeFailure) -> list[tuple[str, str]]:
    """Return the names that may be a session's, each with the host that set it; the last answer's first."""
    if isinstance(responses, ProbeFailure):
        return []
    found = []
    for response in reversed(responses):
        site = parse(response.url)
        for cookie in response.headers.all("set-cookie"):
            name = _NAME.match(cookie)
            if name is not None and site is not None:
                found.append((name[1], site.host))
    return list(dict.fromkeys(found))[:MAX_NAMES]


PROBE = Probe(
    name="cookie",
    rank=4,
    strength=Strength.OBSERVED,
    about=FindingKind.PLATFORM_VERSION,
    applies=lambda target: True,
    run=run,
    requests=3,
    quota="home",
)
