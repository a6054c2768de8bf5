"""Sessions in the browser: the secret of a session's row, in Flask's session under a key of ours.

Flask's session is a signed cookie; in a host's app it is the host's, and whatever the host stores in it stays. Ours
says nothing of the person: who that is, and until when, is the row's (`services/access/sessions.py`).
"""

from __future__ import annotations

from datetime import datetime

from flask import Flask, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface

from ...config.settings import Settings
from ...errors import NotConfigured
from ...models.access import PersonSession, Role, SignInMethod
from ...services.access import sessions
from ...services.access.sessions import SignIn
from ...services.core.actor import acting_as
from ...services.core.unit_of_work import run_in_transaction
from ..state import current_runtime
from .acting import actor_of
from .identity import Identity

SECRET = "mh_session_secret"  # noqa: S105 - the name of the key, not the secret
OURS = "mh_"
CSRF = "mh_csrf"
PERSONAL_ROLES = (Role.SELLER, Role.CUSTOMER, Role.OPERATOR)
"""The roles that a person may sign in as; the platform is a machine."""
_ENVIRON_KEY = "marketplace_hooks.session"


def require_session() -> None:
    """Raises `NotConfigured` with a sentence where nothing can be remembered between two pages."""
    if not current_app.secret_key:
        raise NotConfigured(
            "pages with forms need the Flask app's SECRET_KEY: set it (a long random text that stays secret), "
            "or stand-alone MARKETPLACE_HOOKS_SECRET_KEY",
            code="no_secret_key",
        )


def begin(
    identity: Identity, *, method: SignInMethod, account: str | None = None, signed_in_at: datetime | None = None
) -> None:
    """Start a session for who has proved their identity. The session before is over, its form tokens too.

    Raises `SignInFailed` for a customer who was erased.
    """
    require_session()
    sign_in = SignIn(
        method=method,
        role=identity.role,
        subject=identity.subject,
        name=identity.name,
        locale=identity.locale,
        account=account,
        signed_in_at=signed_in_at,
        address=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )
    previous = _secret()
    with acting_as(actor_of(identity)):
        secret = run_in_transaction(current_runtime(), lambda uow: sessions.begin(uow, sign_in, replaces=previous))
    _clear()
    session[SECRET] = secret


def end() -> None:
    """End this browser's session, for whoever has a copy of its cookie too."""
    found = current_session()
    if found is not None:
        run_in_transaction(current_runtime(), lambda uow: sessions.end_session(uow, found.id))
    _clear()


def current_session() -> PersonSession | None:
    """The session of who sends this request, read once; None for nobody, or when it is over."""
    if _ENVIRON_KEY not in request.environ:
        request.environ[_ENVIRON_KEY] = _read_session()
    found: PersonSession | None = request.environ[_ENVIRON_KEY]
    return found


def session_identity() -> Identity | None:
    """Who signed in with this browser, as an identity."""
    found = current_session()
    if found is None:
        return None
    return Identity(
        role=found.role,
        subject=found.subject,
        locale=found.locale,
        name=found.name,
        session_id=found.id,
        signed_in_at=found.signed_in_at,
    )


def secure_session_cookie(app: Flask, settings: Settings) -> None:
    """Stand-alone only: set the attributes of the session cookie. In a host's app they are the host's."""
    is_secure = settings.public_url.startswith("https://")
    # A browser takes a `__Host-` cookie only over TLS, for every path, and from no other host of the domain.
    is_host_only = is_secure and not settings.url_prefix
    app.config.update(
        SESSION_COOKIE_NAME="__Host-mh_session" if is_host_only else "mh_session",
        SESSION_COOKIE_PATH=settings.url_prefix or "/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_secure,
    )
    app.session_interface = _SecureBehindTls()


class _SecureBehindTls(SecureCookieSessionInterface):
    """Flask's sessions, `Secure` also where a trusted proxy says that the request came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return super().get_cookie_secure(app) or request.is_secure


def _read_session() -> PersonSession | None:
    secret = _secret()
    if secret is None:
        return None
    runtime = current_runtime()
    with runtime.database.read_session() as reading:
        found = sessions.find(reading, secret, runtime.settings, runtime.now())
    if found is not None and request.headers.get("HX-Request") != "true":  # a page that updates itself is no person.
        sessions.note_seen(runtime, found)
    return found


def _secret() -> str | None:
    secret = session.get(SECRET)
    return secret if isinstance(secret, str) else None


def _clear() -> None:
    """Remove every key of ours from this browser's session."""
    for key in [key for key in session if key.startswith(OURS)]:
        del session[key]
    request.environ.pop(_ENVIRON_KEY, None)
    g.pop(CSRF, None)  # where Flask-WTF keeps the token that it made for this request.
