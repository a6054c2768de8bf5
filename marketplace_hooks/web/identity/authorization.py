"""Authorization: who sends a request, whether their role may, and what they see that is hidden from others.

Machines send a bearer token of ours; a host app identifies people through its `identity` callable; stand-alone they
sign in here (`sign_in/`). A route declares its audience with `audience`; `check_audience` refuses one without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import current_app, request

from ...domain.token_scopes import Scope, permits
from ...errors import Forbidden, NotSignedIn, TooManyRequests, Unavailable
from ...models.access import Role
from ...services.access import tokens
from ...services.business_care.holders import owns
from ...services.catalog.cards import PUBLIC, PackCard, ProductCard, Visibility
from ...services.core.rate_limits import LimitName, client_key
from ..state import WebState, current_runtime, current_web_state
from . import sessions
from .acting import audit_refused_token, begin_acting
from .identity import Identity
from .token_cache import is_self_verifying

View = TypeVar("View", bound=Callable[..., Any])

_ENVIRON_KEY = "marketplace_hooks.caller"
_ROLES_WITH_SUBJECT = (Role.SELLER, Role.CUSTOMER)
_GIVEN = ("role", "subject", "locale", "name", "signed_in_at")
"""What a host's `identity` may say of a person."""


@dataclass(frozen=True, kw_only=True)
class _Caller:
    """Who sends a request: an identity, or why the token was refused, or neither for nobody."""

    identity: Identity | None = None
    refusal: NotSignedIn | Unavailable | None = None


@dataclass(frozen=True)
class Audience:
    """Who may call a route. `roles` None: everybody, signed in or not. `area` is what a token's scopes must allow."""

    roles: frozenset[Role] | None
    area: Scope | None = None

    def check(self, identity: Identity | None) -> None:
        """Raises `NotSignedIn` when nobody asks, `Forbidden` when the role may never."""
        if self.roles is None:
            return
        if identity is None:
            raise NotSignedIn("send a token: Authorization: Bearer mht_…")
        if identity.role not in self.roles:
            raise Forbidden(f"this is for {', '.join(sorted(self.roles))}; you ask as {identity.role}")


def audience(*roles: Role, area: Scope | None = None) -> Callable[[View], View]:
    """Declare who may call the route: these roles; without any, everybody."""

    def declare(view: View) -> View:
        declared = Audience(frozenset(roles) if roles else None, area)
        view.mh_audience = declared  # type: ignore[attr-defined] # a mark that functools.wraps carries outwards
        return view

    return declare


def audience_of(view: Callable[..., Any]) -> Audience | None:
    """The audience that the view declares; None without one."""
    found = getattr(view, "mh_audience", None)
    return found if isinstance(found, Audience) else None


