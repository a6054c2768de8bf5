"""Who is it, by the claims of an OpenID Connect provider: which role, whose things, which language?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...config.settings import Settings
from ...errors import SignInFailed
from ...models.access import Role
from ..identity.identity import Identity
from ..identity.sessions import PEOPLE

LONGEST_SUBJECT = 100


def needed_claims(settings: Settings) -> set[str]:
    """The claims without which nobody is signed in, by their outermost names."""
    return {claim.partition(".")[0] for claim in (settings.oidc_role_claim, settings.oidc_subject_claim)}


def identity_of(claims: Mapping[str, Any], settings: Settings) -> Identity:
    """Raises `SignInFailed` (`no_role`) for somebody who has no role here, or one without an id of his own."""
    told = _find(claims, settings.oidc_role_claim)
    words = told if isinstance(told, list) else [told]
    named = {settings.oidc_roles.get(word, word) for word in words if isinstance(word, str)}
    role = next((role for role in PEOPLE if role in named), None)
    if role is None:
        raise SignInFailed(f"{settings.oidc_role_claim} is {told!r}, which is no role here", code="no_role")
    subject = _find(claims, settings.oidc_subject_claim)
    if isinstance(subject, int) and not isinstance(subject, bool):
        subject = str(subject)
    known = isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and "\0" not in subject
    if role is not Role.OPERATOR and not known:
        raise SignInFailed(f"{settings.oidc_subject_claim} is {subject!r}: whose id is it?", code="no_role")
    locale = _find(claims, settings.oidc_locale_claim)
    return Identity(role=role, subject=subject if known else None, locale=locale if isinstance(locale, str) else None)


def name_of(claims: Mapping[str, Any]) -> str:
    """By what name to greet; empty where the provider tells none."""
    told = (claims.get(name) for name in ("name", "preferred_username", "email"))
    return next((name for name in told if isinstance(name, str) and name.strip()), "")


def _find(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name; a dot leads into an object, but where the name itself has dots."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
