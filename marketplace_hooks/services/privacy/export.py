"""Export of a customer: everything stored about one person, section by section, as that person may read it.

A table that stores more about customers is one section more in `SECTIONS`; the test names those that need none. What is
ours is left out: hashes, leases, counters, secrets, and the notes that the sides of a request keep to themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from ...errors import NotFound
from ...models.access import PersonSession, Role, Token
from ...models.audit import AuditEntry
from ...models.drafts import RequestDraft
from ...models.inbox import InboxEvent
from ...models.inspections import Evidence, Inspection, SiteCredential
from ...models.mails import Mail
from ...models.outbox import OutgoingEvent
from ...models.purchases import Customer, Dispute, Purchase, Refund, SiteBinding
from ...models.releases import ReleasePurchase
from ...models.subscriptions import Charge, Notice, Period, RenewalChange, RepeatedNotice, Subscription
from ...models.support import SupportRequest
from ..core.runtime import Runtime
from ..support.request_file import request_file
from ..support.requests import Viewer

BATCH = 200
FILES_BATCH = 20
"""Files of requests are read so many at a time: each has a conversation."""

Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ExportSection:
    """The rows of one table that are about a customer, with these columns, in the order of their keys."""

    name: str
    table: type[Any]
    which: Callable[[str], ColumnElement[bool]]
    columns: str


def customer_facts(session: Session, customer_id: str, *, must_exist: bool) -> dict[str, Any] | None:
    """What the marketplace described; None for somebody it never did. Raises `NotFound` when they `must_exist`."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        if must_exist:
            raise NotFound(f"no customer {customer_id}")
        return None
    return _columns(customer, "id name email locale professional described_at erased_at")


def export_sections(runtime: Runtime, customer_id: str) -> Iterator[tuple[str, Rows]]:
    """Each section's name with its rows, read batch by batch: neither a connection nor all rows are held."""
    for section in SECTIONS:
        yield section.name, _rows(runtime, section, customer_id)
    yield REQUESTS, _request_files(runtime, customer_id)


def _rows(runtime: Runtime, section: ExportSection, customer_id: str) -> Rows:
    key = list(section.table.__mapper__.primary_key)
    names = [section.table.__mapper__.get_property_by_column(column).key for column in key]
    after: tuple[Any, ...] | None = None
    while True:
        query = select(section.table).where(section.which(customer_id)).order_by(*key).limit(BATCH)
        if after is not None:
            query = query.where(tuple_(*key) > after)
        with runtime.database.read_session() as session:
            found = session.scalars(query).all()
            rows = [_columns(row, section.columns) for row in found]
            after = tuple(getattr(found[-1], name) for name in names) if found else None
        yield from rows
        if len(rows) < BATCH:
            return


def _request_files(runtime: Runtime, customer_id: str) -> Rows:
    """The file of each request, as the customer reads it."""
    viewer = Viewer(customer_id=customer_id)
    after = 0
    while True:
        theirs = SupportRequest.customer_id == customer_id, SupportRequest.number > after
        with runtime.database.read_session() as session:
            found = session.scalars(
                select(SupportRequest).where(*theirs).order_by(SupportRequest.number).limit(FILES_BATCH)
            ).all()
            files = [
                request_file(session, request, viewer, now=runtime.now(), settings=runtime.settings)
                for request in found
            ]
            after = found[-1].number if found else after
        yield from files
        if len(files) < FILES_BATCH:
            return


def _columns(row: Any, names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names.split()}


def _purchases(customer_id: str) -> Select[Any]:
    return select(Purchase.id).where(Purchase.customer_id == customer_id)


def _requests(customer_id: str) -> Select[Any]:
    return select(SupportRequest.id).where(SupportRequest.customer_id == customer_id)


def _of_each_purchase(name: str, table: type[Any], columns: str) -> ExportSection:
    """The section of a table whose rows each belong to one purchase."""
    return ExportSection(
        name=name,
        table=table,
        which=lambda customer_id: table.purchase_id.in_(_purchases(customer_id)),
        columns=columns,
    )


def _inspections(customer_id: str) -> ColumnElement[bool]:
    """Those of the customer's purchases, those by which requests were judged, and those of drafts."""
    checked = select(SupportRequest.check_id).where(SupportRequest.customer_id == customer_id)
    drafted = select(RequestDraft.check_id).where(RequestDraft.customer_id == customer_id)
    return or_(
        Inspection.purchase_id.in_(_purchases(customer_id)), Inspection.id.in_(checked), Inspection.id.in_(drafted)
    )


def _of_inspections(table: Any) -> Callable[[str], ColumnElement[bool]]:
    return lambda customer_id: table.inspection_number.in_(select(Inspection.number).where(_inspections(customer_id)))


def _published(customer_id: str) -> ColumnElement[bool]:
    of_kind = {"purchase": _purchases(customer_id), "support_request": _requests(customer_id)}
    about = [
        and_(OutgoingEvent.subject_kind == kind, OutgoingEvent.subject_id.in_(ids)) for kind, ids in of_kind.items()
    ]
    return or_(and_(OutgoingEvent.subject_kind == "customer", OutgoingEvent.subject_id == customer_id), *about)


