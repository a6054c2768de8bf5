"""CSRF protection: every form carries a token of the browser's session, and every change requires it.

Flask-WTF's two functions make and check the token, under a session key of our own: its app-wide `CSRFProtect` would
change a host's app.
"""

from __future__ import annotations

from flask import current_app, request
from flask_wtf.csrf import generate_csrf, validate_csrf
from markupsafe import Markup
from wtforms import ValidationError

from ..errors import Refused
from .identity.sessions import CSRF, require_session
from .state import current_runtime

FORM_FIELD = "form_token"
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ExpiredForm(Refused):
    """The form's token is missing, too old, or of another session (400)."""

    code = "stale_form"


def form_token() -> Markup:
    """The hidden field of every form. Raises `NotConfigured` without a SECRET_KEY."""
    require_session()
    token = generate_csrf(current_app.secret_key, CSRF)
    return Markup('<input type="hidden" name="{}" value="{}">').format(FORM_FIELD, token)


def is_sent_by_another_site() -> bool:
    """Whether a page of another site sent this request, as a modern browser says; others do not say."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def check_form() -> None:
    """Raises `ExpiredForm` for a request that changes something without this session's token."""
    if request.method not in UNSAFE_METHODS:
        return
    require_session()
    max_age_s = int(current_runtime().settings.session_s)
    try:
        validate_csrf(request.form.get(FORM_FIELD), current_app.secret_key, max_age_s, CSRF)
    except ValidationError as error:
        raise ExpiredForm(str(error)) from error


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page rather than a browser for the whole."""
    return request.headers.get("HX-Request") == "true"
