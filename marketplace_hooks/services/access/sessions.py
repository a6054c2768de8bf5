"""Sessions of the people who sign in here: begun, found, listed, ended and purged.

The browser has 32 random bytes, of which the SHA-256 is stored: so a session is over when its row says so, whoever has
a copy of the cookie. It ends by signing out, with a lifetime or an idle time that is over, with the erasure of the
customer, with a role that the provider no longer names, or by an operator.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, not_, or_, select, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.keyset import Rows, read_entities
from ...database.types import constant
from ...domain.audit_actions import AuditAction
from ...errors import NotFound, SignInFailed
from ...models.access import PersonSession, Role, SignInMethod
from ...models.audit import AuditOutcome
from ...models.purchases import Customer
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when somebody was last seen: a page does not cost a write."""
STORED_FOR = timedelta(days=30)
"""How long a session can be looked at once it cannot be alive any more."""


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Somebody who has proved who they are, and where from. `signed_in_at` None: nobody says when."""

    method: SignInMethod
    role: Role
    subject: str | None = None
    name: str = ""
    locale: str | None = None
    account: str | None = None
    signed_in_at: datetime | None = None
    address: str = ""
    user_agent: str = ""


def begin(uow: UnitOfWork, sign_in: SignIn, *, replaces: str | None = None) -> str:
    """Begin a session, and return what the browser proves it with; the session that it replaces ends.

    A form that waited for a fresh sign-in comes along, if the same person signed in. Raises `SignInFailed` for a
    customer who was erased.
    """
    _refuse_erased(uow.session, sign_in)
    previous = None if replaces is None else find(uow.session, replaces, uow.settings, uow.now)
    unsent_form = None
    if previous is not None:
        if (previous.role, previous.subject, previous.account) == (sign_in.role, sign_in.subject, sign_in.account):
            unsent_form = previous.unsent_form
        _end(uow, PersonSession.id == previous.id)
    if sign_in.account is not None:
        end_changed_roles(uow, sign_in.account, role=sign_in.role, subject=sign_in.subject)
    id_ = f"ses_{secrets.token_hex(8)}"
    secret = secrets.token_urlsafe(32)
    uow.session.add(
        PersonSession(
            id=id_,
            secret_sha256=_digest(secret),
            method=sign_in.method,
            account=sign_in.account,
            role=sign_in.role,
            subject=sign_in.subject,
            name=_shortened(sign_in.name, 200),
            locale=sign_in.locale and _shortened(sign_in.locale, 100),
            address=_shortened(sign_in.address, 64),
            user_agent=_shortened(sign_in.user_agent, 200),
            created_at=uow.now,
            signed_in_at=None if sign_in.signed_in_at is None else min(sign_in.signed_in_at, uow.now),
            last_seen_at=uow.now,
            ended_at=None,
            unsent_form=unsent_form,
        )
    )
    uow.audit(AuditAction.SESSION_STARTED, id_, by=sign_in.method)
    return secret


def find(session: Session, secret: str, settings: Settings, now: datetime) -> PersonSession | None:
    """The session that this proves, while it is alive."""
    found = session.scalar(
        select(PersonSession).where(PersonSession.secret_sha256 == _digest(secret), *_alive(settings, now))
    )
    # A demo's choice opens nothing once the installation is no demo any more.
    return found if found is None or found.method is not SignInMethod.DEMO or settings.demo else None


def note_seen(runtime: Runtime, found: PersonSession) -> None:
    """Somebody has opened a page: written once a minute at most, and not at all while the database takes no writes."""
    now = runtime.now()
    if now - found.last_seen_at < SEEN_EVERY:
        return
    seen = update(PersonSession).where(PersonSession.id == found.id, PersonSession.last_seen_at < now)
    runtime.database.write_unless_busy(seen.values(last_seen_at=now))


def store_unsent_form(uow: UnitOfWork, session_id: str, unsent_form: dict[str, Any] | None) -> None:
    """Store the form that waits for a fresh sign-in; None when it waits no more."""
    _quietly(uow, update(PersonSession).where(PersonSession.id == session_id).values(unsent_form=unsent_form))


def list_sessions(
    session: Session,
    settings: Settings,
    now: datetime,
    *,
    role: Role | None = None,
    subject: str | None = None,
    before: tuple[datetime, str] | None = None,
    is_backward: bool = False,
    limit: int = 100,
) -> Rows[PersonSession]:
    """The sessions that are alive, the last one first: all, or those of a role, or of one person."""
    chosen = select(PersonSession).where(*_alive(settings, now))
    if role is not None:
        chosen = chosen.where(PersonSession.role == constant(role))
    if subject is not None:
        chosen = chosen.where(PersonSession.subject == subject)
    order = (PersonSession.created_at, PersonSession.id)
    return read_entities(
        session, chosen, order, position=before, limit=limit, is_descending=True, is_backward=is_backward
    )


def end_session(uow: UnitOfWork, session_id: str) -> None:
    """End one session. Ending it twice changes nothing. Raises `NotFound`."""
    if uow.session.scalar(select(PersonSession.id).where(PersonSession.id == session_id)) is None:
        raise NotFound(f"no session {session_id}")
    ended = _end(uow, PersonSession.id == session_id)
    outcome = AuditOutcome.DONE if ended else AuditOutcome.UNCHANGED
    uow.audit(AuditAction.SESSION_ENDED, session_id, outcome=outcome)


def end_sessions_of(uow: UnitOfWork, role: Role, subject: str | None) -> int:
    """End every session of one person, or of all who have a role without an id; return how many."""
    ended = _end(uow, PersonSession.role == constant(role), PersonSession.subject == subject)
    uow.audit(AuditAction.SESSION_ENDED, None, role=role, subject=subject, ended=ended)
    return ended


def end_all_sessions(uow: UnitOfWork) -> None:
    """End the session of everybody."""
    _end(uow)


def end_changed_roles(uow: UnitOfWork, account: str, *, role: Role | None = None, subject: str | None = None) -> int:
    """The provider now gives an account this role and id (None: none): end its sessions under any other."""
    of_account = PersonSession.account == account
    if role is None:
        return _end(uow, of_account)
    return _end(
        uow, of_account, or_(PersonSession.role != constant(role), PersonSession.subject.is_distinct_from(subject))
    )


def forget_sessions_of(uow: UnitOfWork, customer_id: str) -> None:
    """End the sessions of a customer who is erased, and remove what they say of the person."""
    theirs = and_(PersonSession.role == constant(Role.CUSTOMER), PersonSession.subject == customer_id)
    _end(uow, theirs)
    nothing = {"name": "", "address": "", "user_agent": "", "account": None, "locale": None}
    _quietly(uow, update(PersonSession).where(theirs).values(**nothing))


def purge_sessions(session: Session, settings: Settings, now: datetime, *, limit: int) -> int:
    """Delete at most `limit` sessions that were over long ago; return how many. No form waits for one that is over."""
    waiting = update(PersonSession).where(PersonSession.unsent_form.is_not(None), not_(and_(*_alive(settings, now))))
    session.execute(waiting.values(unsent_form=None).execution_options(synchronize_session=False))
    before = now - timedelta(seconds=settings.session_s) - STORED_FOR
    old = select(PersonSession.id).where(PersonSession.created_at < before).order_by(PersonSession.created_at)
    gone = delete(PersonSession).where(PersonSession.id.in_(old.limit(limit).scalar_subquery()))
    return len(session.scalars(gone.returning(PersonSession.id).execution_options(synchronize_session=False)).all())


def _alive(settings: Settings, now: datetime) -> tuple[Any, ...]:
    return (
        PersonSession.ended_at.is_(None),
        PersonSession.created_at > now - timedelta(seconds=settings.session_s),
        PersonSession.last_seen_at > now - timedelta(seconds=settings.session_idle_s),
    )


def _end(uow: UnitOfWork, *which: Any) -> int:
    alive = update(PersonSession).where(PersonSession.ended_at.is_(None), *which)
    ended = alive.values(ended_at=uow.now, unsent_form=None).returning(PersonSession.id)
    return len(uow.session.scalars(ended.execution_options(synchronize_session=False)).all())


def _refuse_erased(session: Session, sign_in: SignIn) -> None:
    """Locked, so that a customer who is erased at this moment has no session that the erasure does not see."""
    if sign_in.role is not Role.CUSTOMER:
        return
    known = select(Customer.erased_at).where(Customer.id == sign_in.subject).with_for_update(read=True)
    if session.scalar(known) is not None:
        raise SignInFailed("the customer was erased", code="no_role")


def _quietly(uow: UnitOfWork, statement: Any) -> None:
    uow.session.execute(statement.execution_options(synchronize_session=False))


def _shortened(text: str, longest: int) -> str:
    """What a column takes of a text from outside: no database takes a NUL."""
    return text.replace("\0", "")[:longest]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
