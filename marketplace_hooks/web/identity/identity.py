"""Identity: who asks, as the host app, a session or a bearer token says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...domain.token_scopes import Scope
from ...models.access import Role


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A role, whose (`subject`: the seller's or customer's id), and in which language to answer.

    `signed_in_at` is when a person last proved who they are; None: nobody says.
    """

    role: Role
    subject: str | None = None
    locale: str | None = None
    name: str = ""
    token_id: str | None = None
    scopes: frozenset[Scope] = frozenset()
    session_id: str | None = None
    signed_in_at: datetime | None = None
