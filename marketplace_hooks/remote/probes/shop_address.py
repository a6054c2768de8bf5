"""Shop address: where a shop lives, as its home page showed by its redirects.

People leave out `www.`, the folder or https, and a shop sends its visitors on. What is asked of it afterwards, above
all with a credential, goes to where it really lives, as long as that is the same site.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from ...domain.merchant_sites import Site, parse
from ..http.client import OutboundResponse

_LANGUAGE = re.compile(r"(?:[a-z]{2}|[a-z]{2}-[a-z]{2})/", re.IGNORECASE)
_SESSION_PATH = re.compile(
    r"\s*(?:[A-Za-z0-9]{1,30}-)?[0-9a-f]{32}=[^;]{0,4000};(?:[^;]{0,200};){0,8}?\s*path=(/[^;\s]{0,200})", re.IGNORECASE
)


def shop_address(site: Site, responses: Sequence[OutboundResponse]) -> Site:
    """Return where the shop lives: `site`, which was asked for, or where its redirects led on the same site.

    The caller has made sure that no redirect left the site. A folder is taken from the path of the shop's session
    cookie, which PrestaShop sets to its own, else from the address, without the language that it may end with.
    """
    last = parse(responses[-1].url)
    if last is None:
        return site
    path = urlsplit(responses[-1].url).path.rpartition("/")[0] + "/"
    if path.startswith(site.path) and _LANGUAGE.fullmatch(path.removeprefix(site.path)):
        path = site.path
    if path != site.path:
        path = _folder(path, responses[-1])
    return replace(last, path=path)


def _folder(path: str, response: OutboundResponse) -> str:
    for cookie in response.headers.all("set-cookie"):
        set_for = _SESSION_PATH.match(cookie)
        if set_for is not None and path.startswith(f"{set_for[1].rstrip('/')}/"):
            return f"{set_for[1].rstrip('/')}/"
    parent, _, language = path.rstrip("/").rpartition("/")
    return f"{parent}/" if _LANGUAGE.fullmatch(f"{language}/") else path
