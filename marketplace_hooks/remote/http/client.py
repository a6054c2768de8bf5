"""Outbound HTTP client, guarded against server-side request forgery.

The one client of the whole product (`webhooks.md` 12): deliveries and site inspections go through it, each under its
`OutboundPolicy`. Its libraries and certificates are loaded by the first request: many a process of a host sends none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from .address_rules import AllowedNetwork, is_public, parse_allowed_networks
from .dns import Resolve, system_resolve
from .headers import ResponseHeaders, check_custom_headers
from .policies import DELIVERIES, INSPECTIONS, OutboundPolicy
from .responses import OutboundResponse
from .url_rules import Target, check_url

if TYPE_CHECKING:
    from .sender import RequestSender

__all__ = [
    "DELIVERIES",
    "INSPECTIONS",
    "AllowedNetwork",
    "OutboundClient",
    "OutboundPolicy",
    "OutboundResponse",
    "ResponseHeaders",
    "Target",
    "check_custom_headers",
    "check_url",
    "is_public",
    "parse_allowed_networks",
]

USER_AGENT = "marketplace-hooks"


class OutboundClient:
    """Sends requests under one policy. Make one per process and purpose: threads may share it, forks must not.

    `resolve` answers names in tests; `ca_file` holds authorities trusted beside the public ones; `user_agent` says who
    asks.
    """

    def __init__(
        self,
        policy: OutboundPolicy,
        allowed_networks: Iterable[str | AllowedNetwork] = (),
        *,
        resolve: Resolve = system_resolve,
        ca_file: str | None = None,
        user_agent: str = USER_AGENT,
    ) -> None:
        self.policy = policy
        self.user_agent = user_agent
        self.allowed_networks = parse_allowed_networks(allowed_networks)
        self._resolve = resolve
        self._ca_file = ca_file

    def check_url(self, url: str) -> Target:
        """Return where `url` leads, or raise `OutboundRefused`: what a form asks before it stores one."""
        return check_url(url, self.policy, self.allowed_networks)

    def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        custom_headers: Mapping[str, str] | None = None,
        total_s: float | None = None,
    ) -> OutboundResponse:
        """Send `body` once and return whatever is answered; a redirect is an answer like any other.

        `headers` are ours, `custom_headers` a tenant's, checked again here; ours win. `total_s` may shorten
        the policy's time. Raises `OutboundRefused` before anything was sent, `OutboundFailed` otherwise.
        """
        return self._sender.post(url, body=body, headers=headers, custom_headers=custom_headers, total_s=total_s)

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        total_s: float | None = None,
        confidential: bool = False,
    ) -> OutboundResponse:
        """Fetch `url`, following as many redirects as the policy has, each checked like the first.

        Only the first URL is sent `headers` in full: credentials are never said again, not even to the same
        host (`inspection.md`). `confidential` says that a header, or the answer, is for nobody else's eyes, though
        no credential stands in it. Raises `OutboundRefused`, or `OutboundFailed`, with the reason `redirects` where
        they do not end.
        """
        return self._sender.get(url, headers=headers, total_s=total_s, confidential=confidential)

    def close(self) -> None:
        """Close every idle connection."""
        if "_sender" in vars(self):
            self._sender.close()

    @cached_property
    def _sender(self) -> RequestSender:
        from .sender import RequestSender  # urllib3 and the authorities' certificates.

        return RequestSender(
            self.policy,
            self.allowed_networks,
            resolve=self._resolve,
            ca_file=self._ca_file,
            user_agent=self.user_agent,
        )
