"""Mail queue: makes mails to people out of outgoing events, and hands them to the mail server, with retries.

Mails are rows, made from the outgoing events by one set statement for each side, in the transaction that makes their
deliveries; where no mail server is configured none are made, and the events are delivered all the same. Each is claimed
by a lease, sent with no transaction open, and recorded only by the worker that still holds the lease. A worker killed
between the server's answer and its record sends it again under the same Message-ID: SMTP offers no more than that.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, case, delete, exists, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.types import constant
from ...domain.notifications import CHECKED, MESSAGE, MailFacts, Reader, mailbox_of, types_for
from ...domain.outbox.retry_policy import next_attempt_at
from ...errors import MailDeferred, MailRefused, MailServerAway
from ...models.access import Lock
from ...models.mails import Mail, MailState
from ...models.outbox import OutgoingEvent
from ...models.products import Product, Seller
from ...models.purchases import Customer
from ...models.support import SupportRequest
from ...remote.smtp import MailMessage, MailServer, SmtpConnection
from ...telemetry.log_context import bound, get_logger
from ...telemetry.tracing import span
from ..core.leases import acquire_lease, is_over
from ..core.runtime import Runtime

log = get_logger(__name__)

PAUSE = "mail-server"
PAUSE_S = 60.0
"""No worker tries a server that is away again before so long."""
CHECK_S = 3.0
"""How long each answer of the server may take in an interactive check."""
LEASE_S = 180.0
"""Longer than any one mail takes: six answers of the server, each within its own timeout."""
_COLUMNS = ["outbox_id", "event_id", "reader", "reader_id", "conversation", "state", "due_at", "created_at"]


@dataclass(frozen=True, kw_only=True)
class _ClaimedMail:
    """One mail, claimed, and its address (`to` None: the reader is gone)."""

    mail_id: int
    attempts: int
    event_id: str
    locale: str
    to: str | None
    facts: MailFacts | None


def create_mails(session: Session, ids: list[int], now: datetime, settings: Settings) -> None:
    """Make the mails of these outgoing events, once, one for each side that is concerned and has an address.

    A message of a conversation about which a mail is waiting already needs no other; after one that was due a short
    while ago, the next one waits for further messages (`MAIL_GATHER_S`).
    """
    gathering = timedelta(seconds=settings.mail_gather_s)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for reader, table in ((Reader.CUSTOMER, Customer), (Reader.SELLER, Seller)):
        reader_id = OutgoingEvent.data[f"{reader}_id"].as_string()
        columns = Mail.__table__.c
        conversation = case((OutgoingEvent.type == MESSAGE, OutgoingEvent.data["request_id"].as_string()))
        was_mailed = exists().where(
            Mail.conversation == conversation, Mail.reader == constant(reader), Mail.due_at > now - gathering
        )
        due_at = case(
            (was_mailed, literal(now + gathering, columns.due_at.type)), else_=literal(now, columns.due_at.type)
        )
        wanted = (
            select(
                OutgoingEvent.id,
                OutgoingEvent.event_id,
                literal(reader.value),
                table.id,
                conversation,
                literal(MailState.PENDING.value),
                due_at,
                literal(now, columns.created_at.type),
            )
            .join(table, table.id == reader_id)
            .where(OutgoingEvent.id.in_(ids), OutgoingEvent.type.in_(types_for(reader)), _concerns(reader))
            .where(table.email != "")
            .order_by(OutgoingEvent.id)  # they are sent in the order of their ids: as it happened.
        )
        into = dialect.insert(Mail).from_select(_COLUMNS, wanted)
        session.execute(into.on_conflict_do_nothing())


def _concerns(reader: Reader) -> ColumnElement[bool]:
    """Whether an event is worth a mail to one side.

    A message goes to the other side, and only a person's; a check of the site, when it adds a ground; that a request
    was a duplicate, to its customer only.
    """
    data = OutgoingEvent.data
    message = and_(data["side"].as_string() != reader.value, data["author_type"].as_string() != "automation")
    adds_ground = data["added_grounds"][0].as_string().is_not(None)
    concerned = and_(or_(OutgoingEvent.type != MESSAGE, message), or_(OutgoingEvent.type != CHECKED, adds_ground))
    if reader is Reader.SELLER:
        duplicate = data["reason"].as_string() == "duplicate"
        concerned &= or_(OutgoingEvent.type != "support_request.closed", data["reason"].is_(None), ~duplicate)
    return concerned


def has_pending(session: Session, now: datetime, settings: Settings) -> bool:
    """Whether a mail is to be sent now, and the server is not being left alone."""
    if settings.smtp_url is None or session.scalar(select(Mail.id).where(_is_due(now)).limit(1)) is None:
        return False
    pause = select(Lock.name).where(Lock.name == PAUSE, ~is_over(Lock.leased_until, now, PAUSE_S))
    return session.scalar(pause) is None


def send_due(runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Send what is due over one connection, until nothing is left or the server fails; return how many attempts."""
    settings = runtime.settings
    made = 0
    if settings.smtp_url is None or runtime.mail_renderer is None:
        return made
    with runtime.database.read_session() as session:
        if not has_pending(session, runtime.now(), settings):
            return made
    server = MailServer(settings.smtp_url, hello=_domain(settings), timeout_s=settings.smtp_timeout_s)
    try:
        with server.connection() as connection:
            while connection.is_open and not stop():
                claimed = runtime.database.retrying(lambda session: _claim(runtime, session, owner))
                if claimed is None:
                    return made
                state, error = _send_bound(runtime, connection, claimed)
                runtime.database.retrying(lambda s: _record(runtime, s, owner, claimed, state, error))  # noqa: B023 - done at once
                made += 1
    except MailServerAway as away:
        acquire_lease(runtime, PAUSE, str(away)[:200], PAUSE_S)
    return made


