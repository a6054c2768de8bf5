"""Is this event really from our marketplace, and is it safely kept? Only then: 202.

Verify the raw bytes, commit one INSERT, ring, answer (`webhooks.md` 1-5). No handler runs here, and nothing that failed
verification is stored.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ..errors import SignatureRejected, Unavailable
from ..events.envelope import Envelope, NotAnEnvelope, parse_envelope
from ..models.inbox import LONGEST_SUBJECT, SHARDS
from ..remote.redis.queue import JobKind
from ..remote.signatures import verify
from ..services.inbox.writer import Received
from .api.responses import JSON
from .problems import problem, problem_of
from .state import WebState, current_web_state

blueprint = Blueprint("mh_webhooks", __name__)

PATH = "/webhooks/"

_AWAY = "marketplace_hooks.away"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
# The first part of a type → what it is about, and the field of its id.
_SUBJECTS = {
    "seller": ("seller", "seller_id"),
    "product": ("product", "product_id"),
    "pack": ("pack", "pack_id"),
    "release": ("product", "product_id"),
    "customer": ("customer", "customer_id"),
    "purchase": ("purchase", "purchase_id"),
    "subscription": ("purchase", "purchase_id"),
    "support": ("request", "request_id"),
}


@blueprint.route(f"{PATH}<source>", methods=_METHODS, provide_automatic_options=False)
def receive(source: str) -> Response:
    """Keep one event. Answers 202 `{"event_id", "duplicate"}`, or a problem document."""
    if request.method != "POST":
        return problem(405, "method_not_allowed", "events are posted", headers={"Allow": "POST"})
    if away := request.environ.get(_AWAY):
        return problem_of(away)
    web_state = current_web_state()
    secrets = web_state.runtime.settings.webhook_secrets.get(source)
    client = request.remote_addr or "unknown"
    if wait_s := web_state.rate_limits.is_spent(web_state.runtime.settings.failure_rate_per_minute, "failures", client):
        return _too_many(wait_s, "too many refused requests from this address")
    if refusal := _refuse_form():
        return refusal
    body = _read_body(web_state.runtime.settings.max_body_bytes)
    if isinstance(body, Response):
        return body
    now = datetime.now(UTC)
    try:
        # An unknown source is told no more than a wrong signature is.
        verified = verify(request.headers, body, secrets or (), now)
    except SignatureRejected as error:
        web_state.rate_limits.seconds_to_wait(web_state.runtime.settings.failure_rate_per_minute, "failures", client)
        return problem_of(error)
    if wait_s := web_state.rate_limits.seconds_to_wait(
        web_state.runtime.settings.webhook_rate_per_minute, "source", source
    ):
        return _too_many(wait_s, f"source {source} posts too fast")
    try:
        envelope = parse_envelope(body)
    except NotAnEnvelope as error:
        return problem(400, error.code, str(error))
    try:
        answer = _keep(web_state, source, verified.id, envelope, body, now)
    except Unavailable as error:
        return problem_of(error)
    return Response(answer, 202, content_type=JSON)


def accept_fast(web_state: WebState, source: str, environ: dict[str, Any]) -> bytes | None:
    """The body of the 202 to an event that is kept; None for everything that is out of the ordinary.

    Then nothing has happened: what was read of the body is put back, and nothing is counted.
    """
    settings = web_state.runtime.settings
    announced = environ.get("CONTENT_LENGTH") or ""
    secrets = settings.webhook_secrets.get(source)
    client = environ.get("REMOTE_ADDR") or "unknown"
    is_ordinary = secrets and environ.get("CONTENT_TYPE") == JSON and "HTTP_CONTENT_ENCODING" not in environ
    if not (
        is_ordinary and announced.isdecimal() and len(announced) < 10 and int(announced) <= settings.max_body_bytes
    ):
        return None
    rate_limits = web_state.rate_limits
    limit = settings.webhook_rate_per_minute
    if rate_limits.is_spent(settings.failure_rate_per_minute, "failures", client) or rate_limits.is_spent(
        limit, "source", source
    ):
        return None
    body = b""
    try:
        body = environ["wsgi.input"].read(int(announced))
        now = datetime.now(UTC)
        verified = verify(EnvironHeaders(environ), body, secrets or (), now)
        answer = _keep(web_state, source, verified.id, parse_envelope(body), body, now)
    except Exception as error:
        environ["wsgi.input"] = BytesIO(body)
        if isinstance(error, Unavailable):
            environ[_AWAY] = error  # nobody waits for the database a second time.
        return None  # whatever it was, the whole way meets it again, and says so.
    rate_limits.seconds_to_wait(limit, "source", source)
    return answer


def _keep(web_state: WebState, source: str, event_id: str, envelope: Envelope, body: bytes, now: datetime) -> bytes:
    subject = subject_of(envelope) or f"event:{event_id}"[:LONGEST_SUBJECT]
    kept = web_state.inbox.keep(
        Received(
            source=source,
            event_id=event_id,
            type=envelope.type,
            subject=subject,
            shard=zlib.crc32(subject.encode()) % SHARDS,
            sent_at=envelope.sent_at,
            received_at=now,
            body=body,
            body_sha256=hashlib.sha256(body).hexdigest(),
        )
    )
    if not kept.duplicate:
        web_state.runtime.wakeups.wake_worker(JobKind.INBOX)
    answer: dict[str, object] = {"event_id": event_id, "duplicate": kept.duplicate}
    if kept.conflict:
        answer["conflict"] = True
    return json.dumps(answer).encode()


def subject_of(envelope: Envelope) -> str | None:
    """What an event is about, such as `product:12`: events about one subject are applied in order."""
    kind, field = _SUBJECTS.get(envelope.type.partition(".")[0], ("", ""))
    id_ = envelope.data.get(field)
    return f"{kind}:{id_}" if isinstance(id_, str) and 0 < len(id_) <= 100 else None


def _refuse_form() -> Response | None:
    """415 for what is not plain JSON, 413 for a body that announces itself too large."""
    # What nearly everybody sends first: taking a media type apart costs more than the rest of this.
    if request.content_type != JSON and not _is_json(request.mimetype):
        return problem(415, "unsupported_media_type", "events are application/json")
    if request.environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        return problem(415, "unsupported_encoding", "events are not compressed")
    return None


def _is_json(media_type: str) -> bool:
    return media_type == JSON or media_type.endswith("+json")


def _read_body(most: int) -> bytes | Response:
    """The raw body, never more than `most` bytes of it in memory, whatever Content-Length says or does not say."""
    announced = request.content_length
    if announced is not None and announced > most:
        return _too_large(most)
    # One byte more than may be: a body that did not announce its length shows that it is longer.
    # A server may announce an empty or unreadable length, which is read as 0 (PEP 3333): no announcement either.
    request.max_content_length = None if announced else most + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _too_large(most)
    except (HTTPException, OSError):
        return problem(400, "incomplete_body", "the body ended before its end")
    return _too_large(most) if len(body) > most else body


def _too_large(most: int) -> Response:
    return problem(413, "too_large", f"an event is at most {most} bytes")


def _too_many(wait_s: int, detail: str) -> Response:
    return problem(429, "too_many_requests", detail, headers={"Retry-After": str(wait_s)})
