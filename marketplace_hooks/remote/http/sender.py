"""Sender of HTTP requests: what `client.py` does once it is asked to, with the libraries that it takes.

A URL is read in one strict form, its name looked up once, every answer checked, and the connection made to a checked
address, while SNI, certificate and `Host` keep the name.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urljoin

from urllib3.exceptions import HTTPError

from ...errors import OutboundFailed, OutboundRefused
from .address_rules import AllowedNetwork
from .body_reader import read_body
from .connect_plan import Allowance, Router
from .dns import Lookups, Resolve
from .failures import failure_of
from .headers import ResponseHeaders, check_custom_headers, check_header
from .policies import OutboundPolicy
from .responses import OutboundResponse
from .transport import CheckedPools, Exchange, exchanging, tls_context
from .url_rules import Target, check_url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# What may be said again to wherever a redirect leads. Anything else could be a credential.
_FORWARDED_HEADERS = frozenset({"accept", "accept-language", "cache-control"})
_CREDENTIALS = frozenset({"authorization", "cookie"})

# Everything that a peer, or the way to it, can make the libraries raise.
_TROUBLE = (HTTPError, http.client.HTTPException, OSError)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """What is sent, wherever it goes."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None = None


class RequestSender:
    """Sends requests under one policy, over connections that it keeps."""

    def __init__(
        self,
        policy: OutboundPolicy,
        allowed_networks: tuple[AllowedNetwork, ...],
        *,
        resolve: Resolve,
        ca_file: str | None,
        user_agent: str,
    ) -> None:
        self.policy = policy
        self.allowed_networks = allowed_networks
        self._router = Router(policy=policy, allowed_networks=allowed_networks, lookups=Lookups(resolve))
        self._pools = CheckedPools(tls_context(ca_file), timeout_s=policy.total_s)
        self._defaults = {"Accept": "*/*"}
        self._fixed = {"Accept-Encoding": "identity", "User-Agent": user_agent}

    def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        custom_headers: Mapping[str, str] | None = None,
        total_s: float | None = None,
    ) -> OutboundResponse:
        """See `OutboundClient.post`."""
        check_custom_headers(custom_headers or {})
        request = self._request("POST", custom_headers or {}, headers, body=body)
        return self._send(request, self._check_url(url), self._allowance(total_s))

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        total_s: float | None = None,
        confidential: bool = False,
    ) -> OutboundResponse:
        """See `OutboundClient.get`."""
        allowance = self._allowance(total_s)
        target = self._check_url(url)
        sent_headers = dict(headers or {})
        for hops_left in range(self.policy.max_redirects, -1, -1):
            answer = self._send(self._request("GET", sent_headers), target, allowance, confidential=confidential)
            if not self._follows(answer.status, answer.headers):
                return answer
            if hops_left:
                target = self._check_url(_redirect_target(target, answer.headers["location"]))
                sent_headers = {
                    name: value for name, value in sent_headers.items() if name.lower() in _FORWARDED_HEADERS
                }
        raise OutboundFailed(f"{target.host} redirects without end.", reason="redirects")

    def close(self) -> None:
        """Close every idle connection."""
        self._pools.clear()

    def _check_url(self, url: str) -> Target:
        return check_url(url, self.policy, self.allowed_networks)

    def _allowance(self, total_s: float | None) -> Allowance:
        return Allowance.of(self.policy.total_s if total_s is None else min(total_s, self.policy.total_s))

    def _follows(self, status: int, headers: Mapping[str, str]) -> bool:
        return self.policy.max_redirects > 0 and status in _REDIRECTS and "location" in headers

    def _request(self, method: str, *headers: Mapping[str, str], body: bytes | None = None) -> _Request:
        """A request with these headers, of which the later win. Raises `OutboundRefused` for a malformed one."""
        together: dict[str, tuple[str, str]] = {}
        for name, value in chain.from_iterable(one.items() for one in (self._defaults, *headers, self._fixed)):
            check_header(name, value)
            together[name.lower()] = (name, value)
        return _Request(method=method, headers=dict(together.values()), body=body)

    def _send(
        self, request: _Request, target: Target, allowance: Allowance, *, confidential: bool = False
    ) -> OutboundResponse:
        """Try the target's addresses in turn until one of them could have received the request."""
        confidential |= request.body is not None or any(name.lower() in _CREDENTIALS for name in request.headers)
        failure = OutboundFailed(f"{target.host} has no address.", reason="dns")
        for exchange in self._router.exchanges(target, allowance, confidential=confidential):
            with exchanging(exchange):
                try:
                    return self._exchange(request, target, exchange)
                except OutboundFailed as failed:
                    if exchange.sending or failed.reason not in ("connection", "timeout"):
                        raise
                    failure = failed
        raise failure

    def _exchange(self, request: _Request, target: Target, exchange: Exchange) -> OutboundResponse:
        try:
            response = self._pools.send(
                request.method, target.path, headers=request.headers, body=request.body, exchange=exchange
            )
            headers = ResponseHeaders(response.headers.items())
            body = b""
            truncated = False
            try:
                # Not read: what follows a 1xx is the real answer, too late; what a redirect says beside.
                if response.status >= 200 and not self._follows(response.status, headers):
                    body, truncated = read_body(response, exchange, self.policy.max_body_bytes)
            finally:
                # Closes the connection, unless the body was read to its end, which has already released it.
                response.close()
                response.release_conn()
        except _TROUBLE as trouble:
            raise failure_of(target.host, trouble, exchange) from trouble
        return OutboundResponse(
            status=response.status,
            headers=headers,
            body=body,
            truncated=truncated,
            elapsed_s=time.monotonic() - exchange.began,
            url=target.url,
            address=exchange.address,
        )


def _redirect_target(target: Target, location: str) -> str:
    """Return the absolute URL a redirect points to, for `check_url` to judge."""
    try:
        # http.client reads headers as Latin-1; what is beyond ASCII in a Location is nearly always UTF-8.
        return urljoin(target.url, location.encode("latin-1").decode("utf-8"))
    except ValueError as malformed:
        raise OutboundRefused("A redirect leads nowhere.", code="url_malformed") from malformed
