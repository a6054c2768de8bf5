"""Probe session: requests to one shop within a budget, its credentials sent to nobody else.

A `ProbeBudget` is one inspection's: its deadline, its requests, what was fetched once for several probes. A
`ProbeSession` is one probe's view of it. What goes wrong is a value, `ProbeFailure`, that says what it means.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from ...domain.inspections.evidence import Finding, FindingKind, Strength
from ...domain.inspections.notes import Note
from ...domain.merchant_sites import Site, parse
from ...errors import OutboundFailed, OutboundRefused
from ..http.client import OutboundClient, OutboundResponse
from .exchanges import SiteExchange, exchange_of
from .outcomes import ProbeFailure
from .shop_address import shop_address

MAX_REQUESTS = 12
"""Of one inspection in all, redirects included: a shop must not feel an inspection."""
MAX_HOPS = 3
HOME_PAGE_S = 10.0
"""Of the home page at most: what waits for it must have time left."""
HOME_QUOTA = "home"
"""The quota of the probes that read the home page, and of the request for it."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_FAILED = {
    "timeout": Note.TOO_SLOW,
    "too_large": Note.TOO_LARGE,
    "protocol": Note.UNREADABLE,
    "redirects": Note.NOT_THE_SHOP,
    "tls": Note.BAD_CERTIFICATE,
}


class ProbeBudget:
    """What the probes of one inspection share. Safe for use by several threads.

    `quotas` are the requests each of them may make; what is left of `MAX_REQUESTS` beside is for whoever needs more.
    `deadline` is an instant of `time.monotonic`.
    """

    def __init__(self, site: Site, outbound: OutboundClient, *, quotas: Mapping[str, int], deadline: float) -> None:
        if outbound.policy.max_redirects:
            raise ValueError("an inspection follows redirects itself: it counts them, and keeps to the bound host")
        self.site = site
        self.outbound = outbound
        self._deadline = deadline
        self._left = Counter(quotas)
        self._unused = MAX_REQUESTS - self._left.total()
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._fetched: dict[str, tuple[OutboundResponse, ...] | ProbeFailure] = {}
        self.exchanges: list[SiteExchange] = []
        self.reads_home_page = self._left[HOME_QUOTA] > 0

    def left_s(self) -> float:
        """Return the seconds until the deadline, 0 when it has passed or the inspection was stopped."""
        return max(0.0, self._deadline - time.monotonic())

    def stop(self) -> None:
        """Let no further request begin."""
        self._deadline = 0.0

    def take(self, quota: str) -> bool:
        """Say whether one more request may be made, and count it."""
        with self._lock:
            if self._left[quota] > 0:
                self._left[quota] -= 1
                return True
            self._unused -= 1
            return self._unused >= 0

    def once(
        self, path: str, fetch: Callable[[], tuple[OutboundResponse, ...] | ProbeFailure]
    ) -> tuple[OutboundResponse, ...] | ProbeFailure:
        """Return what was fetched from this path, fetching it unless another probe has, or is about to."""
        with self._lock:
            lock = self._locks.setdefault(path, threading.Lock())
        with lock:
            if path not in self._fetched:
                self._fetched[path] = fetch()
            return self._fetched[path]


