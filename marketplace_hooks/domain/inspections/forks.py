"""Forks: variants of PrestaShop under another name, which are named as what they are and never as PrestaShop.

They answer as the version that they were made from, so a version alone must not be taken for PrestaShop's.
"""

from __future__ import annotations

import re

THIRTY_BEES_ANSWERS_AS = "1.6.1.999"
"""What thirty bees gives as its PrestaShop version, whatever its own is."""
THIRTY_BEES = "thirty bees"

_NAMES = {"qloapps": "QloApps", "thirtybees": THIRTY_BEES}
_COOKIE = re.compile(r"(?:([A-Za-z0-9]{1,30})-)?([0-9a-f]{32})")


def read_cookie_name(name: str) -> tuple[str | None, str] | None:
    """Return whose session cookie has this name (None: PrestaShop's), and its hash; None for any other cookie."""
    match = _COOKIE.fullmatch(name)
    if match is None:
        return None
    prefix = match[1]
    if prefix is None or prefix == "PrestaShop":
        return None, match[2]
    return _NAMES.get(prefix.lower(), prefix), match[2]


def fork_answering_as(version: str) -> str | None:
    """Return the fork that alone answers as this version of PrestaShop; None: there is none."""
    return THIRTY_BEES if version == THIRTY_BEES_ANSWERS_AS else None
