"""Has this very call been made before, and what was it answered?

The key is claimed in a transaction of its own, so that a second caller is told at once that the first still runs; the
answer is written in the transaction of the effect. Who dies before that commit has changed nothing, and after one lease
another run may take the key over; a run that was taken over finds its own commit refused (`LeaseLost`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...errors import Conflict, LeaseLost, PayloadRejected
from ...models.access import IdempotentCall
from ..core.runtime import Runtime

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call as it is told from others: whose, where, under which key, and what it says (SHA-256)."""

    scope: str
    route: str
    key: str
    body_sha256: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to answer a call, held by one run."""

    call: Call
    owner: str


@dataclass(frozen=True, kw_only=True)
class StoredAnswer:
    """What the call was answered before."""

    status: int
    body: bytes


def claim(runtime: Runtime, call: Call) -> Claim | StoredAnswer:
    """The right to run the call, or its answer if it has run.

    Raises `PayloadRejected` when the key stands for another body, `Conflict` while another run is under way.
    """
    owner = uuid.uuid4().hex
    now = runtime.now()
    lease = timedelta(seconds=runtime.settings.lease_s)
    with runtime.database.session() as session:
        if session.scalar(_claiming(session, call, owner, now, lease)) is not None:
            return Claim(call=call, owner=owner)
        found = session.scalar(select(IdempotentCall).where(_is(call)))
    if found is None:  # released between the two statements
        return claim(runtime, call)
    if found.body_sha256 != call.body_sha256:
        raise PayloadRejected(
            "this Idempotency-Key was used with another body",
            errors=[{"path": "Idempotency-Key", "message": "was used with another body; take a new key"}],
            code="idempotency_key_reused",
        )
    if found.status is None or found.body is None:
        raise Conflict(
            "a call with this Idempotency-Key is still running; ask again in a moment", code="idempotency_key_in_use"
        )
    return StoredAnswer(status=found.status, body=_opened(runtime, found.body))


def store_answer(runtime: Runtime, session: Session, claim: Claim, status: int, body: bytes) -> None:
    """Write the answer, in the transaction of the effect. Raises `LeaseLost` when another run has taken over.

    Encrypted: an answer may hold what is shown only once, such as the key that a companion signs with.
    """
    locked = runtime.encryption.encrypt(body.decode())
    kept = update(IdempotentCall).where(_is_ours(claim)).values(status=status, body=locked)
    if session.scalar(_quietly(kept).returning(IdempotentCall.key)) is None:
        raise LeaseLost("another run of the same call has taken over")


def _opened(runtime: Runtime, kept: bytes) -> bytes:
    """An answer as it was given; one that stands in the clear is all that an erasure has left of it."""
    return kept if kept.startswith(b"{") else runtime.encryption.decrypt(kept).encode()


def release(runtime: Runtime, claim: Claim) -> None:
    """The call has come to nothing: it may be made again at once."""
    with runtime.database.session() as session:
        session.execute(_quietly(delete(IdempotentCall).where(_is_ours(claim))))


def purge_answers(session: Session, now: datetime, *, limit: int = 1_000) -> int:
    """Delete answers that nobody can ask for any more; return how many. Called by the purge."""
    old = select(IdempotentCall.scope, IdempotentCall.route, IdempotentCall.key)
    old = old.where(IdempotentCall.started_at < now - KEPT_FOR).limit(limit)
    rows = session.execute(old).all()
    for scope, route, key in rows:
        same = Call(scope=scope, route=route, key=key, body_sha256="")
        session.execute(_quietly(delete(IdempotentCall).where(_is(same))))
    return len(rows)


def _claiming(session: Session, call: Call, owner: str, now: datetime, lease: timedelta) -> Any:
    """A new row; or the old one taken over, when its day is past, or its run was silent for a lease."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    fresh = {"body_sha256": call.body_sha256, "owner": owner, "started_at": now, "status": None, "body": None}
    expired = IdempotentCall.started_at < now - KEPT_FOR
    abandoned = and_(
        IdempotentCall.status.is_(None),
        IdempotentCall.started_at < now - lease,
        IdempotentCall.body_sha256 == call.body_sha256,
    )
    insert = dialect.insert(IdempotentCall).values(scope=call.scope, route=call.route, key=call.key, **fresh)
    taken = insert.on_conflict_do_update(
        index_elements=["scope", "route", "key"], set_=fresh, where=or_(expired, abandoned)
    )
    return taken.returning(IdempotentCall.key)


def _is(call: Call) -> Any:
    return and_(IdempotentCall.scope == call.scope, IdempotentCall.route == call.route, IdempotentCall.key == call.key)


def _is_ours(claim: Claim) -> Any:
    return and_(_is(claim.call), IdempotentCall.owner == claim.owner, IdempotentCall.status.is_(None))


def _quietly(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)
