"""Signed posts of the demo's events, as a marketplace would send them; the caller posts them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from ..domain.instants import format_instant
from ..remote.signatures import signed_headers
from .catalog import Event

SOURCE = "marketplace"

Post = tuple[str, dict[str, str], bytes]
"""Path under the service's address, headers, body."""


def signed_posts(events: Iterable[Event], secret: str, now: datetime) -> Iterator[Post]:
    """Each event as a POST to the inbox, signed at `now`; the same event always has the same body."""
    for event_id, type_, at, data in events:
        envelope = {"type": type_, "timestamp": format_instant(at), "data": data}
        body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **signed_headers(event_id, now, body, [secret])}
        yield f"/webhooks/{SOURCE}", headers, body
