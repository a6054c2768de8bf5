"""Tables of Business Care: subscriptions, their periods, renewal preferences and notices."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, checked
from ..domain.business_care.entitlement import Payment


class SubscriptionState(enum.StrEnum):
    """`active`: the current period is paid; `payment_pending`: claimed, not paid yet; `ended`: refunded, terminated."""

    ACTIVE = "active"
    PAYMENT_PENDING = "payment_pending"
    EXPIRED = "expired"
    ENDED = "ended"


class Subscription(Base):
    """The Business Care of one purchase: where it stands, so that due work is found by an index.

    `anchor_on` is the original date, which opened period `anchor_index`; `current_index` is the last period, paid or
    pending, `last_day` its last day and `renewal_at` the instant after it. `notice_at` is the instant from which the
    notice of that renewal is to be sent (None: it was, or none is due).

    Two causes stop renewals (`domain.md` 10): the customer's, from `customer_stopped_at`, and the withdrawal's, from
    `withdrawn_from`; each may have been lifted. `cancelled_by` is the cascade that set the latter in its chunk, and
    `notified_by` the last one that notified the holder of a release.
    """

    __tablename__ = "mh_subscriptions"

    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(100))
    product_id: Mapped[str] = mapped_column(String(100))
    state: Mapped[SubscriptionState] = mapped_column(checked(SubscriptionState, "state"))
    anchor_on: Mapped[date] = mapped_column(Date)
    anchor_index: Mapped[int]
    current_index: Mapped[int]
    last_day: Mapped[date] = mapped_column(Date)
    renewal_at: Mapped[datetime] = mapped_column(Instant)
    notice_at: Mapped[datetime | None] = mapped_column(Instant)
    customer_stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    customer_lifted_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_from: Mapped[datetime | None] = mapped_column(Instant)
    withdrawal_lifted_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_by: Mapped[str | None] = mapped_column(String(40))
    notified_by: Mapped[str | None] = mapped_column("told_by", String(40))
    sequence: Mapped[int] = mapped_column(BigId, default=0, server_default="0")

    __table_args__ = (
        Index("ix_mh_subscriptions_product", "product_id", "purchase_id"),
        Index("ix_mh_subscriptions_customer", "customer_id", "purchase_id"),
        Index(
            "ix_mh_subscriptions_due",
            "renewal_at",
            postgresql_where=text("state = 'active'"),
            sqlite_where=text("state = 'active'"),
        ),
        Index(
            "ix_mh_subscriptions_notice",
            "notice_at",
            postgresql_where=text("notice_at IS NOT NULL AND state = 'active'"),
            sqlite_where=text("notice_at IS NOT NULL AND state = 'active'"),
        ),
    )


class PeriodKind(enum.StrEnum):
    """How a period came about."""

    PURCHASE = "purchase"
    RENEWAL = "renewal"
    REACTIVATION = "reactivation"


class Period(Base):
    """One period of Business Care. Its unique row is its claim: a period is charged once.

    `starts_at` is the renewal instant. `payment` stands as `settled_at` says since when (None: from the beginning).
    `claimed_at` is when we asked the platform to charge it (None: we did not). `reversal_asked_at`: it was charged
    although a cancellation had come in time.
    """

    __tablename__ = "mh_periods"

    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"), primary_key=True)
    index: Mapped[int] = mapped_column("period_index", primary_key=True, autoincrement=False)
    kind: Mapped[PeriodKind] = mapped_column(checked(PeriodKind, "kind"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    payment: Mapped[Payment] = mapped_column(checked(Payment, "payment"))
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    amount_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    charge_id: Mapped[str | None] = mapped_column(String(200))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    reversal_asked_at: Mapped[datetime | None] = mapped_column(Instant)


class RenewalChange(Base):
    """One change of the renewal by the customer: cancelled or enabled again, and when it was received."""

    __tablename__ = "mh_renewal_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"))
    enabled: Mapped[bool]
    actor: Mapped[str] = mapped_column(String(100))
    received_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("purchase_id", "received_at", "enabled"),)


class Notice(Base):
    """The proof of one renewal notice: for which period, when, within which days, and whether it was owed."""

    __tablename__ = "mh_notices"

    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"), primary_key=True)
    period_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    window_first_day: Mapped[date] = mapped_column(Date)
    window_last_day: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    owed: Mapped[bool]
    timeliness: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(64))


class RenewalRun(Base):
    """When a periodic job last ran, so that a long silence is noticed before thousands are charged at once."""

    __tablename__ = "mh_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(Instant)
    held_since: Mapped[datetime | None] = mapped_column(Instant)
