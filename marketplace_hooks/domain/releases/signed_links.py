"""Signed download links, which the file host checks by itself and which expire after minutes.

HMAC-SHA256 over everything in the link before its signature, but for the scheme: host, path and query as the file host
receives them. `docs/downloads.md` has the other side of it.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

VALID_FOR = timedelta(minutes=5)

_DEFAULT_PORTS = {"https": 443, "http": 80}
# What browsers send as it stands; everything else they would write differently than we signed it.
_PATH = "/%:@!$&()*+,;=-._~'"
_QUERY = "/%:@!$&()*+,;=-._~?"


def signed_link(url: str, key: bytes, now: datetime) -> str:
    """The address with `expires` (seconds since 1970, included) and `signature` (hexadecimal) behind its query.

    Host in lower case, no port where it is the scheme's own, no fragment: as a browser will ask for it. Raises
    ValueError for an address without a host.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(f"{url!r} names no host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    query = f"{quote(parts.query, safe=_QUERY)}&" if parts.query else ""
    expires_s = int((now + VALID_FOR).timestamp())
    signed = f"{host}{port}{quote(parts.path or '/', safe=_PATH)}?{query}expires={expires_s}"
    return f"{parts.scheme}://{signed}&signature={hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()}"
