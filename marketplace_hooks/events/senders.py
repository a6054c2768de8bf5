"""Payloads of senders: what a verified request of a sender becomes in the inbox.

A sender without a mapping posts our envelope, and its event is like any other. A payload that is to be mapped is stored
as it came, inside an envelope whose type names the source and the sender's own topic, such as `shop:orders/paid`: no
type of ours has a colon. It is about its source, so that the payloads of one sender are mapped in their order, and
urgent, because a status change may be in it.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from datetime import datetime
from typing import Any

from ..config.senders import Sender, ValueLocation, ValuePlace
from ..domain.instants import format_instant
from ..models.inbox import SHARDS
from ..remote.sender_signatures import SenderMessage, header_of
from ..remote.signatures import HeaderMapping
from ..services.inbox.writer import IncomingEvent
from .envelope import NotAnEnvelope, parse_strictly

LONGEST_TOPIC = 69
"""With the longest name of a source, as long as a type may be."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


def topic_of(type_: str) -> str:
    """The sender's own topic in the type of a payload; empty where the sender names none."""
    return type_.partition(":")[2]


def event_id_of(sender: Sender, message: SenderMessage, headers: HeaderMapping, body: bytes, content: Any) -> str:
    """The id of an event, under which a repetition is known again. Raises `NotAnEnvelope` where there is none.

    One that is no id of ours, such as `gid://shop/Order/7`, is replaced by its digest.
    """
    place = sender.event_id
    if message.id is not None or place is None:
        return message.id or ""
    if place.kind is ValueLocation.BODY:
        return f"sha256-{hashlib.sha256(body).hexdigest()}"
    text = _text_at(place, headers, content)
    if not text:
        raise NotAnEnvelope(f"the event has no id: {place.kind}:{place.name}", code="not_an_envelope")
    return text if _ID.fullmatch(text) else f"sha256-{hashlib.sha256(text.encode()).hexdigest()}"


def incoming_payload(
    source: str, sender: Sender, message: SenderMessage, headers: HeaderMapping, body: bytes, now: datetime
) -> IncomingEvent:
    """A payload that is to be mapped, as it is stored. Raises `NotAnEnvelope`."""
    content = parse_strictly(body)
    if not isinstance(content, dict):
        raise NotAnEnvelope("the body must be an object", code="not_an_envelope")
    topic = _text_at(sender.topic, headers, content) if sender.topic is not None else ""
    if len(topic) > LONGEST_TOPIC or not topic.isprintable():
        raise NotAnEnvelope(f"a topic has at most {LONGEST_TOPIC} printable characters", code="not_an_envelope")
    type_ = f"{source}:{topic}"
    sent_at = message.timestamp or now
    subject = f"source:{source}"
    # Put together around the bytes as they came: written anew, their numbers or their order could change.
    start = f'{{"type":{json.dumps(type_)},"timestamp":"{format_instant(sent_at)}","data":'
    return IncomingEvent(
        source=source,
        event_id=event_id_of(sender, message, headers, body, content),
        type=type_,
        subject=subject,
        shard=zlib.crc32(subject.encode()) % SHARDS,
        urgent=True,
        sent_at=sent_at,
        received_at=now,
        body=b"%b%b}" % (start.encode(), body),
        body_sha256=hashlib.sha256(body).hexdigest(),
    )


def _text_at(place: ValuePlace, headers: HeaderMapping, content: Any) -> str:
    if place.kind is ValueLocation.HEADER:
        return header_of(headers, place.name) or ""
    for name in place.name.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    if isinstance(content, int) and not isinstance(content, bool):
        return str(content)
    return content if isinstance(content, str) else ""