def check_audience() -> None:
    """Refuse a request whose sender may not call its route, and every request to a route without an audience.

    Raises `NotSignedIn`, `Forbidden`, `TooManyRequests` after too many refused tokens from one address, `Unavailable`.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    stated = audience_of(view) if view else None
    if stated is None:
        raise Forbidden("this route does not say for whom it is")
    caller = _caller()
    if caller.refusal is not None:
        raise caller.refusal
    begin_acting(caller.identity)
    stated.check(caller.identity)
    _check_scopes(caller.identity, stated)


def _check_scopes(identity: Identity | None, stated: Audience) -> None:
    """Raises `Forbidden` (`insufficient_scope`) for a token whose scopes do not reach as far as this call."""
    if identity is None or not identity.scopes:
        return
    if not permits(identity.scopes, area=stated.area, is_read=request.method in ("GET", "HEAD")):
        scopes = ", ".join(sorted(identity.scopes))
        raise Forbidden(f"the token is only for {scopes}", code="insufficient_scope")


def identify() -> Identity | None:
    """Who sends this request; None for nobody, and for a token that is not one of ours."""
    return _caller().identity


def signed_in() -> Identity:
    """Who sends this request, on a route whose audience is not everybody."""
    identity = identify()
    if identity is None:
        raise NotSignedIn("send a token: Authorization: Bearer mht_…")
    return identity


def visibility() -> Visibility:
    """What this request sees beside the public things: all for the marketplace's people, for a seller the seller's."""
    identity = identify()
    if identity is None:
        return PUBLIC
    if identity.role in (Role.PLATFORM, Role.OPERATOR):
        return Visibility(everything=True)
    return Visibility(seller_id=identity.subject) if identity.role is Role.SELLER else PUBLIC


def may_see(card: ProductCard | PackCard) -> bool:
    """Whether this request is shown the page, hidden or not (`rules.md` 5)."""
    return card.visible or is_insider(card)


def is_insider(card: ProductCard | PackCard) -> bool:
    """Whether this request sees the page even while it is hidden, with why, by whom, and what is scheduled.

    The marketplace's people, its seller, and the customers who own it (`rules.md` 5).
    """
    identity = identify()
    if identity is None or identity.role is not Role.CUSTOMER or identity.subject is None:
        return visibility().can_see(card.seller_id)
    with current_runtime().database.read_session() as session:
        if isinstance(card, ProductCard):
            return owns(session, identity.subject, product_id=card.product_id)
        return owns(session, identity.subject, pack_id=card.pack_id)


def _caller() -> _Caller:
    # Stored with the request itself: `g` may outlive it, where an application context was pushed around several.
    found: _Caller | None = request.environ.get(_ENVIRON_KEY)
    if found is None:
        found = request.environ[_ENVIRON_KEY] = _authenticate(current_web_state())
    return found


def _authenticate(web_state: WebState) -> _Caller:
    scheme, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else None
    # A host may have bearer tokens of its own: those that are not ours are for its `identity` to read.
    if token is not None and (token.startswith(tokens.PREFIX) or web_state.identity is None):
        return _authenticate_token(web_state, token)
    if web_state.identity is None:
        try:
            return _Caller(identity=sessions.session_identity())
        except Unavailable as away:
            return _Caller(refusal=away)
    return _Caller(identity=read_identity(web_state.identity()))


def _authenticate_token(web_state: WebState, text: str) -> _Caller:
    if is_self_verifying(current_app.view_functions.get(request.endpoint or "")):
        known = web_state.token_cache.find(text)
        if known is not None:
            return _Caller(identity=known)
    try:
        with web_state.runtime.database.read_session() as session:
            token = tokens.find(session, text, web_state.runtime.now())
    except Unavailable as away:
        return _Caller(refusal=away)
    if token is not None:
        tokens.note_used(web_state.runtime, token)
        identity = Identity(
            role=token.role,
            subject=token.subject,
            name=token.label,
            token_id=token.id,
            scopes=frozenset(map(Scope, token.scopes or ())),
        )
        web_state.token_cache.remember(text, identity, token.expires_at)
        return _Caller(identity=identity)
    web_state.token_cache.forget(text)
    if wait_s := web_state.rate_limits.seconds_to_wait(LimitName.TOKEN_FAILURES, client_key(request.remote_addr)):
        return _Caller(refusal=TooManyRequests("too many refused tokens from this address", retry_after_s=wait_s))
    audit_refused_token(text)
    return _Caller(refusal=NotSignedIn("the token is unknown, expired or revoked", code="invalid_token"))


def read_identity(value: Any) -> Identity | None:
    """The identity that the host's callable returned as None, a mapping, or an object with such attributes.

    Raises `ValueError` with a sentence for the host's developer.
    """
    if value is None:
        return None
    given = {name: value.get(name) if isinstance(value, Mapping) else getattr(value, name, None) for name in _GIVEN}
    role, subject, locale, name, signed_in_at = given.values()
    if role not in list(Role):
        raise ValueError(
            f"identity() must return None, or a mapping with role, subject, locale and name, where role is one of "
            f"{', '.join(Role)}; it returned {type(value).__name__} with role {role!r}"
        )
    for field in ("subject", "locale", "name"):
        if given[field] is not None and not isinstance(given[field], str):
            kind = type(given[field]).__name__
            raise ValueError(f"identity() returned a {field} of type {kind}; it must be text or None")
    if role in _ROLES_WITH_SUBJECT and not subject:
        raise ValueError(f"identity() returned the role {role!r} without a subject: whose id is it?")
    if signed_in_at is not None and not (isinstance(signed_in_at, datetime) and signed_in_at.tzinfo):
        raise ValueError("identity() returned a signed_in_at that is no datetime with a time zone, nor None")
    return Identity(role=Role(role), subject=subject, locale=locale, name=name or "", signed_in_at=signed_in_at)
