"""Sessions: who has signed in with this browser, and until when.

Stored in Flask's session, a signed cookie, under keys of our own: in a host's app it is the host's, and whatever
the host stores in it stays. Nothing secret is in it, for its owner can read it.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, current_app, g, session

from ...config.settings import Settings
from ...errors import NotConfigured
from ...models.access import Role
from ..state import current_runtime
from .identity import Identity

PERSON = "mh_person"
OURS = "mh_"
CSRF = "mh_csrf"
BY_DEMO = "demo"
BY_OPENID = "openid"
PERSONAL_ROLES = (Role.SELLER, Role.CUSTOMER, Role.OPERATOR)
"""The roles that a person may sign in as; the platform is a machine."""


def require_session() -> None:
    """Raises `NotConfigured` with a sentence where nothing can be remembered between two pages."""
    if not current_app.secret_key:
        raise NotConfigured(
            "pages with forms need the Flask app's SECRET_KEY: set it (a long random text that stays secret), "
            "or stand-alone MARKETPLACE_HOOKS_SECRET_KEY",
            code="no_secret_key",
        )


def begin(identity: Identity, *, name: str = "", by: str) -> None:
    """Start a session for who has proved their identity. The session before is gone, its form tokens too."""
    require_session()
    clear()
    session[PERSON] = {
        "role": identity.role.value,
        "subject": identity.subject,
        "locale": identity.locale,
        "name": name[:200],
        "by": by,
        "until": int(time.time() + _settings().session_s),
    }


def clear() -> None:
    """Remove every key of ours from this browser's session."""
    for key in [key for key in session if key.startswith(OURS)]:
        del session[key]
    g.pop(CSRF, None)  # where Flask-WTF keeps the token that it made for this request.


def person() -> dict[str, Any] | None:
    """Who signed in with this browser, as it was stored; None for nobody, or when the session is over."""
    person = session.get(PERSON)
    if not isinstance(person, dict) or person.get("until", 0) <= time.time():
        return None
    # A demo's choice opens nothing once the installation is no demo any more.
    return person if person.get("by") != BY_DEMO or _settings().demo else None


def session_identity() -> Identity | None:
    """Who signed in with this browser, as an identity."""
    found = person()
    if found is None or found.get("role") not in list(PERSONAL_ROLES):
        return None
    return Identity(role=Role(found["role"]), subject=found["subject"], locale=found["locale"], name=found["name"])


def secure_session_cookie(app: Flask, settings: Settings) -> None:
    """Stand-alone only: set the attributes of the session cookie. In a host's app they are the host's."""
    app.config.update(
        SESSION_COOKIE_NAME="mh_session",
        SESSION_COOKIE_PATH=settings.url_prefix or "/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
    )


def _settings() -> Settings:
    return current_runtime().settings
