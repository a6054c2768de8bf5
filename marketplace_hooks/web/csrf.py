"""Does a form that is sent to us come from a page of ours, and what is said after it was carried out?

Flask-WTF's two functions make and check the token, under a key of our own: its app-wide `CSRFProtect` would change a
host's app. `tell` leaves a sentence for the page that the answer's redirect leads to.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, request, session
from flask_wtf.csrf import generate_csrf, validate_csrf
from markupsafe import Markup
from wtforms import ValidationError

from ..errors import Refused
from .identity.sessions import CSRF, need_session
from .state import current_runtime

FIELD = "form_token"
TOLD = "mh_told"
TONES = ("calm", "good", "warning", "bad")
CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MOST_TOLD = 5


class StaleForm(Refused):
    """The form was shown to another visit: its token is missing, too old or somebody else's (400)."""

    code = "stale_form"


def form_token() -> Markup:
    """The hidden field that every form of ours carries. Raises `NotConfigured` without a SECRET_KEY."""
    need_session()
    token = generate_csrf(current_app.secret_key, CSRF)
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token)


def check_form() -> None:
    """Before a request that changes something: raises `StaleForm` unless it carries this browser's token."""
    if request.method not in CHANGES:
        return
    need_session()
    lasts_s = int(current_runtime().settings.session_s)
    try:
        validate_csrf(request.form.get(FIELD), current_app.secret_key, lasts_s, CSRF)
    except ValidationError as stale:
        raise StaleForm(str(stale)) from stale


def tell(tone: str, sentence: str) -> None:
    """Say this at the top of the next page, once. `sentence` is already in the reader's language."""
    if tone not in TONES:
        raise ValueError(f"a tone is one of {', '.join(TONES)}")
    need_session()
    session[TOLD] = [*session.get(TOLD, []), [tone, str(sentence)]][-MOST_TOLD:]


def told() -> list[tuple[str, str]]:
    """What is to be said on this page; it is forgotten with it."""
    kept: Any = session.pop(TOLD, None) if TOLD in session else None
    return [(tone, sentence) for tone, sentence in kept or ()]


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page, and not a browser for the whole."""
    return request.headers.get("HX-Request") == "true"
