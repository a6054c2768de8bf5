"""Exchanges with a merchant site: what was asked and answered (shortened), and when, for people to read.

They contain no header and no body of ours; of an answer to a credential, only its type and size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ..http.client import OutboundResponse
from .outcomes import ProbeFailure

LONGEST_EXCERPT = 200
LONGEST_REQUEST = 500


@dataclass(frozen=True, kw_only=True)
class SiteExchange:
    """One request to the site, and its answer; `status` None: none came, and `note` says why.

    A report that the site sent by itself is one too: what it posted, and whether we took it; `took_ms` None.
    """

    at: datetime
    request: str
    took_ms: int | None
    status: int | None = None
    content_type: str = ""
    size: int | None = None
    excerpt: str = ""
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {**self.__dict__, "at": self.at.isoformat()}


def exchange_of(
    request: str, answer: OutboundResponse | ProbeFailure, *, took_s: float, is_private: bool
) -> SiteExchange:
    """Return an exchange that has just ended. `is_private`: a credential was sent."""
    exchange = SiteExchange(at=datetime.now(UTC), request=request[:LONGEST_REQUEST], took_ms=round(took_s * 1000))
    if isinstance(answer, ProbeFailure):
        return replace(exchange, note=answer.note.value)
    location = answer.headers.get("location", "")
    text = location if 300 <= answer.status < 400 and location else answer.text[: 5 * LONGEST_EXCERPT]
    return replace(
        exchange,
        status=answer.status,
        content_type=_shortened(answer.headers.get("content-type", "").partition(";")[0])[:60],
        size=len(answer.body),
        excerpt="" if is_private else _shortened(text),
    )


def _shortened(text: str) -> str:
    """The beginning of a text on one line, of characters that can be shown."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:LONGEST_EXCERPT]