def check_mail_server(settings: Settings) -> None:
    """Connect, sign in and greet as for a mail, and send none. Raises `MailServerAway` within seconds."""
    if settings.smtp_url is None:
        return
    timeout_s = min(settings.smtp_timeout_s, CHECK_S)
    with MailServer(settings.smtp_url, hello=_domain(settings), timeout_s=timeout_s).connection() as connection:
        connection.greet()


def purge_mails(session: Session, before: datetime, *, limit: int) -> int:
    """Delete the oldest finished mails from before an instant; return how many."""
    old = select(Mail.id).where(Mail.state != constant(MailState.PENDING), Mail.created_at < before)
    doomed = delete(Mail).where(Mail.id.in_(old.order_by(Mail.id).limit(limit)))
    deleted = session.execute(doomed.execution_options(synchronize_session=False))
    return int(deleted.rowcount)  # type: ignore[attr-defined] # a cursor result


def sender(settings: Settings) -> str:
    """The sender's address of every mail."""
    return settings.mail_sender or f"no-reply@{urlsplit(settings.public_url).hostname}"


def _domain(settings: Settings) -> str:
    return sender(settings).rpartition("@")[2]


def _is_due(now: datetime) -> ColumnElement[bool]:
    free = is_over(Mail.leased_until, now, LEASE_S)
    return and_(Mail.state == constant(MailState.PENDING), Mail.due_at <= now, free)


def _claim(runtime: Runtime, session: Session, owner: str) -> _ClaimedMail | None:
    """Lease the next mail, with all that it is rendered from; None when there is none."""
    now = runtime.now()
    query = select(Mail).where(_is_due(now)).order_by(Mail.due_at, Mail.id).limit(1)
    mail = session.scalar(query.with_for_update(skip_locked=True))
    if mail is None:
        return None
    mail.owner = owner
    mail.leased_until = now + timedelta(seconds=LEASE_S)
    event = session.get(OutgoingEvent, mail.outbox_id)
    person: Customer | Seller | None
    if mail.reader is Reader.CUSTOMER:
        person = session.get(Customer, mail.reader_id)
    else:
        person = session.get(Seller, mail.reader_id)
    return _ClaimedMail(
        mail_id=mail.id,
        attempts=mail.attempts,
        event_id=mail.event_id,
        locale=person.locale if person else "",
        to=mailbox_of(person.email or "") if person else None,
        facts=_facts(session, mail, event, person.name) if event and person else None,
    )


