"""Bodies of HTTP responses, read up to a limit before and after decompression."""

from __future__ import annotations

import zlib

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from .failures import causes
from .transport import Exchange, WireExhausted

_CHUNK_BYTES = 16 * 1024

# What chunk sizes, trailers and the like may cost beside the body.
_FRAMING_BYTES = 64 * 1024


def read_body(raw: BaseHTTPResponse, exchange: Exchange, max_body_bytes: int) -> tuple[bytes, bool]:
    """Return at most `max_body_bytes` of the body, decompressed, and whether there was more.

    The connection of a body that was not read to its end must be closed, not reused; the caller does.
    """
    exchange.wire_bytes_left = 2 * max_body_bytes + _FRAMING_BYTES
    received = bytearray()
    is_truncated = False
    try:
        while len(received) <= max_body_bytes:
            chunk = raw.read1(min(_CHUNK_BYTES, max_body_bytes + 1 - len(received)), decode_content=False)
            if not chunk:
                break
            received += chunk
    except HTTPError as failure:
        # A body framed to waste our time (a chunk per byte) is truncated like any other that is too long.
        if not any(isinstance(cause, WireExhausted) for cause in causes(failure)):
            raise
        is_truncated = True
    is_truncated = is_truncated or len(received) > max_body_bytes
    body, longer = _decompress(bytes(received[:max_body_bytes]), raw.headers.get("content-encoding"), max_body_bytes)
    return body, is_truncated or longer


def _decompress(body: bytes, encoding: str | None, max_body_bytes: int) -> tuple[bytes, bool]:
    """Undo gzip or deflate up to `max_body_bytes`; return the bytes as they came where that cannot be done.

    We ask for no compression, and some servers compress all the same.
    """
    if (encoding or "").strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body, False
    # 47: a gzip or a zlib header, whichever comes; -15: what some servers call deflate has none (RFC 9110, 8.4.1.2).
    for window in (47, -15):
        inflater = zlib.decompressobj(window)
        try:
            plain = inflater.decompress(body, max_body_bytes + 1)
        except zlib.error:
            continue
        return plain[:max_body_bytes], len(plain) > max_body_bytes
    return body, False
