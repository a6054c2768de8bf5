"""Verify command: says whether a captured message is signed as it claims, and if not, why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO

import click

from ..config.senders import Sender
from ..domain.instants import format_instant
from ..errors import ConfigurationError, SignatureRejected
from ..remote import signatures
from ..remote.sender_signatures import verify_sender
from ..remote.signature_hints import CapturedMessage, explain, signing_secret
from ..services.outbox.endpoints import read_endpoint
from ..services.outbox.sending import Recipient
from .output import instant_option, json_option, show_one
from .root import current_runtime, hooks_group

MOST_HEADERS = 200


@hooks_group.command("verify")
@click.argument("file", type=click.File("rb"))
@click.option("--id", "webhook_id", help="The header webhook-id.")
@click.option("--timestamp", help="The header webhook-timestamp.")
@click.option("--signature", help="The header webhook-signature.")
@click.option("--source", default="marketplace", show_default=True, help="The source whose secrets to try.")
@click.option("--endpoint", "endpoint_id", help="Use this endpoint's secrets instead, for a delivery that we sent.")
@click.option("--secret", help="Use this secret instead of the configured ones.")
@click.option("--at", callback=instant_option, help="Judge the age at this instant (RFC 3339); default: now.")
@json_option
def verify(
    file: BinaryIO,
    webhook_id: str | None,
    timestamp: str | None,
    signature: str | None,
    source: str,
    endpoint_id: str | None,
    secret: str | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Check the signature of a captured message; if it is not valid, say why.

    FILE (- for standard input) is the whole message: lines of headers, an empty line, the body. With --id,
    --timestamp and --signature it is the body alone. The svix- names of the headers are accepted too.

    \b
    marketplace-hooks verify captured.http --endpoint end_1f0c
    marketplace-hooks verify body.json --id evt_1 --timestamp 1767225600 --signature 'v1,…'
    """
    given = {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    headers = {name: value for name, value in given.items() if value is not None}
    content = file.read()
    if not headers:
        headers, content = _read_message(content)
    elif len(headers) < len(given):
        raise click.UsageError("Give --id, --timestamp and --signature, or none of them and the whole message.")
    sender = None if secret or endpoint_id else current_runtime().settings.webhook_senders.get(source)
    message = CapturedMessage(headers=headers, body=content, secrets=_secrets(source, endpoint_id, secret))
    now = at or datetime.now(UTC)
    if sender is not None:
        _verify_sender(sender, message, now, as_json=as_json)
        return
    try:
        verified = signatures.verify(message.headers, message.body, message.secrets, now)
    except SignatureRejected as refusal:
        hints = list(explain(message, refusal, now, {} if secret else _other_secrets(source, endpoint_id)))
        facts = {"verified": False, "code": refusal.code, "detail": refusal.detail}
        show_one({**facts, **({"hints": hints} if as_json else _numbered(hints))}, as_json=as_json)
        raise SystemExit(1) from refusal
    facts = {"verified": True, "id": verified.id, "timestamp": format_instant(verified.timestamp)}
    signer = f"{signing_secret(message, now)} of {len(message.secrets)}"
    show_one({**facts, "age_s": round((now - verified.timestamp).total_seconds()), "secret": signer}, as_json=as_json)


def _verify_sender(sender: Sender, message: CapturedMessage, now: datetime, *, as_json: bool) -> None:
    """By the scheme of a sender of WEBHOOK_SENDERS. Fails when the message does not verify."""
    try:
        verified = verify_sender(sender, message.headers, message.body, message.secrets, now)
    except SignatureRejected as refusal:
        show_one({"verified": False, "code": refusal.code, "detail": refusal.detail}, as_json=as_json)
        raise SystemExit(1) from refusal
    timestamp = None if verified.timestamp is None else format_instant(verified.timestamp)
    show_one({"verified": True, "timestamp": timestamp}, as_json=as_json)


def _read_message(content: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a message as it travelled, or as `curl --verbose` prints it."""
    head, separator, body = content.partition(b"\r\n\r\n")
    if not separator or b"\n\n" in head:
        head, separator, body = content.partition(b"\n\n")
    pairs = [line.removeprefix("> ").partition(":") for line in head.decode("latin-1").splitlines()[:MOST_HEADERS]]
    headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon and " " not in name.strip()}
    if not separator or not headers:
        raise click.UsageError(
            "FILE is not a message with headers, an empty line and a body; for a body alone, give --id, --timestamp "
            "and --signature."
        )
    return headers, body


def _secrets(source: str, endpoint_id: str | None, secret: str | None) -> tuple[str, ...]:
    if secret:
        return (secret,)
    runtime = current_runtime()
    if endpoint_id is not None:
        with runtime.database.read_session() as session:
            return Recipient.of(read_endpoint(session, endpoint_id), runtime.encryption, runtime.now()).secrets
    settings = runtime.settings
    secrets = settings.webhook_secrets.get(source) or settings.webhook_sender_secrets.get(source)
    if not secrets:
        raise ConfigurationError(f"WEBHOOK_SECRETS has no secret for the source {source!r}.")
    return tuple(secrets)


def _other_secrets(source: str, endpoint_id: str | None) -> dict[str, tuple[str, ...]]:
    """The secrets of the other sources, by their names."""
    known = current_runtime().settings.webhook_secrets
    return {
        f"the source {name}": tuple(secrets)
        for name, secrets in known.items()
        if endpoint_id is not None or name != source
    }


def _numbered(hints: list[str]) -> dict[str, str]:
    return {f"hint {number}": hint for number, hint in enumerate(hints, start=1)}
