"""Sending: one signed request to an endpoint, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...database.encryption import Encryption
from ...domain.instants import format_instant
from ...domain.outbox.retry_policy import retry_after_s
from ...errors import OutboundFailed, OutboundRefused, passes_by_itself
from ...models.outbox import Endpoint
from ...remote.http.client import OutboundResponse
from ...remote.signatures import signed_headers
from ...telemetry.log_context import get_logger
from ...telemetry.tracing import traceparent
from ..core.runtime import Runtime
from .old_secrets import old_secrets_of

log = get_logger(__name__)

LOGGED_CHARACTERS = 500
CONTROL_HEADER = "webhook-delivery"
"""The header of an answer by which a receiver controls its deliveries, as in Svix's delivery control."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An endpoint as of one attempt. Its secrets sign together, the new one first; no log may show them."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, endpoint: Endpoint, encryption: Encryption, now: datetime) -> Recipient:
        """The endpoint as it is now; an old secret signs too until its day is over. Raises `EncryptionKeyLost`."""
        secrets = (encryption.decrypt(endpoint.secret), *old_secrets_of(endpoint, encryption, now))
        headers = {} if endpoint.headers is None else json.loads(encryption.decrypt(endpoint.headers))
        return cls(url=endpoint.url, secrets=secrets, headers=headers)


@dataclass(frozen=True, kw_only=True)
class AttemptResult:
    """The result of an attempt: an answer, or why there was none.

    `address` is the IP address that it went to, and `sent` are the names of the headers sent with it.
    """

    answer: OutboundResponse | None
    address: str | None
    error: str | None
    timed_out: bool
    took_s: float
    sent: tuple[str, ...]

    @property
    def status(self) -> int | None:
        """The answer's HTTP status."""
        return self.answer.status if self.answer is not None else None

    @property
    def is_success(self) -> bool:
        """2xx, and nothing else (`webhooks.md` 9)."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def asks_to_disable(self) -> bool:
        """Whether the receiver wants nothing more to be sent to this endpoint, whatever the status."""
        return self._control == "disable"

    @property
    def asks_to_abort(self) -> bool:
        """Whether the receiver wants no other attempt at this delivery."""
        return self._control == "abort-message"

    @property
    def _control(self) -> str:
        return "" if self.answer is None else self.answer.headers.get(CONTROL_HEADER, "").strip().lower()

    @property
    def status_class(self) -> str:
        """`2xx` to `5xx`, or `timeout` or `error` where there was no answer."""
        if self.status is not None:
            return f"{self.status // 100}xx"
        return "timeout" if self.timed_out else "error"

    @property
    def excerpt(self) -> str:
        """The beginning of the answer's body, as text."""
        return "" if self.answer is None else self.answer.text[:LOGGED_CHARACTERS]

    def retry_after_s(self, now: datetime) -> float | None:
        """What the answer asked for by `Retry-After`."""
        return None if self.answer is None else retry_after_s(self.answer.headers.get("retry-after"), now)

    def entry(self, now: datetime) -> dict[str, Any]:
        """One line of the delivery's log: no value of a header, for it may be a credential."""
        entry: dict[str, Any] = {
            "at": format_instant(now),
            "status": self.status,
            "error": self.error,
            "took_ms": round(self.took_s * 1000),
            "headers": list(self.sent),
        }
        if self.address is not None:
            entry["address"] = self.address
        if self.answer is not None and not self.is_success:
            entry["answer"] = self.excerpt
        return entry


def send_signed(runtime: Runtime, recipient: Recipient, *, event_id: str, body: bytes) -> AttemptResult:
    """Send a body once, signed now. Raises nothing but what passes by itself, such as when memory runs out."""
    started = runtime.now()
    answer: OutboundResponse | None = None
    address: str | None = None
    error: str | None = None
    timed_out = False
    sent: tuple[str, ...] = ()
    try:
        headers = {"content-type": "application/json", **signed_headers(event_id, started, body, recipient.secrets)}
        parent = traceparent()
        if parent is not None and not any(name.lower() == "traceparent" for name in recipient.headers):
            headers["traceparent"] = parent  # not signed: a receiver that knows nothing of it ignores it.
        sent = tuple(sorted(name.lower() for name in (*headers, *recipient.headers)))
        answer = runtime.outbound.post(recipient.url, body=body, headers=headers, custom_headers=recipient.headers)
        address = answer.address
    except OutboundRefused as refused:
        error = f"refused: {refused.detail}"
    except OutboundFailed as failed:
        error = f"{failed.reason}: {failed}"
        timed_out = failed.reason == "timeout"
        address = failed.address
    except Exception as mistake:
        if passes_by_itself(mistake):
            raise
        log.exception("%s could not be sent", event_id)
        error = type(mistake).__name__
    took_s = (runtime.now() - started).total_seconds()
    return AttemptResult(answer=answer, address=address, error=error, timed_out=timed_out, took_s=took_s, sent=sent)
