"""Fresh sign-in: what cannot be undone asks for a person who proved who they are a short time ago.

A bearer token is not asked, for nobody is there to sign in; nor are people of a host that does not say when they
signed in (`docs/embed.md`).
"""

from __future__ import annotations

from datetime import timedelta

from ...errors import FreshSignInNeeded
from ..state import current_runtime
from .authorization import signed_in
from .identity import Identity


def require_fresh_sign_in() -> None:
    """Raises `FreshSignInNeeded` for a person whose sign-in is older than `FRESH_SIGN_IN_S`."""
    runtime = current_runtime()
    identity = signed_in()
    oldest = runtime.now() - timedelta(seconds=runtime.settings.fresh_sign_in_s)
    if _is_asked(identity) and (identity.signed_in_at is None or identity.signed_in_at < oldest):
        raise FreshSignInNeeded("sign in again: this cannot be undone, and your sign-in was too long ago")


def _is_asked(identity: Identity) -> bool:
    by_person = identity.token_id is None
    return by_person and (identity.session_id is not None or identity.signed_in_at is not None)
