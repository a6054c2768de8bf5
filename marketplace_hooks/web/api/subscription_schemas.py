"""Schemas of a Business Care: its periods, notices, charges and prices."""

from __future__ import annotations

from marshmallow import Schema, fields

from ...domain.business_care.entitlement import Code, Payment
from ...domain.business_care.renewals import NoticeTimeliness, StopCause
from ...domain.member_descriptions import (
    CHARGE_ID,
    CUSTOMER_ID,
    IDEMPOTENCY_KEY,
    PERIOD_INDEX,
    PRODUCT_ID,
    PURCHASE_ID,
    about,
)
from ...models.subscriptions import PeriodKind, ReversalReason, SubscriptionState
from ...remote.companion_format import TrueOrFalse
from .entitlements import BusinessCareSchema
from .fields import Day, EnumField, MoneySchema, ResponseSchema, Rfc3339Instant, nullable


class PeriodSchema(ResponseSchema):
    """One period. `amount` is what was requested or paid for it: null for the one that came with the product.

    `charged` is what was charged for it, by the charge `charge_id`: null if nothing was. A reversed charge is kept.
    """

    index = fields.Integer(required=True, metadata=about("The period's number; the first one is 0.", 1))
    kind = EnumField(PeriodKind, required=True, metadata=about("What opened the period."))
    first_day = Day(required=True, metadata=about("The first day, included."))
    last_day = Day(required=True, metadata=about("The last day, included."))
    payment = EnumField(Payment, required=True, metadata=about("Whether it is paid."))
    amount = fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata=about("What was requested or paid for it; null for the one that came with the product."),
    )
    charged = fields.Nested(
        MoneySchema, required=True, allow_none=True, metadata=about("What was charged for it; null: nothing yet.")
    )
    charge_id = nullable(fields.String, CHARGE_ID)
    claimed_at = nullable(Rfc3339Instant, about("When the charge was requested; null: it was not."))
    settled_at = nullable(Rfc3339Instant, about("When the charge was made; null: it was not."))
    reversal_asked_at = nullable(Rfc3339Instant, about("When its reversal was requested; null: it was not."))


class NoticeSchema(ResponseSchema):
    """Proof that a renewal was announced: when, at which price, in which period, and whether the law required it.

    `timeliness` says whether it was sent within these days, and `event_id` is the outgoing event that announced it.
    `period_index` is the period that ends.
    """

    period_index = fields.Integer(required=True, metadata=PERIOD_INDEX)
    sent_at = Rfc3339Instant(required=True, metadata=about("When the renewal was announced."))
    amount = fields.Nested(
        MoneySchema, required=True, attribute="price", metadata=about("The price that was announced.")
    )
    window_first_day = Day(required=True, metadata=about("The first day of the legal notice window."))
    window_last_day = Day(required=True, metadata=about("The last day of the legal notice window."))
    timeliness = fields.String(
        required=True,
        metadata={
            **about("Whether it was announced within these days."),
            "enum": [one.value for one in NoticeTimeliness],
        },
    )
    owed = fields.Boolean(required=True, metadata=about("Whether the law required it."))
    event_id = fields.String(required=True, metadata=about("The outgoing event that announced it.", "msg_1f0c"))


class ChargeRecordSchema(ResponseSchema):
    """One successful charge, and when and why its reversal was requested, and of how much (null: it was not)."""

    charge_id = fields.String(required=True, attribute="id", metadata=CHARGE_ID)
    period_index = fields.Integer(required=True, metadata=PERIOD_INDEX)
    amount = fields.Nested(MoneySchema, required=True, metadata=about("How much."))
    occurred_at = Rfc3339Instant(required=True, metadata=about("When the charge was made, or failed."))
    reversal_asked_at = nullable(Rfc3339Instant, about("When its reversal was requested; null: it was not."))
    reversal_reason = EnumField(
        ReversalReason, required=True, allow_none=True, metadata=about("Why it is to be reversed; null: it is not.")
    )
    reversal_amount = fields.Nested(
        MoneySchema,
        required=True,
        allow_none=True,
        metadata=about("How much of it is to be refunded, all or what exceeds the price; null: nothing."),
    )


