"""Appearance of the pages: light, dark, or as the reader's system is; the choice is kept in a cookie.

The server writes it into the page, so that a page is never first drawn in the other one.
"""

from __future__ import annotations

from flask import request

COOKIE = "mh_appearance"
SYSTEM = "system"
APPEARANCES = (SYSTEM, "light", "dark")


def chosen_appearance() -> str:
    """The appearance chosen with this browser; the system's when none was, or what it sends is none."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in APPEARANCES else SYSTEM