@dataclass(frozen=True, kw_only=True)
class ProbeSession:
    """One probe's requests to the shop. `path` in its methods is what follows the shop's folder."""

    budget: ProbeBudget
    probe: str
    rank: int
    strength: Strength
    quota: str

    @property
    def base(self) -> Site:
        """Where the shop lives, as its home page has shown; the address asked for where it has not.

        Waits for the home page, unless no probe of this inspection reads it.
        """
        home = self.home_page()
        return (
            self.budget.site if home is None or isinstance(home, ProbeFailure) else shop_address(self.budget.site, home)
        )

    def home_page(self) -> tuple[OutboundResponse, ...] | ProbeFailure | None:
        """What the home page answered; None where no probe of this inspection reads it."""
        return self.get_once("") if self.budget.reads_home_page else None

    def get(self, path: str) -> OutboundResponse | ProbeFailure:
        """Fetch a public address, following redirects on this site alone."""
        responses = self._follow(path)
        return responses if isinstance(responses, ProbeFailure) else responses[-1]

    def get_once(self, path: str) -> tuple[OutboundResponse, ...] | ProbeFailure:
        """Fetch a public address once for all probes: every answer on the way there, the last one last.

        Of the home page, whose path is empty, the request counts under the quota of those who read it.
        """
        reader = self if path else replace(self, quota=HOME_QUOTA)
        return self.budget.once(path, lambda: reader._follow(path))

    def ask(self, path: str, secret: Mapping[str, str]) -> OutboundResponse | ProbeFailure:
        """Fetch an address with headers that hold a credential. A redirect is an answer like any other.

        Nothing is sent when the home page has led to another site.
        """
        if (elsewhere := self._leads_elsewhere(path)) is not None:
            return elsewhere
        url = self._private_url(path)
        response = self._send(
            f"GET {url}",
            lambda left_s: self.budget.outbound.get(url, headers=secret, total_s=left_s, confidential=True),
            is_private=True,
        )
        return self._without_tls(response, url)

    def post(self, path: str, body: bytes, content_type: str) -> OutboundResponse | ProbeFailure:
        """Send a body that holds a credential. A redirect is an answer like any other."""
        if (elsewhere := self._leads_elsewhere(path)) is not None:
            return elsewhere
        url = self._private_url(path)
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        response = self._send(
            f"POST {url}",
            lambda left_s: self.budget.outbound.post(url, body=body, headers=headers, total_s=left_s),
            is_private=True,
        )
        return self._without_tls(response, url)

    def request(self, path: str, method: str = "GET", *, private: bool = False) -> str:
        """The request as evidence shows it: never with a header or a body. `private`: with a credential."""
        return f"{method} {self._private_url(path) if private else self._url(path)}"

    def found(
        self,
        what: FindingKind,
        value: Any,
        *,
        subject: str = "",
        request: str | None = None,
        note: Note | None = None,
        **facts: Any,
    ) -> Finding:
        """One thing learnt."""
        return Finding(
            what=what,
            subject=subject,
            value=value,
            probe=self.probe,
            rank=self.rank,
            strength=self.strength,
            observed_at=datetime.now(UTC),
            request=request,
            note=note,
            facts=facts,
        )

    def unknown(self, what: FindingKind, missed: ProbeFailure, *, subject: str = "") -> Finding:
        """One thing that could not be learnt, and why."""
        facts = dict(missed.facts)
        return self.found(what, None, subject=subject, request=missed.request, note=missed.note, **facts)

    def _url(self, path: str) -> str:
        return (self.base.url if path else self.budget.site.url) + path

    def _leads_elsewhere(self, path: str) -> ProbeFailure | None:
        """The failure of the home page, if it leads to another site: a credential is not sent after it."""
        home = self.home_page()
        if isinstance(home, ProbeFailure) and home.note is Note.NOT_THE_SHOP:
            return replace(home, request=f"GET {self.budget.site.url}")
        return None

    def _without_tls(self, response: OutboundResponse | ProbeFailure, url: str) -> OutboundResponse | ProbeFailure:
        """A shop that answers in the clear, and not over https where a credential would go, has no TLS."""
        if not isinstance(response, ProbeFailure) or response.facts.get("reason") not in ("tls", "connection"):
            return response
        answers_in_clear = self.base.scheme == "http" and isinstance(self.home_page(), tuple)
        if answers_in_clear and url.startswith("https:"):
            return replace(response, note=Note.NOT_SECURE)
        return response

    def _private_url(self, path: str) -> str:
        """Over https even where the shop answers in the clear: nearly every one answers there too."""
        site = self.base
        if site.scheme == "http" and site.port is None:
            site = replace(site, scheme="https")
        return site.url + path

    def _follow(self, path: str) -> tuple[OutboundResponse, ...] | ProbeFailure:
        url = self._url(path)
        most_s = math.inf if path else HOME_PAGE_S
        target = f"GET {url}"
        responses: list[OutboundResponse] = []
        for _ in range(1 + MAX_HOPS):
            current = url
            response = self._send(
                f"GET {url}",
                lambda left_s: self.budget.outbound.get(current, total_s=min(left_s, most_s)),  # noqa: B023 - called at once
            )
            if isinstance(response, ProbeFailure):
                return response
            responses.append(response)
            if response.status not in REDIRECTS or "location" not in response.headers:
                return tuple(responses)
            url = redirect_target(response)
            if not is_on_site(url, self.budget.site):
                return moved(response, target)
        return ProbeFailure(note=Note.NOT_THE_SHOP, request=target)

    def _send(
        self, request: str, send: Callable[[float], OutboundResponse], *, is_private: bool = False
    ) -> OutboundResponse | ProbeFailure:
        left_s = self.budget.left_s()
        if left_s <= 0:
            return ProbeFailure(note=Note.TOO_SLOW, request=request)
        if not self.budget.take(self.quota):
            return ProbeFailure(note=Note.NOT_ASKED, request=request)
        began_s = time.monotonic()
        answer = self._sent(request, send, left_s)
        took_s = time.monotonic() - began_s
        self.budget.exchanges.append(exchange_of(request, answer, took_s=took_s, is_private=is_private))
        return answer

    def _sent(
        self, request: str, send: Callable[[float], OutboundResponse], left_s: float
    ) -> OutboundResponse | ProbeFailure:
        try:
            return send(left_s)
        except OutboundFailed as failed:
            note = _FAILED.get(failed.reason, Note.UNREACHABLE)
            return ProbeFailure(note=note, request=request, facts={"reason": failed.reason})
        except OutboundRefused as refused:
            if refused.code == "credentials_in_clear":
                return ProbeFailure(note=Note.NOT_SECURE, request=request)
            note = Note.UNREADABLE if refused.code.startswith("header") else Note.UNREACHABLE
            return ProbeFailure(note=note, request=request, facts={"reason": refused.code})


def moved(response: OutboundResponse, request: str) -> ProbeFailure:
    """What a redirect that is not followed means; where it leads may be the shop's right address."""
    target = parse(redirect_target(response))
    facts = {"status": response.status, **({"leads_to": target.origin} if target is not None else {})}
    return ProbeFailure(note=Note.NOT_THE_SHOP, request=request, facts=facts)


def redirect_target(response: OutboundResponse) -> str:
    """Where a redirect leads, as an absolute URL; empty where that cannot be read."""
    try:
        return urljoin(response.url, response.headers.get("location", ""))
    except ValueError:  # brackets that match nothing
        return ""


def is_on_site(url: str, site: Site) -> bool:
    """Say whether an absolute URL leads to this very site, with or without `www.`, in the clear or not."""
    found = parse(url)
    return found is not None and found.identity == site.identity
