"""Checks against server-side request forgery, for hosts: whether a URL or an address may be connected to.

`docs/python.md` has an example of each name; no other path to them is promised.
"""

from __future__ import annotations

from .remote.http.address_rules import is_public
from .remote.http.url_rules import check_url

__all__ = ["check_url", "is_public"]
