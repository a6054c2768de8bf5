"""Idempotent requests: a call under a key runs once, and a repeated call is given the answer of the first.

The key is claimed in a transaction of its own, so that a second caller learns at once that the first still runs; the
answer is written in the transaction of the effect. A run that dies before that commit has changed nothing, and after
one lease another run may take the key over; a run whose key was taken over finds its own commit refused (`LeaseLost`).
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...errors import Conflict, LeaseLost, PayloadRejected, Refused, Unavailable
from ...models.access import IdempotentCall, Role
from ..core.leases import latest_end
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction

ANSWERS_LAST = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Call:
    """What identifies one call: whose it is, its route, its key, and the SHA-256 of what it asks."""

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
    """What the call was answered. `is_replay`: by an earlier run."""

    status: int
    body: bytes
    is_replay: bool = False


def run_once(
    runtime: Runtime,
    call: Call,
    act: Callable[[UnitOfWork], StoredAnswer],
    *,
    answer_refusal: Callable[[Refused], StoredAnswer] | None = None,
) -> StoredAnswer:
    """Run `act` in one transaction, store its answer with its effect, and give that answer to each repeated call.

    See `run_prepared_once`.
    """
    return run_prepared_once(runtime, call, lambda: act, answer_refusal=answer_refusal)


def run_prepared_once(
    runtime: Runtime,
    call: Call,
    prepare: Callable[[], Callable[[UnitOfWork], StoredAnswer]],
    *,
    answer_refusal: Callable[[Refused], StoredAnswer] | None = None,
) -> StoredAnswer:
    """The same for an act that waits for another server first: `prepare` does so, and gives what is to be written.

    With `answer_refusal` a refusal is an answer too, and stored; it changed nothing, so a transaction of its own will
    do. Without it a refusal is raised, and the key is free again. Raises what `claim` raises.
    """
    claimed = claim(runtime, call)
    if isinstance(claimed, StoredAnswer):
        return claimed

    def answer(uow: UnitOfWork) -> StoredAnswer:
        given = act(uow)
        store_answer(runtime, uow.session, claimed, given)
        return given

    try:
        act = prepare()
        return run_in_transaction(runtime, answer)
    except LeaseLost:
        raise  # the key is another run's now.
    except Refused as refused:
        if answer_refusal is None:
            release(runtime, claimed)
            raise
        refusal = answer_refusal(refused)
    except BaseException:
        release(runtime, claimed)
        raise
    with runtime.database.session() as session:
        store_answer(runtime, session, claimed, refusal)
    return refusal


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
    return StoredAnswer(status=found.status, body=_decrypted(runtime, found.body), is_replay=True)


def read_answer(runtime: Runtime, scope: str, route: str, key: str) -> StoredAnswer | None:
    """What the call of this key was answered; None when it was not made, still runs, or is past its day."""
    query = select(IdempotentCall).where(
        IdempotentCall.scope == scope,
        IdempotentCall.route == route,
        IdempotentCall.key == key,
        IdempotentCall.started_at >= runtime.now() - ANSWERS_LAST,
    )
    with runtime.database.read_session() as session:
        found = session.scalar(query)
        if found is None or found.status is None or found.body is None:
            return None
        return StoredAnswer(status=found.status, body=_decrypted(runtime, found.body), is_replay=True)


def store_answer(runtime: Runtime, session: Session, claim: Claim, answer: StoredAnswer) -> None:
    """Write the answer, in the transaction of the effect. Raises `LeaseLost` when another run has taken over.

    Encrypted: an answer may hold what is shown only once, such as the key that a companion signs with.
    """
    body = runtime.encryption.encrypt(answer.body.decode())
    change = update(IdempotentCall).where(_is_ours(claim)).values(status=answer.status, body=body)
    if session.scalar(_quietly(change).returning(IdempotentCall.key)) is None:
        raise LeaseLost("another run of the same call has taken over")


def _decrypted(runtime: Runtime, stored: bytes) -> bytes:
    """An answer as it was given; one that is stored in the clear is all that an erasure has left of it."""
    return stored if stored.startswith(b"{") else runtime.encryption.decrypt(stored).encode()


def release(runtime: Runtime, claim: Claim) -> None:
    """The call has come to nothing: it may be made again at once; or after a lease, when the database is away now."""
    with contextlib.suppress(Unavailable), runtime.database.session() as session:
        session.execute(_quietly(delete(IdempotentCall).where(_is_ours(claim))))


def person_scope(role: Role | str, subject: str | None) -> str:
    """The `scope` of the calls of a person whom the host has signed in."""
    person = f"{role}:{subject or ''}"
    return f"person:{hashlib.sha256(person.encode()).hexdigest()}"


def purge_answers(session: Session, now: datetime, *, limit: int = 1_000) -> int:
    """Delete at most `limit` answers that no repeated call can be given any more; return how many."""
    old = select(IdempotentCall.scope, IdempotentCall.route, IdempotentCall.key)
    old = old.where(IdempotentCall.started_at < now - ANSWERS_LAST).limit(limit)
    rows = session.execute(old).all()
    for scope, route, key in rows:
        same = Call(scope=scope, route=route, key=key, body_sha256="")
        session.execute(_quietly(delete(IdempotentCall).where(_is(same))))
    return len(rows)


def _claiming(session: Session, call: Call, owner: str, now: datetime, lease: timedelta) -> Any:
    """A new row; or the old one taken over, when its day is past, or its run was silent for a lease."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    fresh = {"body_sha256": call.body_sha256, "owner": owner, "started_at": now, "status": None, "body": None}
    expired = IdempotentCall.started_at < now - ANSWERS_LAST
    abandoned = and_(
        IdempotentCall.status.is_(None),
        or_(IdempotentCall.started_at < now - lease, IdempotentCall.started_at > latest_end(now, 0)),
        IdempotentCall.body_sha256 == call.body_sha256,
    )
    new = dialect.insert(IdempotentCall).values(scope=call.scope, route=call.route, key=call.key, **fresh)
    claimed = new.on_conflict_do_update(
        index_elements=["scope", "route", "key"], set_=fresh, where=or_(expired, abandoned)
    )
    return claimed.returning(IdempotentCall.key)


def _is(call: Call) -> Any:
    return and_(IdempotentCall.scope == call.scope, IdempotentCall.route == call.route, IdempotentCall.key == call.key)


def _is_ours(claim: Claim) -> Any:
    return and_(_is(claim.call), IdempotentCall.owner == claim.owner, IdempotentCall.status.is_(None))


def _quietly(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)
