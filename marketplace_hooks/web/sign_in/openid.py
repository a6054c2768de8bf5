"""OpenID Connect sign-in at the provider that the operator has configured.

A sign-in that has begun is stored in the browser's session until it returns: its state, nonce and PKCE verifier, each
used once. A return that does not match one signs nobody in.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import Response, abort, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...errors import OutboundFailed, SignInFailed
from ...remote.openid import OpenIdProvider
from ..error_pages import refuse
from ..i18n.language import wording
from ..identity import sessions
from ..identity.acting import audit_refused_sign_in, audit_sign_in
from ..identity.authorization import audience
from ..navigation import landing_page
from ..problems import RETRY_AFTER_S
from ..state import current_runtime, current_web_state
from ..urls import local_url
from .blueprint import blueprint
from .claims import identity_of, name_of, needed_claims
from .pages import wanted_page

BEGUN = "mh_begun"
MAX_BEGUN = 5
"""Sign-ins under way in one browser, in as many tabs."""
MAX_AGE_S = 900


@blueprint.get("/sign-in/openid")
@audience()
def begin() -> BaseResponse:
    """Send the browser to the provider, with what only this browser will know when it comes back."""
    provider = _provider()
    sessions.require_session()
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    try:
        url = provider.address(
            redirect_uri=return_address(), state=state, nonce=nonce, verifier=verifier, language=wording().language
        )
    except OutboundFailed as away:
        return _failed(503, "away", away)
    begun = {"nonce": nonce, "verifier": verifier, "next": wanted_page(), "until": int(time.time()) + MAX_AGE_S}
    others = list(_begun().items())[1 - MAX_BEGUN :]
    session[BEGUN] = {**dict(others), state: begun}
    response = redirect(url, 303)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/sign-in/openid/return")
@audience()
def come_back() -> BaseResponse:
    """The provider has sent the browser back: find out who it is, or say why nobody is signed in."""
    provider = _provider()
    begun = _begun()
    mine = begun.pop(request.args.get("state", ""), None)
    session[BEGUN] = begun
    if "error" in request.args:  # whoever sent it: nobody is signed in by it.
        return _failed(403, "declined", next=mine and mine["next"])
    if mine is None or "code" not in request.args:
        return _failed(400, "not_begun")
    if request.args.get("iss", provider.issuer) != provider.issuer:
        return _failed(400, "sign_in_not_believed")
    settings = current_runtime().settings
    try:
        claims = provider.claims(
            code=request.args["code"],
            redirect_uri=return_address(),
            nonce=mine["nonce"],
            verifier=mine["verifier"],
            needed=needed_claims(settings),
        )
        identity = identity_of(claims, settings)
    except OutboundFailed as away:
        return _failed(503, "away", away, next=mine["next"])
    except SignInFailed as failed:
        audit_refused_sign_in(failed.code)
        return _failed(403 if failed.code == "no_role" else 400, failed.code, failed, next=mine["next"])
    sessions.begin(identity, name=name_of(claims), by=sessions.BY_OPENID)
    audit_sign_in(identity, by=sessions.BY_OPENID)
    return redirect(local_url(mine["next"]) if mine["next"] else landing_page(identity.role), 303)


def return_address() -> str:
    """Where the provider sends the browser back to, as it is registered there."""
    settings = current_runtime().settings
    return settings.public_url.rstrip("/") + url_for("mh_sign_in.come_back")


def _provider() -> OpenIdProvider:
    web_state = current_web_state()
    if web_state.provider is None or web_state.identity is not None:
        abort(404)
    return web_state.provider


def _begun() -> dict[str, Any]:
    """The sign-ins that this browser has begun and that may still come back, the oldest first."""
    stored = session.get(BEGUN)
    if not isinstance(stored, dict):
        return {}
    return {state: one for state, one in stored.items() if one["until"] > time.time()}


def _failed(status: int, why: str, trouble: Exception | None = None, next: str | None = None) -> Response:
    if trouble is not None:
        current_app.logger.warning("a sign-in failed (%s): %s", why, trouble)
    response = refuse(status, "marketplace_hooks/sign_in/failed.html", why=why, next=next)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
