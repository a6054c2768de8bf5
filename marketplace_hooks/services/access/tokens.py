"""Bearer tokens of the API: made, found, listed and revoked.

A token reads `mht_<id>_<secret>`: the id finds its row by the primary key, the secret is compared in constant time.
Only the SHA-256 of the secret is stored; reading the table does not allow a call.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.audit_actions import AuditAction
from ...errors import NotFound, PayloadRejected
from ...models.access import Role, Token
from ...models.audit import AuditOutcome
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction

PREFIX = "mht_"
_TEXT = re.compile(r"mht_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()
_LONGEST_LABEL = 200
_OWNERS = (Role.SELLER, Role.CUSTOMER)


def create(runtime: Runtime, role: Role | str, *, subject: str | None = None, label: str = "") -> tuple[Token, str]:
    """Make a token; return it with its plain text, which is shown this once.

    `subject` is the id of the seller or customer whom the token stands for; platform and operator have none. Raises
    `PayloadRejected` with everything that is wrong.
    """
    if errors := _faults(role, subject, label):
        raise PayloadRejected("a token cannot be made so", errors=errors)
    id_ = secrets.token_hex(8)
    secret = secrets.token_urlsafe(32)
    token = Token(
        id=f"tok_{id_}",
        secret_sha256=_digest(secret),
        role=Role(role),
        subject=subject,
        label=label,
        created_at=runtime.now(),
        revoked_at=None,
    )

    def act(uow: UnitOfWork) -> None:
        uow.session.add(token)
        uow.audit(AuditAction.TOKEN_CREATED, token.id, role=token.role, subject=subject)

    run_in_transaction(runtime, act)
    return token, f"{PREFIX}{id_}_{secret}"


def find(session: Session, text: str) -> Token | None:
    """The token whose plain text this is; None for an unknown, malformed or revoked one."""
    parts = _TEXT.fullmatch(text)
    if parts is None:
        return None
    id_, secret = parts.groups()
    token = session.scalar(select(Token).where(Token.id == f"tok_{id_}"))
    # Compared also where there is no such token, so that its absence takes no less time.
    matches = hmac.compare_digest(token.secret_sha256 if token else _NOBODY, _digest(secret))
    return token if token is not None and matches and token.revoked_at is None else None


def is_active(session: Session, token_id: str) -> bool:
    """Whether a token that was valid when it was found has not been revoked since."""
    return session.scalar(select(Token.id).where(Token.id == token_id, Token.revoked_at.is_(None))) is not None


def revoke(runtime: Runtime, token_id: str) -> Token:
    """Make the token invalid from now on. Revoking twice changes nothing. Raises `NotFound`."""

    def act(uow: UnitOfWork) -> Token:
        token = uow.session.scalar(select(Token).where(Token.id == token_id).with_for_update())
        if token is None:
            raise NotFound(f"no token {token_id}")
        outcome = AuditOutcome.UNCHANGED if token.revoked_at else AuditOutcome.DONE
        uow.audit(AuditAction.TOKEN_REVOKED, token_id, outcome=outcome)
        token.revoked_at = token.revoked_at or uow.now
        return token

    return run_in_transaction(runtime, act)


def list_tokens(session: Session) -> list[Token]:
    """Every token, revoked ones included, the oldest first."""
    return list(session.scalars(select(Token).order_by(Token.created_at, Token.id)))


def _faults(role: Role | str, subject: str | None, label: str) -> list[dict[str, str]]:
    faults = []
    if role not in list(Role):
        faults.append({"path": "role", "message": f"must be one of {', '.join(Role)}"})
    elif role in _OWNERS and not subject:
        faults.append({"path": "subject", "message": f"a {role} token needs the {role}'s id"})
    elif role not in _OWNERS and subject is not None:
        faults.append({"path": "subject", "message": f"a {role} token stands for nobody in particular"})
    if subject is not None and (len(subject) > 100 or not subject.isprintable()):
        faults.append({"path": "subject", "message": "must be an id: at most 100 printable characters"})
    if len(label) > _LONGEST_LABEL or not label.isprintable():
        faults.append({"path": "label", "message": f"must be at most {_LONGEST_LABEL} printable characters"})
    return faults


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
