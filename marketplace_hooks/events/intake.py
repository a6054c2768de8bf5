"""Intake of inbound events: verify the raw bytes, commit one INSERT, wake a worker, answer (`webhooks.md` 1-5).

One function decides, whatever server or framework the request came through; `web/` has the two adapters and the HTTP
statuses. No handler runs here, and nothing that failed verification is stored.
"""

from __future__ import annotations

import enum
import hashlib
import logging
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..config.senders import Sender
from ..errors import SignatureRejected, Unavailable
from ..models.inbox import LONGEST_SUBJECT, SHARDS
from ..remote.sender_signatures import SenderMessage, verify_sender
from ..remote.signatures import HeaderMapping, verify
from ..services.core.counters import CounterName
from ..services.core.rate_limits import LimitName, client_key
from ..services.core.runtime import JobKind, Runtime
from ..services.inbox.writer import InboxWriter, IncomingEvent, InsertResult
from ..telemetry.log_context import bound, get_logger
from ..telemetry.tracing import annotate, is_tracing, span
from .envelope import Envelope, NotAnEnvelope, parse_envelope, parse_strictly
from .registry import charge_of, is_urgent, subject_of
from .senders import event_id_of, incoming_payload

log = get_logger(__name__)

JSON = "application/json"


class RefusalKind(enum.Enum):
    """Why a request is refused, as far as its HTTP status depends on it."""

    MALFORMED = enum.auto()
    NOT_VERIFIED = enum.auto()
    TOO_LARGE = enum.auto()
    UNSUPPORTED = enum.auto()
    TOO_MANY = enum.auto()
    UNAVAILABLE = enum.auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A request that is not accepted. `code` is stable and for machines, `detail` for the developer who reads it."""

    kind: RefusalKind
    code: str
    detail: str
    retry_after_s: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """An event that is stored. `conflict`: its id was known with another body, and this one was put aside."""

    event_id: str
    duplicate: bool
    conflict: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class IncomingRequest:
    """A POST to `/webhooks/<source>`, its body not read yet.

    `client` is the sender's address. `content_length` is what the request announces, None or 0 for nothing.
    `read_body(limit)` returns the body, or a refusal, and reads at most one byte beyond the limit.
    """

    source: str
    client: str
    headers: HeaderMapping
    content_type: str
    content_encoding: str
    content_length: int | None
    read_body: Callable[[int], bytes | Refusal]


INCOMPLETE_BODY = Refusal(kind=RefusalKind.MALFORMED, code="incomplete_body", detail="the body ended before its end")


def too_large(limit: int) -> Refusal:
    """The refusal of a body of more than `limit` bytes."""
    return Refusal(kind=RefusalKind.TOO_LARGE, code="too_large", detail=f"an event is at most {limit} bytes")


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What accepting needs of one process: the runtime, and the inbox."""

    runtime: Runtime
    inbox: InboxWriter

    def accept(self, request: IncomingRequest) -> Accepted | Refusal:
        """Store one event, once. An event that is stored already is accepted as a duplicate."""
        outcome = self._accept_traced(request) if is_tracing() else self._accept(request)
        if isinstance(outcome, Refusal):
            self.runtime.counters.add(CounterName.EVENTS_REFUSED, outcome.code)
            # Whoever floods us shall not fill the log as well.
            _log(logging.DEBUG if outcome.kind is RefusalKind.TOO_MANY else logging.INFO, outcome.code, None)
        else:
            result = "conflict" if outcome.conflict else "duplicate" if outcome.duplicate else "new"
            self.runtime.counters.add(CounterName.EVENTS_RECEIVED, result)
            _log(logging.INFO if outcome.conflict else logging.DEBUG, result, outcome.event_id)
        return outcome

    def _accept_traced(self, request: IncomingRequest) -> Accepted | Refusal:
        event_id = request.headers.get("webhook-id") or request.headers.get("svix-id")
        caller = request.headers.get("traceparent")
        with span("receive event", origin=event_id, kind="server", caller=caller) as opened:
            outcome = self._accept(request)
            if isinstance(outcome, Refusal):
                annotate(opened, refused=outcome.code)
            else:
                annotate(opened, event_id=outcome.event_id, duplicate=int(outcome.duplicate))
            return outcome

    def _accept(self, request: IncomingRequest) -> Accepted | Refusal:
        settings = self.runtime.settings
        limits = self.runtime.rate_limits
        body = _refuse_format(request) or _read_body(request, settings.max_body_bytes)
        if isinstance(body, Refusal):
            return body
        now = self.runtime.now()
        try:
            read_event = self._verify(request, body, now)
        except SignatureRejected as error:
            # Only what was refused is counted, after it was: nobody locks out who shares their address.
            if wait_s := limits.seconds_to_wait(LimitName.EVENT_FAILURES, client_key(request.client)):
                return _too_many("too many refused events from this address", wait_s)
            return Refusal(kind=RefusalKind.NOT_VERIFIED, code=error.code, detail=error.detail, facts=error.facts)
        if wait_s := limits.seconds_to_wait(LimitName.EVENTS, request.source):
            return _too_many(f"source {request.source} posts too fast", wait_s)
        try:
            event = read_event()
            result = self._insert(event)
        except NotAnEnvelope as error:
            return Refusal(kind=RefusalKind.MALFORMED, code=error.code, detail=str(error))
        except Unavailable as error:
            return Refusal(kind=RefusalKind.UNAVAILABLE, code="unavailable", detail=str(error))
        return Accepted(event_id=event.event_id, duplicate=result.duplicate, conflict=result.conflict)

    def _verify(self, request: IncomingRequest, body: bytes, now: datetime) -> Callable[[], IncomingEvent]:
        """Check the signature by the scheme of the source; what is returned parses the body.

        Raises `SignatureRejected`.
        """
        settings = self.runtime.settings
        source = request.source
        sender = settings.webhook_senders.get(source)
        if sender is None:
            # An unknown source is refused as a wrong signature is: nobody learns which sources there are.
            message = verify(request.headers, body, settings.webhook_secrets.get(source, ()), now)
            return lambda: incoming_event(source, message.id, parse_envelope(body), body, now)
        try:
            theirs = verify_sender(sender, request.headers, body, settings.webhook_sender_secrets[source], now)
        except SignatureRejected as error:
            log.info("an event of source %s is refused: %s", source, error.code)
            verify(request.headers, body, (), now)  # the answer is that of a source that does not exist.
            raise
        return lambda: incoming_from(source, sender, theirs, request.headers, body, now)

    def _insert(self, event: IncomingEvent) -> InsertResult:
        result = self.inbox.insert(event)
        if not result.duplicate:
            self.runtime.wakeups.wake_worker(JobKind.INBOX)
        return result


