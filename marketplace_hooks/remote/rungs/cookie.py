"""Which version does the name of the shop's session cookie betray? Rung 4, with nothing but its home page.

The name is a hash of version, shop and domain, solved over the known releases (`domain/sites.py`); a hit cannot be
chance. A cache in front of the shop may strip cookies, so a miss is tried once more past it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from ...domain.evidence import Finding, Strength, What
from ...domain.inspection_notes import Note
from ...domain.sites import parse, solve_cookie
from ..outbound import Answer
from .protocol import Asked, Rung
from .visits import Missed, Visit

_NAME = re.compile(r"\s*((?:PrestaShop-)?[0-9a-f]{32})=")
MAX_NAMES = 4
"""Names solved of one answer: a shop sets one cookie, and a hostile one must not make us hash for minutes."""


def look(asked: Asked, visit: Visit) -> Iterator[Finding]:
    """Solve the cookie of the home page, or of the home page past a cache."""
    answers = visit.get_once("")
    path, names = "", _names(answers)
    if not names and not isinstance(answers, Missed):
        path = f"?check={secrets.token_hex(8)}"
        answers = visit.get_once(path)
        names = _names(answers)
    request = visit.request(path)
    for name, host in names:
        version = solve_cookie(name, host, reversed(asked.versions))
        if version is not None:
            yield visit.found(What.PLATFORM_VERSION, version, request=request)
            return
    if isinstance(answers, Missed):
        yield visit.unknown(What.PLATFORM_VERSION, answers)
    elif names:
        yield visit.unknown(What.PLATFORM_VERSION, Missed(note=Note.COOKIE_NOT_SOLVED, request=request))
    else:
        yield visit.unknown(What.PLATFORM_VERSION, Missed(note=Note.COOKIE_NOT_FOUND, request=request))


def _names(answers: tuple[Answer, ...] | Missed) -> list[tuple[str, str]]:
    """Return the names that may be a session's, each with the host that set it; the last answer's first."""
    if isinstance(answers, Missed):
        return []
    found = []
    for answer in reversed(answers):
        site = parse(answer.url)
        for cookie in answer.headers.all("set-cookie"):
            name = _NAME.match(cookie)
            if name is not None and site is not None:
                found.append((name[1], site.host))
    return list(dict.fromkeys(found))[:MAX_NAMES]


RUNG = Rung(
    name="cookie",
    rank=4,
    strength=Strength.OBSERVED,
    about=What.PLATFORM_VERSION,
    applies=lambda asked: True,
    look=look,
    requests=3,
    purse="home",
)
