"""Notification mails: which outgoing events people are mailed about, and on which side of a sale."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import idna


class Reader(enum.StrEnum):
    """Who reads a mail: the two sides of a sale."""

    CUSTOMER = "customer"
    SELLER = "seller"


_BOTH = frozenset(Reader)
_CUSTOMER = frozenset({Reader.CUSTOMER})
_SELLER = frozenset({Reader.SELLER})

READERS: dict[str, frozenset[Reader]] = {
    "support_request.accepted": _BOTH,
    "support_request.needs_information": _CUSTOMER,
    "support_request.not_entitled": _CUSTOMER,
    "support_request.message_posted": _BOTH,
    "support_request.acknowledged": _CUSTOMER,
    "support_request.acknowledgement_due_soon": _SELLER,
    "support_request.acknowledgement_missed": _SELLER,
    "support_request.kind_changed": _BOTH,
    "support_request.checked": _BOTH,
    "support_request.proposed": _SELLER,
    "support_request.refused": _CUSTOMER,
    "support_request.contested": _SELLER,
    "support_request.overturned": _BOTH,
    "support_request.offer_made": _CUSTOMER,
    "support_request.offer_answered": _SELLER,
    "support_request.resolved": _CUSTOMER,
    "support_request.reopened": _SELLER,
    "support_request.fix_due_soon": _SELLER,
    "support_request.fix_missed": _SELLER,
    "support_request.refund_due": _BOTH,
    "support_request.refund_requested": _BOTH,
    "support_request.refund_deferred": _BOTH,
    "support_request.refund_no_longer_due": _BOTH,
    "support_request.refund_settled": _BOTH,
    "support_request.closed": _BOTH,
    "subscription.renewal_notice_due": _CUSTOMER,
    "subscription.renewal_cancelled": _CUSTOMER,
}
"""The outgoing events that people are mailed about, and who. A message goes to whoever has not written it, and
never when an automation has: two that answer each other would not stop. A check of the site goes to both when it adds a
ground."""

MESSAGE = "support_request.message_posted"
CHECKED = "support_request.checked"


_MAILBOX = re.compile(r"[^\x00-\x20\x7f-\U0010ffff<>()\[\]\\,;:@\"]{1,64}@([^\x00-\x20\x7f<>()\[\]\\,;:@\"]{1,253})")


def mailbox_of(address: str) -> str | None:
    """The address as mail servers take it, its host in ASCII; None when it is none."""
    text = address.strip()
    found = _MAILBOX.fullmatch(text)
    if found is None:
        return None
    try:
        host = idna.encode(found[1], uts46=True).decode("ascii")
    except idna.IDNAError:
        return None
    return f"{text.rpartition('@')[0]}@{host}"


def types_for(reader: Reader) -> list[str]:
    """The outgoing events that one side is mailed about."""
    return sorted(type_ for type_, readers in READERS.items() if reader in readers)


@dataclass(frozen=True, kw_only=True)
class MailFacts:
    """What a letter is written from: the event's own data, and the names of what it is about (None: unknown)."""

    type: str
    data: Mapping[str, Any]
    cause: Mapping[str, Any]
    reader: Reader
    reader_name: str
    request_subject: str | None
    product_title: Mapping[str, str] | None
    seller_name: str | None


@dataclass(frozen=True, kw_only=True)
class RenderedMail:
    """A letter in its reader's language."""

    subject: str
    text: str
    language: str
