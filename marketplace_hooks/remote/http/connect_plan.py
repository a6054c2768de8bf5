"""Connection plan: which checked addresses a request may be sent to, and how much time each gets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from ...errors import OutboundRefused
from .address_rules import AllowedNetwork
from .dns import Lookups
from .policies import OutboundPolicy
from .transport import Exchange
from .url_rules import Target, check_address

# How many addresses of one name are tried before giving up.
_MOST_TRIED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """When the caller asked, and until when all must be over. Instants are `time.monotonic`'s."""

    began: float
    deadline: float

    @classmethod
    def of(cls, total_s: float) -> Allowance:
        began = time.monotonic()
        return cls(began=began, deadline=began + total_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """Finds the way to a target under one policy."""

    policy: OutboundPolicy
    allowed_networks: tuple[AllowedNetwork, ...]
    lookups: Lookups

    def exchanges(self, target: Target, allowance: Allowance, *, confidential: bool) -> Iterator[Exchange]:
        """Look the target up once, check every answer, then offer the first few addresses in turn.

        `confidential` requests carry a body or credentials. Raises `OutboundRefused` if any answer is refused,
        `OutboundFailed` if there is none in time.
        """
        if target.address is not None:
            addresses = [str(target.address)]
        else:
            left_s = allowance.deadline - time.monotonic()
            addresses = self.lookups.addresses(target.host, target.port, within_s=left_s)
        ours = {address: self._check(target, address) for address in addresses}
        if target.scheme == "http" and confidential and not all(ours.values()):
            raise OutboundRefused("Credentials and bodies are not sent in the clear.", code="credentials_in_clear")
        connected_by = min(time.monotonic() + self.policy.connect_s, allowance.deadline)
        tried = addresses[:_MOST_TRIED]
        for index, address in enumerate(tried):
            now = time.monotonic()
            yield Exchange(
                scheme=target.scheme,
                address=address,
                port=target.port,
                server_name=target.host,
                host_header=target.host_header,
                ours=ours[address],
                began=allowance.began,
                # An address that swallows packets leaves the next ones their share.
                connect_by=now + (connected_by - now) / (len(tried) - index),
                deadline=allowance.deadline,
                wire_bytes_left=self.policy.max_header_bytes,
            )

    def _check(self, target: Target, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            raise OutboundRefused(
                f"{target.host} leads to something that is no address.", code="address_not_public"
            ) from None
        return check_address(target, address, self.policy, self.allowed_networks)
