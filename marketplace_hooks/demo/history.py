"""Demo history: the questions of the last year that sellers have answered, so that the charts of months show months.

Each is a question about a purchase while its first Business Care ran. How long the answer took is always the same for
the same request.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..domain.instants import format_instant
from . import catalog
from .catalog import Event

AFTER_DAYS = (25, 60, 130, 205, 280)
"""So many days after a purchase its customer has asked something."""
LAST_DAYS_AGO = 30
"""Nothing of it is younger: what is open now is in `demo/support.py`."""
FIRST_DAYS_AGO = 380
SLOW_EVERY = 9
"""Of so many questions one was answered too late."""
SUBJECTS = {
    "fr": (
        "Une question sur les réglages",
        "Bonjour,\n\nQuel réglage choisir pour ma boutique ?",
        "Bonjour,\n\nGardez le réglage d’origine : il convient à votre catalogue. La page « Configurer » l’explique.",
    ),
    "en": (
        "A question about the settings",
        "Hello,\n\nWhich setting suits my shop?",
        "Hello,\n\nKeep the default: it suits your catalogue. The page “Configure” explains it.",
    ),
}


def events(now: datetime) -> list[Event]:
    """Each question, and its answer, in the order in which they were written."""
    today = catalog.midnight(now)
    purchases = [(data, at) for _, type_, at, data in catalog.events(now) if type_ == "purchase.completed"]
    locales = {one["customer_id"]: one["locale"] for one in catalog.read("customers")}
    found = [
        event
        for purchase, bought_at in purchases
        if "shop_url" in purchase and purchase["price_paid"]["amount_cents"]
        for event in _questions(today, purchase, bought_at, locales[purchase["customer_id"]])
    ]
    return sorted(found, key=lambda event: event[2])


def request_ids(now: datetime) -> list[str]:
    """The ids of the questions, to be settled."""
    return [data["request_id"] for _, type_, _, data in events(now) if type_ == "support.request_submitted"]


def _questions(today: datetime, purchase: dict[str, Any], bought_at: datetime, locale: str) -> Iterator[Event]:
    subject, body, answer = SUBJECTS[locale if locale in SUBJECTS else "en"]
    for number, days in enumerate(AFTER_DAYS, 1):
        at = bought_at + timedelta(days=days)
        days_ago = (today - at).days
        if not LAST_DAYS_AGO <= days_ago <= FIRST_DAYS_AGO:
            continue
        request_id = f"rq-{purchase['purchase_id'].removeprefix('o-')}-{number}"
        asked = {
            "request_id": request_id,
            "purchase_id": purchase["purchase_id"],
            "kind": "question",
            "subject": subject,
            "body": body,
            "submitted_at": format_instant(at),
        }
        yield catalog.event_id(today, request_id), "support.request_submitted", at, asked
        chance = zlib.crc32(request_id.encode())
        hours = 100 if chance % SLOW_EVERY == 0 else 2 + chance % 20
        answered_at = at + timedelta(hours=hours)
        message = {
            "request_id": request_id,
            "message_id": f"{request_id}-answer",
            "side": "seller",
            "author_type": "human",
            "visibility": "public",
            "received_at": format_instant(answered_at),
            "subject": f"Re: {subject}",
            "body": answer,
        }
        yield catalog.event_id(today, message["message_id"]), "support.message_posted", answered_at, message
