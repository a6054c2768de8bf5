"""Reachability: whether a site answered as a shop does, and otherwise what prevented it.

No check of its own and no ground for anything: it explains to the customer why the others could not find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .evidence import Finding
from .notes import Note

NO_SHOP_SEEN = (Note.OTHER_PLATFORM, Note.BOT_CHALLENGE, Note.PASSWORD_REQUIRED)
"""Something answered, and it was not the shop: whatever else was asked of it says nothing of the shop either."""

OBSTACLES = (
    *NO_SHOP_SEEN,
    Note.IN_MAINTENANCE,
    Note.BLOCKED,
    Note.NOT_THE_SHOP,
    Note.SHOP_ERROR,
    Note.TOO_SLOW,
    Note.UNREACHABLE,
    Note.NOT_SECURE,
)
"""What may have stood between us and the shop, the most specific first."""

_SILENT = frozenset({*OBSTACLES, Note.NOT_ASKED, Note.GONE_WRONG})


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Whether the site answered as a shop does (None: nobody has heard yet), and the obstacle where it did not."""

    answered: bool | None
    obstacle: Note | None = None


def reach(findings: Sequence[Finding]) -> Reach:
    """Judge by what came from the site; what was declared says nothing of it."""
    requested = [one for one in findings if one.request is not None or one.note is not None]
    if any(one.is_known for one in requested):
        return Reach(answered=True)
    reported = {one.note for one in requested}
    if reported - _SILENT and not reported & set(NO_SHOP_SEEN):
        return Reach(answered=True)
    obstacle = next((note for note in OBSTACLES if note in reported), None)
    return Reach(answered=None if obstacle is None else False, obstacle=obstacle)
