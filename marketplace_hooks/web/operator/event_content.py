"""Content of an event as its pages show it: the payload with each fault at its place, and as a command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...domain.json_faults import TextPart, parts_with_faults
from ...domain.privacy import without_personal_data
from ...events.envelope import NotAnEnvelope, parse_strictly
from ...events.senders import topic_of
from ...models.inbox import InboxEvent, InboxState, is_payload
from ..labels.event_faults import fault_label

MOST_FAULTS = 50
IMPERSONAL = ("product.", "pack.", "release.published", "seller.")
"""Types without personal data: their payload is shown whole."""
FAULTY = (InboxState.REJECTED, InboxState.FAILED)


@dataclass(frozen=True, kw_only=True)
class ContentFault:
    """One thing that is wrong: where, and what in the reader's words."""

    path: str
    words: str


@dataclass(frozen=True, kw_only=True)
class ShownContent:
    """A payload with its faults. `parts` is None once the payload was purged, or where it cannot be read.

    `more_faults` is how many there are beside those that are shown.
    """

    parts: Sequence[TextPart] | None
    faults: Sequence[ContentFault]
    more_faults: int


def is_personal(event: InboxEvent) -> bool:
    """Whether the event may tell of a person."""
    return not event.type.startswith(IMPERSONAL)


def content_of(event: InboxEvent, *, whole: bool) -> ShownContent:
    """The payload as it was received, with what was wrong with it. Personal data are left out unless `whole`."""
    errors = event.errors or [] if event.state in FAULTY else []
    if event.body is None:
        return shown_content(None, errors)
    content = json.loads(event.body)
    if not whole:
        content = {**content, "data": without_personal_data(content.get("data", {}))}
    return shown_content(content, errors)


def typed_content(text: str, errors: Sequence[Mapping[str, Any]]) -> ShownContent:
    """The same of what somebody has typed."""
    try:
        return shown_content(parse_strictly(text.encode()), errors)
    except NotAnEnvelope:
        return shown_content(None, errors)


def shown_content(content: Any, errors: Sequence[Mapping[str, Any]]) -> ShownContent:
    """A JSON value with these errors at their places."""
    listed = errors[:MOST_FAULTS]
    return ShownContent(
        parts=None if content is None else parts_with_faults(content, [str(one.get("path", "")) for one in listed]),
        faults=[ContentFault(path=str(one.get("path", "")), words=fault_label(one)) for one in listed],
        more_faults=len(errors) - len(listed),
    )


def editable_text(event: InboxEvent) -> str:
    """The whole payload as text to be corrected; empty once it was purged."""
    return "" if event.body is None else json.dumps(json.loads(event.body), indent=2, ensure_ascii=False)


def command_of(event: InboxEvent) -> str | None:
    """The shell command that posts this event anew, under another id; None once its payload was purged.

    The data goes in by a quoted here-document, in which a shell reads nothing; no line of JSON is its end mark.
    """
    if event.body is None:
        return None
    content = json.loads(event.body)
    data = json.dumps(content["data"], indent=2, ensure_ascii=False)
    if not data.replace("\n", "").isprintable():
        data = json.dumps(content["data"], indent=2)
    words = ["marketplace-hooks", "send"]
    if is_payload(event.type):
        words += [topic_of(event.type), "-", "--as", event.source]
    else:
        words += [content["type"], "-", "--source", event.source, "--timestamp", content["timestamp"]]
    return f"{shlex.join(words)} <<'JSON'\n{data}\nJSON"
