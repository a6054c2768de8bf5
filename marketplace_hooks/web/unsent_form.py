"""What did somebody type into a form that came too late: the sign-in had ended, or the form had been open for too long?

It is not carried out, for nothing proves any more that its owner wants it; but it is not lost either: it is shown
again, to be sent once more. Only what comes from a page of ours is: another site must not put words into any mouth.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from .csrf import FORM_FIELD

TYPED = ("subject", "body", "text", "evidence", "reason", "modules")
"""The fields that people write into; the others are chosen, or known to the page."""


@dataclass(frozen=True, kw_only=True)
class UnsentForm:
    """What was typed, to be shown, and all that the form said, to be sent again: its token apart."""

    words: list[str]
    fields: list[tuple[str, str]]


def read_unsent_form() -> UnsentForm | None:
    """What this request would have sent; None when nothing was typed, or when it is not known to come from here."""
    if request.method != "POST" or not _comes_from_here():
        return None
    words = [text for name in TYPED if (text := request.form.get(name, "").strip())]
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != FORM_FIELD]
    return UnsentForm(words=words, fields=fields) if words else None


def _comes_from_here() -> bool:
    """As the browser says, which no page of another site can make it say otherwise."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host