def _log(level: int, result: str, event_id: str | None) -> None:
    """What became of a request; on the path of every event nothing is made that is not written."""
    if log.isEnabledFor(level):
        with bound(event_id=event_id):
            log.log(level, "an event is %s" if event_id else "an event is refused: %s", result)


def incoming_from(
    source: str, sender: Sender, message: SenderMessage, headers: HeaderMapping, body: bytes, now: datetime
) -> IncomingEvent:
    """The event of a sender, as it is stored. Raises `NotAnEnvelope`."""
    if sender.mapping is not None:
        return incoming_payload(source, sender, message, headers, body, now)
    envelope = parse_envelope(body)
    event_id = event_id_of(sender, message, headers, body, parse_strictly(body))
    return incoming_event(source, event_id, envelope, body, now)


def incoming_event(source: str, event_id: str, envelope: Envelope, body: bytes, received_at: datetime) -> IncomingEvent:
    """An event as it is stored: `body` is what `envelope` was parsed from."""
    subject, shard = subject_and_shard(envelope, event_id)
    return IncomingEvent(
        source=source,
        event_id=event_id,
        type=envelope.type,
        subject=subject,
        shard=shard,
        urgent=is_urgent(envelope.type),
        sent_at=envelope.sent_at,
        received_at=received_at,
        body=body,
        body_sha256=hashlib.sha256(body).hexdigest(),
        charge_id=charge_of(envelope.data),
    )


def subject_and_shard(envelope: Envelope, event_id: str) -> tuple[str, int]:
    """What an event is about, itself if nothing else, and the shard in which that is kept in order."""
    subject = subject_of(envelope.type, envelope.data) or f"event:{event_id}"[:LONGEST_SUBJECT]
    return subject, zlib.crc32(subject.encode()) % SHARDS


def _refuse_format(request: IncomingRequest) -> Refusal | None:
    # What nearly everybody sends first: taking a media type apart costs more than the rest of this.
    if request.content_type != JSON and not _is_json(request.content_type.partition(";")[0].strip().lower()):
        detail = "events are application/json"
        return Refusal(kind=RefusalKind.UNSUPPORTED, code="unsupported_media_type", detail=detail)
    if request.content_encoding.strip().lower() not in ("", "identity"):
        detail = "events are not compressed"
        return Refusal(kind=RefusalKind.UNSUPPORTED, code="unsupported_encoding", detail=detail)
    return None


def _is_json(media_type: str) -> bool:
    return media_type == JSON or media_type.endswith("+json")


def _read_body(request: IncomingRequest, limit: int) -> bytes | Refusal:
    if request.content_length is not None and request.content_length > limit:
        return too_large(limit)
    body = request.read_body(limit)
    return too_large(limit) if isinstance(body, bytes) and len(body) > limit else body


def _too_many(detail: str, wait_s: int) -> Refusal:
    return Refusal(kind=RefusalKind.TOO_MANY, code="too_many_requests", detail=detail, retry_after_s=wait_s)
