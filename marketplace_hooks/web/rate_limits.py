"""Rate limits of calls and forms: what is too much is a 429 that says when to come back."""

from __future__ import annotations

from ..errors import TooManyRequests
from ..models.access import Role
from ..services.core.rate_limits import LimitName
from .identity.identity import Identity
from .state import current_runtime

WRITERS = (Role.CUSTOMER, Role.SELLER)
"""Whose writing is limited: it is mailed to somebody else. What the marketplace writes or relays is not."""


def require_rate(name: LimitName, *key: str, detail: str) -> None:
    """Count one. Raises `TooManyRequests` where that is too many."""
    if wait_s := current_runtime().rate_limits.seconds_to_wait(name, *key):
        raise TooManyRequests(detail, retry_after_s=wait_s)


def limit_writing(identity: Identity, request_id: str | None = None) -> None:
    """Count something written, in the conversation of this request if there is one. Raises `TooManyRequests`."""
    if identity.role not in WRITERS:
        return
    person = (identity.role, identity.subject or "")
    if request_id is not None:
        require_rate(LimitName.CONVERSATION, *person, request_id, detail="too many messages in this conversation today")
    require_rate(LimitName.WRITING, *person, detail="too many messages today")
