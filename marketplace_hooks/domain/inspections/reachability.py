"""Reachability: whether a site answered as a shop does, and otherwise what prevented it.

The answer of its home page decides: status 200, on this site, with a page of its own. This is not a check and never a
ground for refusal: it explains to the customer why the checks could not find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .evidence import Finding
from .notes import Note

HOME_PAGE_PROBES = frozenset({"cookie", "public_page"})
"""The probes that read the home page."""

NO_SHOP_SEEN = (Note.OTHER_PLATFORM, Note.BOT_CHALLENGE, Note.PASSWORD_REQUIRED)
"""Something answered, and it was not the shop: whatever else was asked of it says nothing of the shop either."""

OBSTACLES = (
    *NO_SHOP_SEEN,
    Note.IN_MAINTENANCE,
    Note.BLOCKED,
    Note.NOT_THE_SHOP,
    Note.NOT_FOUND,
    Note.SHOP_ERROR,
    Note.BAD_CERTIFICATE,
    Note.TOO_SLOW,
    Note.UNREACHABLE,
    Note.NOT_SECURE,
    Note.TOO_LARGE,
    Note.UNREADABLE,
)
"""What may have stood between us and the shop, the most specific first."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Whether the site answered as a shop does (None: nobody has heard yet), and the obstacle where it did not."""

    answered: bool | None
    obstacle: Note | None = None


def reach(findings: Sequence[Finding]) -> Reach:
    """Judge by what the home page said. A cookie that came with a refusal is no page."""
    notes = {one.note for one in findings if one.probe in HOME_PAGE_PROBES}
    obstacle = next((note for note in OBSTACLES if note in notes), None)
    if obstacle is not None:
        return Reach(answered=False, obstacle=obstacle)
    has_page = any(one.probe == "public_page" and _is_of_a_page(one) for one in findings)
    return Reach(answered=True if has_page else None)


def _is_of_a_page(one: Finding) -> bool:
    return one.is_known or one.note is Note.NO_MODULE_SEEN
