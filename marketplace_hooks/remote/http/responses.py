"""HTTP responses as the rest of the product has them, whichever library received them."""

from __future__ import annotations

from dataclasses import dataclass

from .headers import ResponseHeaders


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundResponse:
    """One final answer. `body` is what was read of it, decompressed; `truncated` says that there was more.

    `elapsed_s` runs from the look-up to the last byte, redirects included. `url` is the one that answered,
    at the IP `address`.
    """

    status: int
    headers: ResponseHeaders
    body: bytes
    truncated: bool
    elapsed_s: float
    url: str
    address: str = ""

    @property
    def text(self) -> str:
        """The body as text that any database column takes: undecodable bytes replaced, NULs left out."""
        return self.body.decode("utf-8", "replace").replace("\0", "")
