"""Session cookie probe, rank 4: the version that the cookie's name reveals, from the home page alone.

The name is a hash of version, shop and domain, solved over the known releases (`domain/merchant_sites.py`); a hit
cannot be chance. A cache in front of the shop may strip cookies, so a miss is tried once more past it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.forks import THIRTY_BEES_ANSWERS_AS, fork_answering_as, read_cookie_name
from ...domain.inspections.neighbouring_versions import neighbouring_versions
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import parse, solve_cookie
from ..http.client import OutboundResponse
from .outcomes import ProbeFailure
from .page_obstacles import cookie_names, other_platform_signs, own_cookie_names, page_obstacle, shows_prestashop
from .protocol import InspectionTarget, Probe
from .session import ProbeSession

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
    for session in names:
        version = _solve(session, target.versions)
        fork = session.fork or (fork_answering_as(version) if version is not None else None)
        if fork is not None:
            facts = {"platform": fork, **({} if version is None else {"made_from": version})}
            fork_found = ProbeFailure(note=Note.FORK, request=request, facts=facts)
            yield probe_session.unknown(FindingKind.PLATFORM_VERSION, fork_found)
            return
        if version is not None:
            yield probe_session.found(FindingKind.PLATFORM_VERSION, version, request=request)
            return
    failure = responses if isinstance(responses, ProbeFailure) else _unsolved(responses, request)
    yield probe_session.unknown(FindingKind.PLATFORM_VERSION, failure)


def _solve(session: _SessionCookie, known: Sequence[str]) -> str | None:
    """Return the version of a known release, of thirty bees, or of one that may have come after the list was made."""
    version = solve_cookie(session.hash, session.host, reversed((*known, THIRTY_BEES_ANSWERS_AS)))
    return version or solve_cookie(session.hash, session.host, neighbouring_versions(tuple(known)))


def _unsolved(responses: Sequence[OutboundResponse], request: str) -> ProbeFailure:
    """Why no cookie gave a version: the page was none of the shop's, or the shop's cookie is unknown or missing."""
    page = responses[-1]
    obstacle = page_obstacle(page)
    if obstacle is not None:
        return ProbeFailure(note=obstacle, request=request, facts={"status": page.status})
    if signs := other_platform_signs(responses):
        return ProbeFailure(note=Note.OTHER_PLATFORM, request=request, facts={"signs": signs})
    if any(read_cookie_name(name) is not None for name in cookie_names(responses)):
        return ProbeFailure(note=Note.COOKIE_NOT_SOLVED, request=request)
    is_renamed = shows_prestashop(page) and bool(own_cookie_names(responses))
    return ProbeFailure(note=Note.COOKIE_RENAMED if is_renamed else Note.COOKIE_NOT_FOUND, request=request)


@dataclass(frozen=True, kw_only=True)
class _SessionCookie:
    """A cookie's name that may be a session's: its hash, whose it is (None: PrestaShop's), and the host that set it."""

    hash: str
    fork: str | None
    host: str


def _names(responses: tuple[OutboundResponse, ...] | ProbeFailure) -> list[_SessionCookie]:
    """Return the names that may be a session's, those of the last answer first."""
    if isinstance(responses, ProbeFailure):
        return []
    found = []
    for response in reversed(responses):
        site = parse(response.url)
        for name in cookie_names([response]):
            session = read_cookie_name(name)
            if session is not None and site is not None:
                fork, digest = session
                found.append(_SessionCookie(hash=digest, fork=fork, host=site.host))
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
