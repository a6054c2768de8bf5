"""Bearer tokens of the API: made, found, listed and revoked.

A token reads `mht_<id>_<secret>`: the id finds its row by the primary key, the secret is compared in constant time.
Only the SHA-256 of the secret is stored; reading the table does not allow a call.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_entities
from ...domain.audit_actions import AuditAction
from ...domain.token_scopes import Scope
from ...errors import NotFound, PayloadRejected
from ...models.access import Role, Token
from ...models.audit import AuditOutcome
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction

PREFIX = "mht_"
USED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a token was last used: a call does not cost a write."""
_TEXT = re.compile(r"mht_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()
_LONGEST_LABEL = 200
_OWNERS = (Role.SELLER, Role.CUSTOMER)


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token to be made. `subject` is the id of the seller or customer whom it stands for; others have none.

    Without scopes it may do whatever its role may, without `expires_at` until it is revoked.
    """

    role: Role | str
    subject: str | None = None
    label: str = ""
    scopes: Collection[Scope | str] = ()
    expires_at: datetime | None = None


def create(runtime: Runtime, role: Role | str, **more: Any) -> tuple[Token, str]:
    """Make a token in a transaction of its own: `create_token`. `more` are the other fields of a `NewToken`."""
    return run_in_transaction(runtime, lambda uow: create_token(uow, NewToken(role=role, **more)))


def create_token(uow: UnitOfWork, new: NewToken) -> tuple[Token, str]:
    """Make a token; return it with its plain text, which is shown this once.

    Raises `PayloadRejected` with everything that is wrong.
    """
    if errors := _faults(new, uow.now):
        raise PayloadRejected("a token cannot be made so", errors=errors)
    id_ = secrets.token_hex(8)
    secret = secrets.token_urlsafe(32)
    token = Token(
        id=f"tok_{id_}",
        secret_sha256=_digest(secret),
        role=Role(new.role),
        subject=new.subject,
        label=new.label,
        scopes=sorted(set(new.scopes)) or None,
        created_at=uow.now,
        expires_at=new.expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    uow.session.add(token)
    uow.audit(AuditAction.TOKEN_CREATED, token.id, role=token.role, subject=new.subject, scopes=token.scopes)
    return token, f"{PREFIX}{id_}_{secret}"


def find(session: Session, text: str, now: datetime) -> Token | None:
    """The token whose plain text this is; None for an unknown, malformed, expired or revoked one."""
    token = _matching(session, text)
    return token if token is not None and _is_valid(token, now) else None


def find_refused(session: Session, text: str, now: datetime) -> Token | None:
    """The token whose plain text this is, where it has expired or was revoked."""
    token = _matching(session, text)
    return token if token is not None and not _is_valid(token, now) else None


def _matching(session: Session, text: str) -> Token | None:
    parts = _TEXT.fullmatch(text)
    if parts is None:
        return None
    id_, secret = parts.groups()
    token = session.scalar(select(Token).where(Token.id == f"tok_{id_}"))
    # Compared also where there is no such token, so that its absence takes no less time.
    matches = hmac.compare_digest(token.secret_sha256 if token else _NOBODY, _digest(secret))
    return token if matches else None


def _is_valid(token: Token, now: datetime) -> bool:
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def note_used(runtime: Runtime, token: Token) -> None:
    """A call was made with the token: written once a minute at most, and not where a write would have to wait."""
    now = runtime.now()
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        used = update(Token).where(Token.id == token.id)
        runtime.database.write_unless_busy(used.values(last_used_at=now))


def is_active(session: Session, token_id: str) -> bool:
    """Whether a token that was valid when it was found has not been revoked since."""
    return session.scalar(select(Token.id).where(Token.id == token_id, Token.revoked_at.is_(None))) is not None


def revoke(uow: UnitOfWork, token_id: str) -> Token:
    """Make the token invalid from now on. Revoking twice changes nothing. Raises `NotFound`."""
    token = uow.session.scalar(select(Token).where(Token.id == token_id).with_for_update())
    if token is None:
        raise NotFound(f"no token {token_id}")
    outcome = AuditOutcome.UNCHANGED if token.revoked_at else AuditOutcome.DONE
    uow.audit(AuditAction.TOKEN_REVOKED, token_id, outcome=outcome)
    token.revoked_at = token.revoked_at or uow.now
    return token


def list_tokens(
    session: Session, *, before: tuple[datetime, str] | None = None, is_backward: bool = False, limit: int = 1_000
) -> Rows[Token]:
    """Tokens, revoked ones included, the newest first; those made before a (time, id)."""
    order = (Token.created_at, Token.id)
    return read_entities(
        session, select(Token), order, position=before, limit=limit, is_descending=True, is_backward=is_backward
    )


def _faults(new: NewToken, now: datetime) -> list[dict[str, str]]:
    role = new.role
    subject = new.subject
    label = new.label
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
    if any(scope not in list(Scope) for scope in new.scopes):
        faults.append({"path": "scopes", "message": f"must be among {', '.join(Scope)}"})
    if new.expires_at is not None and new.expires_at <= now:
        faults.append({"path": "expires_at", "message": "has passed already"})
    return faults


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
