"""Unsent forms: what somebody typed into a form that could not be carried out when it came.

After the end of a session, or with an expired token, nothing proves that its owner still wants it; what cannot be
undone waits for a fresh sign-in. The form is not lost: it is shown again, to be sent once more. This is done only for
forms from this site: another site must not choose the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import request

from ..services.access import sessions
from ..services.core.actor import acting_as
from ..services.core.unit_of_work import run_in_transaction
from .csrf import FORM_FIELD
from .state import current_runtime
from .urls import current_url

TYPED = ("subject", "body", "text", "evidence", "reason", "modules", "name")
"""The fields that people write into; the others are chosen, or known to the page."""
LONGEST_STORED = 100_000
"""Characters of a form that waits for a sign-in; none that does is nearly as long."""


@dataclass(frozen=True, kw_only=True)
class UnsentForm:
    """The texts that were typed, to be shown, and all fields but the token, to be sent again to `path`."""

    texts: list[str]
    fields: list[tuple[str, str]]
    path: str


def read_unsent_form() -> UnsentForm | None:
    """The form of this request; None when nothing was typed, or when it may come from another site."""
    if request.method != "POST" or not _is_same_origin():
        return None
    form = current_form()
    return form if form.texts else None


def current_form() -> UnsentForm:
    """The form of this request."""
    return _form(list(request.form.items(multi=True)), current_url())


def store_unsent_form(session_id: str) -> bool:
    """Store the form of this request until its owner has signed in again; False where there is none to be stored."""
    form = current_form()
    if request.method != "POST" or sum(len(name) + len(value) for name, value in form.fields) > LONGEST_STORED:
        return False
    stored = {"path": form.path, "fields": form.fields}
    with acting_as(None):  # nothing is done yet: the audit log has no entry of it.
        run_in_transaction(current_runtime(), lambda uow: sessions.store_unsent_form(uow, session_id, stored))
    return True


def stored_form(stored: Mapping[str, Any]) -> UnsentForm:
    """The form that `store_unsent_form` stored."""
    return _form([(name, value) for name, value in stored["fields"]], stored["path"])


def _form(fields: Sequence[tuple[str, str]], path: str) -> UnsentForm:
    texts = [value.strip() for typed in TYPED for name, value in fields if name == typed and value.strip()]
    return UnsentForm(texts=texts, fields=[pair for pair in fields if pair[0] != FORM_FIELD], path=path)


def _is_same_origin() -> bool:
    """Whether a page of this site sent it, as the browser says; no page of another site can make it say otherwise."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host
