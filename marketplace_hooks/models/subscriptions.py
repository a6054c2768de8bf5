"""Tables of Business Care: subscriptions, their periods and charges, renewal preferences and notices."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
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

    Two causes stop renewals (`rules.md` 10): the customer's, from `customer_stopped_at`, and the withdrawal's, from
    `withdrawn_from`; each may have been lifted. `cancelled_by` is the cascade that set the latter in its chunk, and
    `notified_by` the last one that notified the holder of a release. `announced_cents` is the price of the coming
    renewal that was published last, by a notice or a change of price (None: by none yet).
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
    announced_cents: Mapped[int | None]
    announced_currency: Mapped[str | None] = mapped_column(String(3))
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
    `claimed_at` is when we asked the platform to charge it (None: we did not). `reversal_asked_at`: it was claimed or
    charged although it does not come into force.
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


class ReversalReason(enum.StrEnum):
    """Why the refund of a charge is requested.

    Its renewal was cancelled in time; its period was already paid; Business Care ended for good before it was paid;
    more was charged than the renewal costs; it was not the amount that was asked for; or it was for a reactivation of
    what could not be reactivated.
    """

    RENEWAL_STOPPED = "renewal_stopped"
    SECOND_CHARGE = "second_charge"
    BUSINESS_CARE_ENDED = "business_care_ended"
    ABOVE_PRICE = "above_price"
    WRONG_AMOUNT = "wrong_amount"
    NOT_REACTIVABLE = "not_reactivable"


class Charge(Base):
    """One charge that took money, as the platform reported it. Its unique id pays one period of one purchase, no more.

    `reversal_asked_at` is when we asked the platform to give it back (None: we did not), all of it or a part, which
    `reversal_cents` says. A failed charge is no row.
    """

    __tablename__ = "mh_charges"

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"))
    period_index: Mapped[int]
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    reversal_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    reversal_reason: Mapped[ReversalReason | None] = mapped_column(checked(ReversalReason, "reversal_reason"))
    reversal_cents: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("(reversal_asked_at IS NULL) = (reversal_reason IS NULL)", name="reversal"),
        Index("ix_mh_charges_purchase", "purchase_id", "period_index"),
        Index(
            "ix_mh_charges_reversals",
            "reversal_asked_at",
            "id",
            postgresql_where=text("reversal_asked_at IS NOT NULL"),
            sqlite_where=text("reversal_asked_at IS NOT NULL"),
        ),
    )


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


class NoticeColumns:
    """What is stored of one renewal notice: for which period, when, within which days, whether it was owed, its price.

    A notice that was sent before prices were stored here has none.
    """

    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"), primary_key=True)
    period_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    window_first_day: Mapped[date] = mapped_column(Date)
    window_last_day: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    owed: Mapped[bool]
    timeliness: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(64))
    amount_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))


class Notice(NoticeColumns, Base):
    """The proof of the first notice of a renewal. `period_index` is the period that ends."""

    __tablename__ = "mh_notices"


class RepeatedNotice(NoticeColumns, Base):
    """The proof of a later notice of the same renewal, whose price had risen; the second one has the number 2."""

    __tablename__ = "mh_repeated_notices"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class PriceReview(Base):
    """A product was described anew: the prices announced to its subscribers are to be looked at again.

    `after_purchase_id` is how far that has come, in the order of the purchases' ids.
    """

    __tablename__ = "mh_price_reviews"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    product_id: Mapped[str] = mapped_column(String(100))
    after_purchase_id: Mapped[str] = mapped_column(String(100), default="", server_default="")


class RenewalRun(Base):
    """When a periodic job last ran, so that a long silence is noticed before thousands are charged at once."""

    __tablename__ = "mh_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_at: Mapped[datetime] = mapped_column(Instant)
    held_since: Mapped[datetime | None] = mapped_column(Instant)
