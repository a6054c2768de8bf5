"""Endpoint's URL: whoever gives it another one receives all its events from then on, so it asks for a fresh sign-in."""

from __future__ import annotations

from ..services.outbox.endpoints import read_endpoint
from .identity.fresh_sign_in import require_fresh_sign_in
from .state import current_runtime


def require_fresh_sign_in_for_url(endpoint_id: str, url: str) -> None:
    """Raises `FreshSignInNeeded` where the URL is another one; `NotFound` for an unknown endpoint."""
    with current_runtime().database.read_session() as session:
        is_same = read_endpoint(session, endpoint_id).url == url
    if not is_same:
        require_fresh_sign_in()
