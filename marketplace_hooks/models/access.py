"""Tables of access: sessions, bearer tokens, answers to idempotent calls, and locks that one process holds."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, Instant, Json, checked


class Role(enum.StrEnum):
    """Who somebody is to the marketplace."""

    PLATFORM = "platform"
    OPERATOR = "operator"
    SELLER = "seller"
    CUSTOMER = "customer"


class SignInMethod(enum.StrEnum):
    """How somebody proved to us who they are."""

    DEMO = "demo"
    OPENID = "openid"


class PersonSession(Base):
    """A person who is signed in with one browser. The browser has the secret, of which the SHA-256 is stored.

    `account` is the person's id at the sign-in provider, `signed_in_at` when it last asked who they are (None: it does
    not say). `unsent_form` waits for a fresh sign-in: the path and the fields of the form.
    """

    __tablename__ = "mh_sessions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    method: Mapped[SignInMethod] = mapped_column(checked(SignInMethod, "method"))
    account: Mapped[str | None] = mapped_column(String(300))
    role: Mapped[Role] = mapped_column(checked(Role, "role"))
    subject: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    signed_in_at: Mapped[datetime | None] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    unsent_form: Mapped[dict[str, Any] | None] = mapped_column(Json)

    __table_args__ = (
        Index("ix_mh_sessions_age", "created_at", "id"),
        Index("ix_mh_sessions_person", "role", "subject", "created_at", "id"),
        Index("ix_mh_sessions_account", "account"),
    )


class Token(Base):
    """A bearer token. Only its SHA-256 is stored: it is 32 random bytes, so a fast hash is enough.

    `label` is its name. `scopes` None: whatever its role may.
    """

    __tablename__ = "mh_tokens"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(checked(Role, "role"))
    subject: Mapped[str | None] = mapped_column(String(100))
    label: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    scopes: Mapped[list[str] | None] = mapped_column(Json)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_mh_tokens_age", "created_at", "id"),)


class IdempotentCall(Base):
    """A POST made with an `Idempotency-Key`: the hash of its body, and its answer (None while it runs).

    `scope` is whose key it is: a token's (`token:tok_…`) or, where a host signs people in, a person's. `owner` names
    the run that is to answer; another run may take over once the first has been silent for a lease.
    """

    __tablename__ = "mh_idempotent_calls"

    scope: Mapped[str] = mapped_column(String(200), primary_key=True)
    route: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_sha256: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_mh_idempotent_calls_age", "started_at"),)


class Lock(Base):
    """A lock that one process holds until `leased_until`: the scheduler's."""

    __tablename__ = "mh_locks"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(Text)
    leased_until: Mapped[datetime] = mapped_column(Instant)
