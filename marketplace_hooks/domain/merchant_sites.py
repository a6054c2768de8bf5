"""Merchant sites: whether two addresses are one site, and which version its session cookie's name reveals."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, urlsplit

# The one import here that is not the standard library's: its "idna" codec is IDNA 2003, which makes one host
# of straße.example and strasse.example. Registries and browsers follow IDNA 2008 (RFC 5891), where they are
# two, and the wrong answer would let one customer's support be asked from another's shop.
import idna

from ..config.policies import TEST_PREFIXES

DEFAULT_PORTS = {"http": 80, "https": 443}

HIGHEST_SHOP_ID = 20
"""Shop and group numbers tried against a cookie's name; real multistores stay far below."""

BACK_OFFICE_SESSION = "psAdmin"

_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*)://")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_COOKIE_NAME = re.compile(r"(?:PrestaShop-)?([0-9a-f]{32})")


class Relation(StrEnum):
    """What an asked site is to the bound one. True as a condition when they count as the same site."""

    SAME = "same"
    TEST_COPY = "test_copy"
    DIFFERENT = "different"
    INVALID = "invalid"

    def __bool__(self) -> bool:
        return self in (Relation.SAME, Relation.TEST_COPY)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A merchant site's address, read.

    `host` is lower case, in its ASCII form, without a trailing dot; `www.` is kept, for that is where one
    connects. `port` is None for the scheme's own. `path` begins and ends with a slash: where the shop lives.
    """

    scheme: str
    host: str
    port: int | None = None
    path: str = "/"

    @property
    def identity(self) -> tuple[str, int | None]:
        """What two addresses of one site share: the host without `www.`, and a port only if it is unusual."""
        return _without_www(self.host), self.port

    @property
    def origin(self) -> str:
        """Scheme, host and port as a URL writes them, without a slash behind."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")

    @property
    def url(self) -> str:
        """The shop's home page."""
        return self.origin + self.path


@functools.lru_cache(maxsize=4_096)  # one answer about entitlement reads two addresses several times over.
def parse(address: str) -> Site | None:
    """Read a merchant site's address as people write it, or return None where it cannot be read.

    Without a scheme it is taken for https. Userinfo is not part of the host (RFC 3986, 3.2.1), query and
    fragment are dropped. Unreadable: other schemes, blanks, control characters or backslashes inside, an
    e-mail address, a bad port, a host that is no domain name or IP address, a word without a dot or scheme.
    """
    text = address.strip()
    if not text or re.search(r"[\x00-\x20\x7f\\]|\s", text):
        return None
    has_scheme = _SCHEME.match(text) is not None
    try:
        split = urlsplit(text if has_scheme else "https://" + text.removeprefix("//"))
        port = split.port
    except ValueError:  # brackets that match nothing, a port that is no number
        return None
    host = normalise_host(split.hostname or "")
    if host is None or split.scheme not in DEFAULT_PORTS or port == 0:
        return None
    if not has_scheme and not _written_without_scheme(split, host):
        return None
    usual = (DEFAULT_PORTS[split.scheme],) if has_scheme else DEFAULT_PORTS.values()
    path = split.path.rpartition("/")[0] if re.search(r"\.(php|html?)$", split.path) else split.path
    return Site(
        scheme=split.scheme,
        host=host,
        port=None if port in usual else port,
        path=f"/{path.strip('/')}/" if path.strip("/") else "/",
    )


def normalise_host(host: str) -> str | None:
    """Return a host in its one comparable form, `www.` kept, or None where it is no host.

    Lower case, IDNA 2008 with the mapping browsers apply (UTS 46), no trailing dot; IP addresses in their
    canonical form, IPv6 without brackets (`rules.md` 21). A name that only looks like a number is refused.
    """
    text = host.strip("[]") if host.startswith("[") and host.endswith("]") else host
    if ":" in text:
        return _ip_address(text)
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    text = text.lower().removesuffix(".")
    labels = text.split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return _ip_address(text) if _NUMERIC_LABEL.fullmatch(labels[-1]) else text


