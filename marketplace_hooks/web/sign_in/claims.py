"""OpenID Connect claims: the role, the id and the language of who signs in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...config.settings import Settings
from ...errors import SignInFailed
from ...models.access import Role
from ..identity.identity import Identity
from ..identity.sessions import PERSONAL_ROLES

LONGEST_SUBJECT = 100
_FAR_FUTURE_S = 10_000_000_000


def needed_claims(settings: Settings) -> set[str]:
    """The claims without which nobody is signed in, by their outermost names."""
    return {claim.partition(".")[0] for claim in (settings.oidc_role_claim, settings.oidc_subject_claim)}


def identity_of(claims: Mapping[str, Any], settings: Settings) -> Identity:
    """Raises `SignInFailed` (`no_role`) for somebody who has no role here, or one without an id of their own."""
    claim = _find(claims, settings.oidc_role_claim)
    values = claim if isinstance(claim, list) else [claim]
    named = {settings.oidc_roles.get(value, value) for value in values if isinstance(value, str)}
    role = next((role for role in PERSONAL_ROLES if role in named), None)
    if role is None:
        raise SignInFailed(f"{settings.oidc_role_claim} is {claim!r}, which is no role here", code="no_role")
    subject = _find(claims, settings.oidc_subject_claim)
    if isinstance(subject, int) and not isinstance(subject, bool):
        subject = str(subject)
    known = isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and "\0" not in subject
    if role is not Role.OPERATOR and not known:
        raise SignInFailed(f"{settings.oidc_subject_claim} is {subject!r}: whose id is it?", code="no_role")
    locale = _find(claims, settings.oidc_locale_claim)
    return Identity(
        role=role,
        subject=subject if known else None,
        locale=locale if isinstance(locale, str) else None,
        name=_name_of(claims),
    )


def account_of(claims: Mapping[str, Any]) -> str:
    """Who it is to the provider, whatever role they have here."""
    return str(claims["sub"])


def authenticated_at(claims: Mapping[str, Any], *, not_before_s: float, must_say: bool) -> datetime | None:
    """When the provider last asked them who they are; None where it does not say, and need not.

    Raises `SignInFailed` (`not_asked_again`) where that was before `not_before_s`.
    """
    auth_time = claims.get("auth_time")
    if not isinstance(auth_time, int | float) or not 0 < auth_time < _FAR_FUTURE_S:
        auth_time = None
    if must_say if auth_time is None else auth_time < not_before_s:
        raise SignInFailed(f"auth_time is {auth_time!r}: they were not asked again", code="not_asked_again")
    return None if auth_time is None else datetime.fromtimestamp(auth_time, UTC)


def _name_of(claims: Mapping[str, Any]) -> str:
    """The name to greet with; empty where the provider gives none."""
    names = (claims.get(name) for name in ("name", "preferred_username", "email"))
    return next((name for name in names if isinstance(name, str) and name.strip()), "")


def _find(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name; a dot leads into an object, but where the name itself has dots."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
