"""Who has signed in here with this browser, and until when?

Kept in Flask's session, a signed cookie, under keys of our own: in a host's app the host's session serves, and whatever
the host keeps in it stays. Nothing secret is kept there, for its owner can read it.
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
PEOPLE = (Role.SELLER, Role.CUSTOMER, Role.OPERATOR)
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
    """Somebody has proved who it is. What this browser held of ours before is gone, its form tokens too."""
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
    """Forget everything of ours in this browser's session."""
    for key in [key for key in session if key.startswith(OURS)]:
        del session[key]
    g.pop(CSRF, None)  # where Flask-WTF keeps the token that it made for this request.


def person() -> dict[str, Any] | None:
    """What was kept of who signed in here; None for nobody, or when the time is over."""
    told = session.get(PERSON)
    if not isinstance(told, dict) or told.get("until", 0) <= time.time():
        return None
    # A demo's choice opens nothing once the installation is no demo any more.
    return told if told.get("by") != BY_DEMO or _settings().demo else None


def who() -> Identity | None:
    """Who signed in here, as an identity."""
    told = person()
    if told is None or told.get("role") not in list(PEOPLE):
        return None
    return Identity(role=Role(told["role"]), subject=told["subject"], locale=told["locale"])


def secure_session_cookie(app: Flask, settings: Settings) -> None:
    """Stand-alone only: how the session's cookie travels. In a host's app that is the host's to say."""
    app.config.update(
        SESSION_COOKIE_NAME="mh_session",
        SESSION_COOKIE_PATH=settings.url_prefix or "/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
    )


def _settings() -> Settings:
    return current_runtime().settings