def relation(asked: str, bound: str, test_prefixes: Sequence[str] = TEST_PREFIXES) -> Relation:
    """Say what the asked address is to the one that a purchase is bound to (`rules.md` 21).

    Hosts are compared whole after normalising, never by prefix, suffix or substring; scheme, path and the
    scheme's default port do not matter. One listed test prefix before the bound host is a test copy; the
    bound host being itself a test host does not open its parent. Invalid when either address cannot be read.
    """
    asked_site = parse(asked)
    bound_site = parse(bound)
    if asked_site is None or bound_site is None:
        return Relation.INVALID
    if asked_site.identity == bound_site.identity:
        return Relation.SAME
    host, port = asked_site.identity
    for prefix in test_prefixes:
        label = prefix.rstrip(".") + "."  # "dev" set without its dot must not open "devshop.example"
        copied = _without_www(host.removeprefix(label)), port
        if host.startswith(label) and copied == bound_site.identity:
            return Relation.TEST_COPY
    return Relation.DIFFERENT


def same_site(a: str, b: str, test_prefixes: Sequence[str] = TEST_PREFIXES) -> bool:
    """Say whether two addresses are one merchant site or its test copy, in whichever order.

    Where one of the two is known to be the bound one, `relation` is the stricter question to ask.
    """
    return bool(relation(a, b, test_prefixes) or relation(b, a, test_prefixes))


def solve_cookie(name: str, host: str, releases: Iterable[str | Mapping[str, Any]]) -> str | None:
    """Return the PrestaShop version whose session cookie has this name on this host, or None.

    The name is `PrestaShop-` and the md5 of version, `ps-s<shop>`, `ps-sg<group>` or the back office's `psAdmin`, and a
    cookie domain; before 1.6.0.9 the bare md5 (`prestashop.md` 3.1). Tried: every release, shops and groups 1 to
    20, and as domain the host, nothing, or a dot and the host's last two or three labels. `releases` are
    versions, or rows with a `version`. A hit cannot be chance (128 bits); None means unknown, never "not
    PrestaShop".
    """
    match = _COOKIE_NAME.fullmatch(name)
    if match is None:
        return None
    wanted = bytes.fromhex(match[1])
    versions = [release if isinstance(release, str) else str(release["version"]) for release in releases]
    # The likeliest first: nearly every shop is number 1 on its own host, whatever version it runs.
    for tail in _cookie_tails(host):
        for version in versions:
            # Recognising a name somebody else hashed with md5; nothing is protected by it.
            if hashlib.md5(version.encode() + tail, usedforsecurity=False).digest() == wanted:
                return version
    return None


def _cookie_tails(host: str) -> list[bytes]:
    """Return what may follow the version in the hashed text: session name, then cookie domain."""
    site = parse(host)
    domains = [""]
    if site is not None:
        labels = site.host.split(".")
        parents = ["." + ".".join(labels[-count:]) for count in (2, 3) if len(labels) >= count]
        domains = list(dict.fromkeys([site.host, "", *parents]))
    sessions = [f"ps-s{group}{number}" for number in range(1, HIGHEST_SHOP_ID + 1) for group in ("", "g")]
    sessions.insert(1, BACK_OFFICE_SESSION)
    return [f"{session}{domain}".encode() for session in sessions for domain in domains]


def _written_without_scheme(split: SplitResult, host: str) -> bool:
    """Distinguish an address from an e-mail address, a `javascript:` or a mere word, where no scheme says which."""
    return "@" not in split.netloc and ("." in host or ":" in host or host == "localhost")


def _without_www(host: str) -> str:
    rest = host.removeprefix("www.")
    return rest if "." in rest else host


def _ip_address(text: str) -> str | None:
    if "%" in text:  # an IPv6 zone means something only on the machine that wrote it
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