def _facts(session: Session, mail: Mail, event: OutgoingEvent, name: str) -> MailFacts:
    data = event.data
    request = session.scalar(select(SupportRequest).where(SupportRequest.id == data.get("request_id")))
    product = session.get(Product, request.product_id if request else data.get("product_id") or "")
    seller = session.get(Seller, product.seller_id) if product else None
    return MailFacts(
        type=event.type,
        data=data,
        cause=event.cause,
        reader=mail.reader,
        reader_name=name,
        request_subject=request.subject if request else None,
        product_title=product.title if product else None,
        seller_name=seller.name if seller else None,
    )


def _send_bound(runtime: Runtime, connection: SmtpConnection, claimed: _ClaimedMail) -> tuple[MailState, str | None]:
    """The same as `_send`; every line that is logged meanwhile names the mail and its event."""
    cause = None if claimed.facts is None else claimed.facts.cause.get("event_id")
    ids = {"event_id": claimed.event_id, "cause_event_id": cause, "mail_id": claimed.mail_id}
    with bound(**ids), span("send mail", origin=cause or claimed.event_id, kind="client"):
        state, error = _send(runtime, connection, claimed)
        log.log(logging.INFO if error else logging.DEBUG, "mail %s is %s", claimed.mail_id, state.value)
    return state, error


def _send(runtime: Runtime, connection: SmtpConnection, claimed: _ClaimedMail) -> tuple[MailState, str | None]:
    """The mail's state after one attempt; `pending`: it is to be tried again."""
    try:
        message = _message(runtime, claimed)
        if message is None:
            return MailState.DROPPED, None
        connection.send(message)
    except MailRefused as refused:
        return MailState.REFUSED, refused.code
    except MailDeferred as deferred:
        return MailState.PENDING, str(deferred)
    except Exception as mistake:
        log.exception("mail %s could not be sent", claimed.mail_id)
        return MailState.PENDING, type(mistake).__name__
    return MailState.SENT, None


def _message(runtime: Runtime, claimed: _ClaimedMail) -> MailMessage | None:
    """The message; None when its reader is gone, or nothing is to be said about the event."""
    facts = claimed.facts
    settings = runtime.settings
    if facts is None or claimed.to is None or runtime.mail_renderer is None:
        return None
    rendered = runtime.mail_renderer(settings, facts, claimed.locale)
    if rendered is None:
        return None
    return MailMessage(
        message_id=f"{claimed.event_id}.{facts.reader}@{_domain(settings)}",
        sender=sender(settings),
        sender_name=settings.brand_name,
        to_name=facts.reader_name,
        to=claimed.to,
        subject=rendered.subject,
        text=rendered.text,
        language=rendered.language,
        written_at=runtime.now(),
    )


def _record(
    runtime: Runtime, session: Session, owner: str, claimed: _ClaimedMail, state: MailState, error: str | None
) -> None:
    """Record an attempt, unless its lease ran out and another worker has recorded an attempt of its own."""
    mine = select(Mail).where(Mail.id == claimed.mail_id, Mail.owner == owner).with_for_update()
    mail = session.scalar(mine)
    if mail is None or mail.state is not MailState.PENDING or mail.attempts != claimed.attempts:
        return
    now = runtime.now()
    mail.attempts += 1
    mail.owner = mail.leased_until = None
    mail.state = state
    mail.last_error = error
    if state is MailState.SENT:
        mail.sent_at = now
    elif state is MailState.PENDING:
        again_at = next_attempt_at(
            now,
            attempts=mail.attempts,
            schedule_s=runtime.settings.mail_schedule_s,
            jitter=random.uniform(-1, 1),  # noqa: S311 - spreads load, hides nothing
            status=None,
        )
        if again_at is None:
            mail.state = MailState.EXHAUSTED
        else:
            mail.due_at = again_at
