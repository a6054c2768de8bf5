"""Tables of support: requests, their clocks, refusals, messages, sellers' closures, refund claims."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, Json, checked
from ..domain.support.state_machine import ClockName, ClockState, Handling, Kind, RefundState


class SupportRequest(Base):
    """One request for support, and everything that was judged when it came in.

    Frozen at submission: `entitlement` (judged once, `rules.md` 17), `checks`, `grounds` proposed, `missing`, and
    `listing_id`, what the listing announced on the purchase date. `clocks_from` is when the clocks started (None: not
    yet). `next_deadline_at` is the earliest deadline still running, by which lists are ordered. `duplicate_of` is the
    open request that this one was attached to. `seller_assignee` and `marketplace_assignee` are the persons who handle
    it on either side.
    """

    __tablename__ = "mh_requests"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(100), unique=True)
    purchase_id: Mapped[str | None] = mapped_column(ForeignKey("mh_purchases.id"))
    customer_id: Mapped[str] = mapped_column(String(100))
    product_id: Mapped[str] = mapped_column(ForeignKey("mh_products.id"))
    seller_id: Mapped[str] = mapped_column(String(100))
    presale: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    kind: Mapped[Kind] = mapped_column(checked(Kind, "kind"))
    proposed_kind: Mapped[Kind | None] = mapped_column(checked(Kind, "proposed_kind"))
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    shop_url: Mapped[str | None] = mapped_column(Text)
    check_id: Mapped[str | None] = mapped_column(String(40))
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    handling: Mapped[Handling] = mapped_column(checked(Handling, "handling"))
    duplicate_of: Mapped[str | None] = mapped_column(String(100))
    entitlement: Mapped[dict[str, Any]] = mapped_column(Json)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("mh_listings.id"))
    checks: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    grounds: Mapped[list[str]] = mapped_column(Json)
    waived: Mapped[list[str]] = mapped_column(Json)
    missing: Mapped[list[str]] = mapped_column(Json)
    clocks_from: Mapped[datetime | None] = mapped_column(Instant)
    waits_until: Mapped[datetime | None] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(Json)
    refused_at: Mapped[datetime | None] = mapped_column(Instant)
    contested_at: Mapped[datetime | None] = mapped_column(Instant)
    overturned_at: Mapped[datetime | None] = mapped_column(Instant)
    resolution: Mapped[dict[str, Any] | None] = mapped_column(Json)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    offer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_reason: Mapped[str | None] = mapped_column(String(64))
    next_deadline_at: Mapped[datetime | None] = mapped_column(Instant)
    seller_assignee: Mapped[str | None] = mapped_column(String(200))
    marketplace_assignee: Mapped[str | None] = mapped_column(String(200))
    sequence: Mapped[int] = mapped_column(BigId, default=0, server_default="0")

    __table_args__ = (
        Index("ix_mh_requests_seller", "seller_id", "next_deadline_at", "number"),
        Index(
            "ix_mh_requests_open",
            "seller_id",
            "next_deadline_at",
            "number",
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_mh_requests_seller_assignee",
            "seller_id",
            "seller_assignee",
            "next_deadline_at",
            "number",
            postgresql_where=text("seller_assignee IS NOT NULL"),
            sqlite_where=text("seller_assignee IS NOT NULL"),
        ),
        Index(
            "ix_mh_requests_marketplace_assignee",
            "marketplace_assignee",
            "next_deadline_at",
            "number",
            postgresql_where=text("marketplace_assignee IS NOT NULL"),
            sqlite_where=text("marketplace_assignee IS NOT NULL"),
        ),
        Index("ix_mh_requests_customer", "customer_id", "number"),
        Index("ix_mh_requests_product", "product_id", "handling"),
        Index("ix_mh_requests_same", "purchase_id", "fingerprint"),
        Index("ix_mh_requests_started", "seller_id", "clocks_from"),
        Index(
            "ix_mh_requests_contested",
            "number",
            postgresql_where=text("handling = 'contested'"),
            sqlite_where=text("handling = 'contested'"),
        ),
        Index(
            "ix_mh_requests_check",
            "check_id",
            postgresql_where=text("check_id IS NOT NULL"),
            sqlite_where=text("check_id IS NOT NULL"),
        ),
        Index(
            "ix_mh_requests_waiting",
            "waits_until",
            postgresql_where=text("waits_until IS NOT NULL"),
            sqlite_where=text("waits_until IS NOT NULL"),
        ),
    )


class Clock(Base):
    """One clock of one request, with everything it was computed from: nothing recomputes it later (`deadlines.md`).

    `policy` names the rules, their version, the holidays and the closures that were passed in; `trace` is what people
    are shown as "why this date". `remaining_days` is what is left of a frozen one. `stopped_at` is when it was met or
    void; `missed_at` the deadline it missed, `noticed_at` when that was published, once, by the scheduled run
    `notice_id`. `warn_at` is when to warn (None: warned, or nothing to warn of). `taken_days` are the business days
    that it took until it was stopped, those before it was carried on (`earlier_days`) included.
    """

    __tablename__ = "mh_clocks"

    request_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[ClockName] = mapped_column(checked(ClockName, "name"), primary_key=True)
    state: Mapped[ClockState] = mapped_column(checked(ClockState, "state"))
    started_at: Mapped[datetime] = mapped_column(Instant)
    business_days: Mapped[int]
    policy: Mapped[dict[str, Any]] = mapped_column(Json)
    last_day: Mapped[date | None] = mapped_column(Date)
    due_before: Mapped[datetime | None] = mapped_column(Instant)
    trace: Mapped[dict[str, Any]] = mapped_column(Json)
    remaining_days: Mapped[int | None]
    earlier_days: Mapped[int] = mapped_column(default=0, server_default="0")
    taken_days: Mapped[int | None]
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    missed_at: Mapped[datetime | None] = mapped_column(Instant)
    noticed_at: Mapped[datetime | None] = mapped_column(Instant)
    notice_id: Mapped[str | None] = mapped_column(String(40))
    warn_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index(
            "ix_mh_clocks_due",
            "due_before",
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
        Index(
            "ix_mh_clocks_warn",
            "warn_at",
            postgresql_where=text("warn_at IS NOT NULL AND state = 'running'"),
            sqlite_where=text("warn_at IS NOT NULL AND state = 'running'"),
        ),
        Index(
            "ix_mh_clocks_missed",
            "missed_at",
            "request_id",
            "name",
            postgresql_where=text("missed_at IS NOT NULL"),
            sqlite_where=text("missed_at IS NOT NULL"),
        ),
    )


class RequestRefusal(Base):
    """One refusal of one request, on which of the six grounds, and whether the marketplace overturned it.

    `statement` is what `SupportRequest.refusal` held of it: the text, the evidence, and what was said about it (None:
    recorded before 0.2.0). `decided_at` is when the marketplace overturned or upheld it.
    """

    __tablename__ = "mh_refusals"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    request_id: Mapped[str] = mapped_column(String(100))
    ground: Mapped[str] = mapped_column(String(64))
    refused_at: Mapped[datetime] = mapped_column(Instant)
    overturned_at: Mapped[datetime | None] = mapped_column(Instant)
    contested_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    statement: Mapped[dict[str, Any] | None] = mapped_column(Json)

    __table_args__ = (Index("ix_mh_refusals_request", "request_id", "id"),)


class SupportMessage(Base):
    """One message of a request's thread, and whether it acknowledges (`counts` None: a person must say).

    `attachments` is how many files it has, `files` the descriptions of those that are described.
    """

    __tablename__ = "mh_messages"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    request_id: Mapped[str] = mapped_column(String(100))
    message_id: Mapped[str] = mapped_column(String(200))
    side: Mapped[str] = mapped_column(String(20))
    author: Mapped[str] = mapped_column(String(200))
    author_type: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    visibility: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[str] = mapped_column(String(64))
    headers: Mapped[list[list[str]]] = mapped_column(Json)
    attachments: Mapped[int] = mapped_column(default=0, server_default="0")
    files: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    counts: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(String(64))
    confirmed_by: Mapped[str | None] = mapped_column(String(200))
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("request_id", "message_id"),
        Index(
            "ix_mh_messages_to_confirm",
            "id",
            postgresql_where=text("counts IS NULL AND side = 'seller'"),
            sqlite_where=text("counts IS NULL AND side = 'seller'"),
        ),
        Index("ix_mh_messages_same_body", "body_sha256", "received_at"),
    )


class SellerClosure(Base):
    """Days on which a seller, as declared beforehand, does not work; both included, `last_day` None: open-ended.

    `announced_at` is when customers could first see it as it is: it suspends nothing before. `announced_before` are
    those of its days that an earlier description had announced already, each with its instant.
    """

    __tablename__ = "mh_closures"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    seller_id: Mapped[str] = mapped_column(ForeignKey("mh_sellers.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    declared_at: Mapped[datetime] = mapped_column(Instant)
    announced_at: Mapped[datetime] = mapped_column(Instant)
    described_at: Mapped[datetime] = mapped_column("told_at", Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    announced_before: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)

    __table_args__ = (Index("ix_mh_closures_seller", "seller_id", "first_day"),)


class RefundClaim(Base):
    """The refund that a missed fix makes due: requested at `request_at` unless the customer prefers the fix.

    `seller_id` is the request's, by which sellers' lists are read. `lines` are what it is made of (the price paid or
    the pack's share; the current period as an operator's choice), and `amount_cents` what those that are included come
    to; what is still owed is computed (`services/support/refund_ledger.py`). `path` is the platform's window or the
    manual way. `requested_cents` is what was asked for, `request_count` how often (a customer may have preferred the
    fix in between, at `deferred_at`).
    """

    __tablename__ = "mh_refund_claims"

    request_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"))
    seller_id: Mapped[str] = mapped_column(String(100), default="", server_default="")
    state: Mapped[RefundState] = mapped_column(checked(RefundState, "state"))
    due_at: Mapped[datetime] = mapped_column(Instant)
    request_at: Mapped[datetime | None] = mapped_column(Instant)
    requested_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    path: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    requested_cents: Mapped[int | None]
    request_count: Mapped[int] = mapped_column(default=0, server_default="0")
    deferred_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_mh_refund_claims_purchase", "purchase_id"),
        Index("ix_mh_refund_claims_seller", "seller_id", "due_at", "request_id"),
        Index("ix_mh_refund_claims_state", "state", "due_at", "request_id"),
        Index(
            "ix_mh_refund_claims_due",
            "request_at",
            postgresql_where=text("state = 'due'"),
            sqlite_where=text("state = 'due'"),
        ),
    )
