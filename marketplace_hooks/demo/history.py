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
from . import catalog, support
from .catalog import Event

AFTER_DAYS = (25, 60, 130, 205, 280)
"""So many days after a purchase its customer has asked something."""
LAST_DAYS_AGO = 30
"""Nothing of it is younger: what is open now is in `demo/support.py`."""
FIRST_DAYS_AGO = 380
CLOSURE = "seller.closure_declared"
SUBMITTED = "support.request_submitted"
SLOW_EVERY = 9
"""Of so many questions one was answered too late."""
QUESTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "fr": (
        (
            "Quel réglage choisir pour une petite boutique ?",
            "Bonjour,\n\nNous avons une centaine d’articles. Quel réglage nous conseillez-vous ?",
            "Bonjour,\n\nAvec {name}, gardez le réglage d’origine : la page « Configurer » explique les autres.",
        ),
        (
            "Comment traduire les textes en anglais ?",
            "Bonjour,\n\nNous ouvrons une version anglaise de la boutique. Où peut-on traduire les textes ?",
            "Bonjour,\n\nDans International > Traductions, choisissez {name} puis l’anglais.",
        ),
        (
            "Peut-on l’essayer sur une copie de la boutique ?",
            "Bonjour,\n\nNous voudrions tout essayer sur une copie avant de modifier la boutique.",
            "Bonjour,\n\nOui : installez {name} sur la copie avec le même fichier zip, sans réglage particulier.",
        ),
        (
            "Que deviennent les réglages lors d’une mise à jour ?",
            "Bonjour,\n\nFaut-il noter nos réglages avant d’installer la nouvelle version ?",
            "Bonjour,\n\nNon : {name} garde vos réglages, la mise à jour ne change que ses fichiers.",
        ),
        (
            "Est-ce compatible avec le multiboutique ?",
            "Bonjour,\n\nNous ajoutons une deuxième boutique au même back-office.",
            "Bonjour,\n\nOui : choisissez la boutique en haut de la page, puis configurez {name} pour celle-ci.",
        ),
    ),
    "en": (
        (
            "Which setting suits a small shop?",
            "Hello,\n\nWe have about a hundred products. Which setting do you recommend?",
            "Hello,\n\nWith {name}, keep the default setting: its “Configure” page explains the others.",
        ),
        (
            "How do I translate the texts into French?",
            "Hello,\n\nWe are opening a French version of our shop. Where can we translate the texts?",
            "Hello,\n\nUnder International > Translations, choose {name} and then French.",
        ),
        (
            "Can I try it on a copy of the shop?",
            "Hello,\n\nWe would like to try everything on a copy before we change the shop.",
            "Hello,\n\nYes: install {name} on the copy from the same zip file. It needs no special settings.",
        ),
        (
            "What happens to my settings when I update?",
            "Hello,\n\nDo we have to write down our settings before we install the new version?",
            "Hello,\n\nNo: {name} keeps your settings, the update only changes its files.",
        ),
        (
            "Does it support multistore?",
            "Hello,\n\nWe are adding a second shop to the same back office.",
            "Hello,\n\nYes: choose the shop at the top of the page, then configure {name} for it.",
        ),
    ),
}
"""By language, what a customer asks for the first time, the second time and so on: subject, question and answer."""


def events(now: datetime) -> list[Event]:
    """Each question, and its answer, in the order in which they were written."""
    today = catalog.midnight(now)
    purchases = [(data, at) for _, type_, at, data in catalog.events(now) if type_ == "purchase.completed"]
    locales = {one["customer_id"]: one["locale"] for one in catalog.read("customers")}
    names = {one["product_id"]: _short_names(one["title"]) for one in catalog.read("products")}
    found = [
        event
        for purchase, bought_at in purchases
        if "shop_url" in purchase and purchase["price_paid"]["amount_cents"]
        for event in _questions(today, purchase, bought_at, locales[purchase["customer_id"]], names)
    ]
    return sorted(found, key=lambda event: event[2])


def events_before_open_requests(now: datetime) -> list[Event]:
    """The questions that were asked before every request of `demo/support.py`, each with its answer."""
    return _by_request(now)[0]


def events_since_open_requests(now: datetime) -> list[Event]:
    """The other questions, with all events of `demo/support.py`, by date: requests are listed as they were posted.

    Each request is followed by its messages. Closures come first: each says itself when it was declared.
    """
    return _by_request(now)[1]


def _by_request(now: datetime) -> tuple[list[Event], list[Event]]:
    recent = support.events(now)
    every = [*recent, *events(now)]
    asked_at = {data["request_id"]: at for _, type_, at, data in every if type_ == SUBMITTED}
    first_at = min(asked_at[data["request_id"]] for _, type_, _, data in recent if type_ == SUBMITTED)

    def begins_at(event: Event) -> datetime:
        return asked_at.get(event[3].get("request_id", ""), event[2])

    every.sort(key=lambda event: (event[1] != CLOSURE, begins_at(event), event[2]))
    before = [event for event in every if event[1] != CLOSURE and begins_at(event) < first_at]
    return before, [event for event in every if event[1] == CLOSURE or begins_at(event) >= first_at]


def request_ids(now: datetime) -> list[str]:
    """The ids of the questions, to be settled."""
    return [data["request_id"] for _, type_, _, data in events(now) if type_ == SUBMITTED]


def _short_names(title: dict[str, str]) -> dict[str, str]:
    """A product's name without what it is for, in each language."""
    return {language: name.partition(" – ")[0] for language, name in title.items()}


def _questions(
    today: datetime, purchase: dict[str, Any], bought_at: datetime, locale: str, names: dict[str, dict[str, str]]
) -> Iterator[Event]:
    language = locale if locale in QUESTIONS else "en"
    for number, (days, (subject, body, answer)) in enumerate(zip(AFTER_DAYS, QUESTIONS[language], strict=True), 1):
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
            "body": answer.format(name=names[purchase["product_id"]][language]),
        }
        yield catalog.event_id(today, message["message_id"]), "support.message_posted", answered_at, message
