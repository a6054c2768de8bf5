"""Unsent forms: what somebody typed into a form that came after the end of the session, or with an expired token.

It is not carried out, for nothing proves any more that its owner wants it; but it is not lost either: it is shown
again, to be sent once more. Only a form of this site is: another site must not choose the text.
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
    """The texts that were typed, to be shown, and all fields but the token, to be sent again."""

    texts: list[str]
    fields: list[tuple[str, str]]


def read_unsent_form() -> UnsentForm | None:
    """The form of this request; None when nothing was typed, or when it may come from another site."""
    if request.method != "POST" or not _is_same_origin():
        return None
    texts = [text for name in TYPED if (text := request.form.get(name, "").strip())]
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != FORM_FIELD]
    return UnsentForm(texts=texts, fields=fields) if texts else None


def _is_same_origin() -> bool:
    """Whether a page of this site sent it, as the browser says; no page of another site can make it say otherwise."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host
