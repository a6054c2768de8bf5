"""HTTP headers: which custom ones a tenant may set, and those of a response."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ...errors import OutboundRefused

MAX_CUSTOM_HEADERS = 20
MAX_NAME_LENGTH = 128
MAX_VALUE_LENGTH = 4096

# RFC 9110: a token. Values are kept to visible ASCII with spaces and tabs between: what lies beyond is read
# differently by different servers.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")

# What frames the message, names the peer, or opens the metadata service of a cloud. A tenant who could set
# these would speak with our voice, or split our requests.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "cookie2",
        "date",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "max-forwards",
        "metadata",
        "metadata-flavor",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-original-url",
        "x-real-ip",
        "x-rewrite-url",
    }
)
_RESERVED_PREFIXES = ("proxy-", "webhook-", "x-forwarded-", "x-aws-ec2-metadata-", "x-google-metadata-")


def check_custom_headers(headers: Mapping[str, str]) -> None:
    """Accept what a tenant wants sent with every delivery, or raise `OutboundRefused` (`webhooks.md` 11).

    Codes: `header_name`, `header_value`, `header_reserved`, `header_twice`, `header_count`; the name is in
    `facts`, the value, which may be a credential, nowhere.
    """
    if len(headers) > MAX_CUSTOM_HEADERS:
        raise OutboundRefused(f"At most {MAX_CUSTOM_HEADERS} custom headers are sent.", code="header_count")
    seen = set()
    for name, value in headers.items():
        check_header(name, value)
        lowered = name.lower()
        if lowered in _RESERVED or lowered.startswith(_RESERVED_PREFIXES):
            raise OutboundRefused(f"The header {name} is ours to set.", code="header_reserved", header=name)
        if lowered in seen:
            raise OutboundRefused(f"The header {name} is given twice.", code="header_twice", header=name)
        seen.add(lowered)


def parse_header_lines(lines: Iterable[str]) -> dict[str, str]:
    """Custom headers as people write them, `Name: value`; empty lines are none.

    Raises `OutboundRefused` for a line without a colon (`header_name`) and for a name given before (`header_twice`).
    """
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = (part.strip(" \t") for part in line.partition(":"))
        if not colon and not name:
            continue
        if not colon:
            raise OutboundRefused("Write a header as 'Name: value'.", code="header_name", header=name)
        if name in headers:
            raise OutboundRefused(f"The header {name} is given twice.", code="header_twice", header=name)
        headers[name] = value
    return headers


def check_header(name: str, value: str) -> None:
    """Raise `OutboundRefused` unless the header can be written on one line as it is, by whomever it was set."""
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH or _NAME.fullmatch(name) is None:
        raise OutboundRefused("A header's name is letters, digits and hyphens.", code="header_name", header=name)
    if not isinstance(value, str) or len(value) > MAX_VALUE_LENGTH or _VALUE.fullmatch(value) is None:
        raise OutboundRefused(
            f"The value of {name} must be at most {MAX_VALUE_LENGTH} visible ASCII characters on one line.",
            code="header_value",
            header=name,
        )


class ResponseHeaders(Mapping[str, str]):
    """The headers of an answer: names in any letter case, repeated ones kept apart, never changed.

    `headers[name]` is the first value; whoever must know of repetitions asks `all`.
    """

    __slots__ = ("_values",)

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        values: dict[str, tuple[str, ...]] = {}
        for name, value in items:
            lowered = name.lower()
            values[lowered] = (*values.get(lowered, ()), value)
        self._values = values

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value the name came with, in order; none for a name that did not come."""
        return self._values.get(name.lower(), ())

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ResponseHeaders({list(self._values)})"  # names only: values may be cookies.