class StopSchema(ResponseSchema):
    """One cause that stops renewals, in force from `since` until it is lifted (null: it still applies)."""

    cause = EnumField(StopCause, required=True, metadata=about("What stopped the renewals."))
    since = Rfc3339Instant(required=True, attribute="starts_at", metadata=about("Since when."))
    lifted_at = nullable(Rfc3339Instant, about("When it was lifted; null: it still applies."))


class NextRenewalSchema(ResponseSchema):
    """The next renewal. `amount` is its cost as currently known: the listing's price at that time, `listed_amount`, but
    never more than its last notice announced.
    """

    at = Rfc3339Instant(required=True, metadata=about("When it happens."))
    period_index = fields.Integer(required=True, metadata=PERIOD_INDEX)
    first_day = Day(required=True, metadata=about("The first day of the period that it opens."))
    last_day = Day(required=True, metadata=about("The last day of the period that it opens."))
    amount = fields.Nested(MoneySchema, required=True, metadata=about("What it costs, as known now."))
    listed_amount = fields.Nested(MoneySchema, required=True, metadata=about("The listing's price at that time."))


class PriceLineSchema(ResponseSchema):
    """One line of a price: the `period` itself, or the `supplement`, which is the lapsed-coverage fee."""

    what = fields.String(required=True, metadata=about("What it is for.", "period"))
    amount = fields.Nested(MoneySchema, required=True, metadata=about("How much."))


class ReactivationSchema(ResponseSchema):
    """What reactivation costs today."""

    period_index = fields.Integer(required=True, metadata=PERIOD_INDEX)
    amount = fields.Nested(MoneySchema, required=True, metadata=about("How much."))
    lines = fields.List(fields.Nested(PriceLineSchema), required=True, metadata=about("What makes up the amount."))


class ReactivationAnswerSchema(ReactivationSchema):
    """What the platform was asked to charge, once for each idempotency key."""

    purchase_id = fields.String(required=True, metadata=PURCHASE_ID)
    idempotency_key = fields.String(required=True, metadata=IDEMPOTENCY_KEY)


class SubscriptionSchema(ResponseSchema):
    """The Business Care of a purchase. `causes` lists what stopped its renewals; `next_renewal` null: there is none.

    `notices` lists all notices by period, `notice` is the last of them; `charges` lists all successful charges.
    """

    purchase_id = fields.String(required=True, metadata=PURCHASE_ID)
    customer_id = fields.String(required=True, metadata=CUSTOMER_ID)
    product_id = fields.String(required=True, metadata=PRODUCT_ID)
    state = EnumField(SubscriptionState, required=True, metadata=about("Whether it is active."))
    code = EnumField(Code, required=True, metadata=about("The entitlement, on the merchant site it is bound to."))
    business_care = fields.Nested(BusinessCareSchema, required=True, metadata=about("The Business Care itself."))
    renews = fields.Boolean(required=True, metadata=about("Whether it will renew."))
    causes = fields.List(
        fields.Nested(StopSchema), required=True, metadata=about("Everything that ever stopped its renewals.")
    )
    next_renewal = fields.Nested(
        NextRenewalSchema, required=True, allow_none=True, metadata=about("The renewal to come; null: there is none.")
    )
    notice = fields.Nested(
        NoticeSchema,
        required=True,
        allow_none=True,
        metadata=about("The notice of the renewal to come; null: there is none."),
    )
    notices = fields.List(
        fields.Nested(NoticeSchema), required=True, metadata=about("Every notice, in the order of the periods.")
    )
    charges = fields.List(fields.Nested(ChargeRecordSchema), required=True, metadata=about("Every successful charge."))
    reactivation = fields.Nested(
        ReactivationSchema,
        required=True,
        allow_none=True,
        metadata=about("What reactivation costs today; null: it cannot be reactivated."),
    )
    periods = fields.List(fields.Nested(PeriodSchema), required=True, metadata=about("Every period, oldest first."))


class RenewalRequestSchema(Schema):
    """Whether it is to renew tacitly."""

    enabled = TrueOrFalse(required=True, metadata=about("Whether it should renew."))
