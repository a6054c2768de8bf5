"""OpenID Connect sign-in at the provider that the operator has configured.

A sign-in that has begun is stored in the browser's session until it returns: its state, nonce and PKCE verifier, each
used once. A return that does not match one signs nobody in.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from flask import Response, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...config.settings import Settings
from ...errors import OutboundFailed, SignInFailed
from ...models.access import SignInMethod
from ...services.access.sessions import end_changed_roles
from ...services.core.actor import acting_as
from ...services.core.rate_limits import LimitName, client_key
from ...services.core.unit_of_work import run_in_transaction
from ...telemetry.log_context import get_logger
from ..csrf import is_sent_by_another_site
from ..error_pages import refuse
from ..i18n.language import wording
from ..identity import sessions
from ..identity.acting import audit_refused_sign_in
from ..identity.authorization import audience
from ..identity.identity import Identity
from ..navigation import landing_page
from ..problems import RETRY_AFTER_S
from ..rate_limits import require_rate
from ..state import current_runtime, current_web_state
from ..urls import local_url, outside_url
from .blueprint import blueprint
from .claims import account_of, authenticated_at, identity_of, needed_claims
from .pages import wanted_page

if TYPE_CHECKING:
    from ...remote.openid import OpenIdProvider

log = get_logger(__name__)

BEGUN = "mh_begun"
MAX_BEGUN = 5
"""Sign-ins under way in one browser, in as many tabs."""
MAX_AGE_S = 900


@blueprint.get("/sign-in/openid")
@audience()
def begin() -> BaseResponse:
    """Send the browser to the provider, with what only this browser will know when it comes back.

    Who is sent here by a page of another site has not asked for it: they are shown the way in.
    """
    provider = _provider()
    if is_sent_by_another_site():
        return redirect(url_for("mh_sign_in.sign_in", next=wanted_page()), 303)
    sessions.require_session()
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    again = request.args.get("again") == "1"
    try:
        url = provider.address(
            redirect_uri=return_address(),
            state=state,
            nonce=nonce,
            verifier=verifier,
            language=wording().language,
            max_age_s=_max_age_s(again=again),
            ask_again=again,
        )
    except OutboundFailed as away:
        return _failed(503, "away", away)
    now = int(time.time())
    begun = {"nonce": nonce, "verifier": verifier, "next": wanted_page(), "until": now + MAX_AGE_S}
    if again:
        begun["asked_again_at"] = now
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
        identity = _identity_of(claims, settings)
        earliest_s = _earliest_s(mine, settings) - provider.leeway_s
        signed_in_at = authenticated_at(claims, not_before_s=earliest_s, must_say="asked_again_at" in mine)
        sessions.begin(identity, method=SignInMethod.OPENID, account=account_of(claims), signed_in_at=signed_in_at)
    except OutboundFailed as away:
        return _failed(503, "away", away, next=mine["next"])
    except SignInFailed as failed:
        audit_refused_sign_in(failed.code)
        return _failed(403 if failed.code == "no_role" else 400, failed.code, failed, next=mine["next"])
    return redirect(local_url(mine["next"]) if mine["next"] else landing_page(identity.role), 303)


def return_address() -> str:
    """Where the provider sends the browser back to, as it is registered there."""
    return outside_url(url_for("mh_sign_in.come_back"))


def _provider() -> OpenIdProvider:
    web_state = current_web_state()
    if web_state.provider is None or web_state.identity is not None:
        abort(404)
    return web_state.provider


def _identity_of(claims: dict[str, Any], settings: Settings) -> Identity:
    """Who it is here; the sessions of an account that has lost its role are over."""
    try:
        return identity_of(claims, settings)
    except SignInFailed:
        with acting_as(None):  # that the sign-in was refused is what the audit log has.
            run_in_transaction(current_runtime(), lambda uow: end_changed_roles(uow, account_of(claims)))
        raise


def _max_age_s(*, again: bool) -> int:
    """How long ago the provider may have asked who they are."""
    settings = current_runtime().settings
    return int(settings.fresh_sign_in_s if again else settings.session_s)


def _earliest_s(begun: dict[str, Any], settings: Settings) -> float:
    """The earliest time at which the provider may have asked who they are, for this sign-in."""
    asked_again_at: float | None = begun.get("asked_again_at")
    if asked_again_at is not None:
        return asked_again_at
    return float(begun["until"] - MAX_AGE_S - settings.session_s)


def _begun() -> dict[str, Any]:
    """The sign-ins that this browser has begun and that may still come back, oldest first."""
    stored = session.get(BEGUN)
    if not isinstance(stored, dict):
        return {}
    return {state: one for state, one in stored.items() if one["until"] > time.time()}


def _failed(status: int, why: str, trouble: Exception | None = None, next: str | None = None) -> Response:
    if status in (400, 403) and why != "declined":
        # Only what has failed is counted: nobody keeps those who share their address from signing in.
        require_rate(LimitName.SIGN_IN_FAILURES, client_key(request.remote_addr), detail="too many failed sign-ins")
    if trouble is not None:
        log.warning("a sign-in failed (%s): %s", why, trouble)
    response = refuse(status, "marketplace_hooks/sign_in/failed.html", why=why, next=next)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
