"""Actors: the side on whose behalf a signed-in person speaks, and the message that they post to a request.

The same for calls of the API and forms of the pages.
"""

from __future__ import annotations

from datetime import datetime

from ..models.access import Role
from ..services.core.unit_of_work import Cause
from ..services.support.messages import NewMessage
from ..services.support.requests import Viewer
from .identity.identity import Identity

SIDES = {Role.CUSTOMER: "customer", Role.SELLER: "seller", Role.OPERATOR: "marketplace", Role.PLATFORM: "marketplace"}


def viewer_of(identity: Identity) -> Viewer:
    """What this identity sees of the support requests."""
    return Viewer(
        seller_id=identity.subject or "" if identity.role is Role.SELLER else None,
        customer_id=identity.subject or "" if identity.role is Role.CUSTOMER else None,
    )


def cause_of(
    identity: Identity, reason: str = "", *, actor: str | None = None, on_behalf_of: str | None = None
) -> Cause:
    """Why something changes that this identity asks for, as `actor` (None: as the side that they speak for)."""
    operator_id = operator_of(identity)
    actor = actor or SIDES[identity.role]
    return Cause(actor=actor, reason=reason, on_behalf_of=on_behalf_of, operator_id=operator_id)


def operator_of(identity: Identity) -> str | None:
    """The id of an operator who decides: the person's, else the token's; None for everybody else."""
    return (identity.subject or identity.token_id) if identity.role is Role.OPERATOR else None


def message_of(
    identity: Identity,
    request_id: str,
    *,
    message_id: str,
    body: str,
    received_at: datetime,
    subject: str = "",
    visibility: str = "public",
    attachments: int = 0,
) -> NewMessage:
    """A message that this identity writes. A bearer token says of nobody that it was a person (`deadlines.md`, 10)."""
    side = SIDES[identity.role]
    by_person = identity.token_id is None
    return NewMessage(
        request_id=request_id,
        message_id=message_id,
        side=side,
        author=identity.subject or identity.role,
        author_type="human" if by_person else None,
        received_at=received_at,
        body=body,
        subject=subject,
        origin="web" if by_person else "api",
        visibility=visibility if side != "customer" else "public",
        attachments=attachments,
    )