def _received(customer_id: str) -> ColumnElement[bool]:
    purchases = select("purchase:" + Purchase.id).where(Purchase.customer_id == customer_id)
    requests = select("request:" + SupportRequest.id).where(SupportRequest.customer_id == customer_id)
    return or_(
        InboxEvent.subject == f"customer:{customer_id}",
        InboxEvent.subject.in_(purchases),
        InboxEvent.subject.in_(requests),
    )


def _mails(customer_id: str) -> ColumnElement[bool]:
    published = select(OutgoingEvent.id).where(_published(customer_id))
    return and_(Mail.reader == "customer", Mail.reader_id == customer_id, Mail.outbox_id.in_(published))


def _of_person(table: Any, role: Any, subject: Any) -> Callable[[str], ColumnElement[bool]]:
    return lambda customer_id: and_(role == Role.CUSTOMER, subject == customer_id)


_NOTICE = "purchase_id period_index window_first_day window_last_day sent_at owed amount_cents currency"
_INSPECTION = (
    "number id url host module purchase_id declared with_credentials state outcome created_at finished_at exchanges"
)
_AUDIT = "at actor_name channel action object_type object_id outcome address details"

REQUESTS = "support_requests"
SECTIONS: Sequence[ExportSection] = (
    ExportSection(
        name="purchases",
        table=Purchase,
        which=lambda customer_id: Purchase.customer_id == customer_id,
        columns="id product_id pack_id price_cents currency shop_url shop_bound_at purchased_at refunded_cents "
        "refunded_at terminated_at terminated_reason disputed_at dispute_won_at dispute_lost_at",
    ),
    _of_each_purchase(
        "sites",
        SiteBinding,
        "purchase_id bound_at shop_url",
    ),
    _of_each_purchase(
        "refunds",
        Refund,
        "purchase_id refunded_at amount_cents request_id refund_id",
    ),
    _of_each_purchase(
        "disputes",
        Dispute,
        "purchase_id disputed_at amount_cents outcome closed_at",
    ),
    _of_each_purchase(
        "updates_bought",
        ReleasePurchase,
        "release_id purchase_id amount_cents currency purchased_at",
    ),
    _of_each_purchase(
        "subscriptions",
        Subscription,
        "purchase_id product_id state anchor_on current_index last_day renewal_at customer_stopped_at "
        "customer_lifted_at withdrawn_from withdrawal_lifted_at announced_cents announced_currency",
    ),
    _of_each_purchase(
        "periods",
        Period,
        "purchase_id index kind first_day last_day payment settled_at amount_cents currency charge_id",
    ),
    _of_each_purchase(
        "charges",
        Charge,
        "id purchase_id period_index amount_cents currency occurred_at reversal_asked_at reversal_reason "
        "reversal_cents",
    ),
    _of_each_purchase(
        "renewal_preferences",
        RenewalChange,
        "purchase_id enabled actor received_at",
    ),
    _of_each_purchase("renewal_notices", Notice, _NOTICE),
    _of_each_purchase("repeated_notices", RepeatedNotice, _NOTICE),
    ExportSection(
        name="drafts",
        table=RequestDraft,
        which=lambda customer_id: RequestDraft.customer_id == customer_id,
        columns="id purchase_id product_id kind subject body shop_url check_id changed_at sent_at",
    ),
    ExportSection(name="inspections", table=Inspection, which=_inspections, columns=_INSPECTION),
    ExportSection(
        name="evidence",
        table=Evidence,
        which=_of_inspections(Evidence),
        columns="inspection_number what subject value strength observed_at request note facts",
    ),
    ExportSection(
        name="site_credentials",
        table=SiteCredential,
        which=_of_inspections(SiteCredential),
        columns="inspection_number kind host expires_at",
    ),
    ExportSection(
        name="sessions",
        table=PersonSession,
        which=_of_person(PersonSession, PersonSession.role, PersonSession.subject),
        columns="id method account name locale address user_agent created_at signed_in_at last_seen_at ended_at",
    ),
    ExportSection(
        name="tokens",
        table=Token,
        which=_of_person(Token, Token.role, Token.subject),
        columns="id label scopes created_at expires_at last_used_at revoked_at",
    ),
    ExportSection(
        name="acts",
        table=AuditEntry,
        which=_of_person(AuditEntry, AuditEntry.actor_role, AuditEntry.actor_id),
        columns=_AUDIT,
    ),
    ExportSection(name="mails", table=Mail, which=_mails, columns="event_id conversation state created_at sent_at"),
    ExportSection(
        name="events_received",
        table=InboxEvent,
        which=_received,
        columns="source event_id type subject sent_at received_at state",
    ),
    ExportSection(
        name="events_published",
        table=OutgoingEvent,
        which=_published,
        columns="event_id type subject_kind subject_id created_at",
    ),
)
"""Every place where something about a customer is stored, beside the customer's own row and the support requests."""

NOT_EXPORTED: Mapping[str, str] = {
    "mh_customers": "the customer's own row",
    "mh_requests": "in the files of support requests",
    "mh_messages": "in the files of support requests",
    "mh_clocks": "in the files of support requests",
    "mh_refusals": "in the files of support requests",
    "mh_proposals": "in the files of support requests",
    "mh_refund_claims": "in the files of support requests",
    "mh_inbox_conflicts": "other bodies of events that were received, and never applied",
    "mh_idempotent_calls": "answers that were given already, for a day",
    "mh_deliveries": "to which programs of the marketplace an event was sent",
}
"""Tables with something about customers that have no section of their own, and why."""
