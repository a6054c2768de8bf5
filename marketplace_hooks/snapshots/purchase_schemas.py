"""Line of a purchase: what was bought, its periods of Business Care, and everything that was said about it since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ..domain.business_care.entitlement import Payment
from ..events.fields import EventDataSchema, EventMoneySchema, Moment
from ..events.purchases import (
    DisputedSchema,
    PurchaseCompletedSchema,
    RefundedSchema,
    ShopBoundSchema,
    TerminatedSchema,
)
from ..events.releases import ReleasePurchasedSchema
from ..models.subscriptions import PeriodKind
from .periods import PeriodFault, lay_out_periods

_without_id = ("purchase_id",)
_some = validate.Length(max=1_000)


class PeriodLineSchema(EventDataSchema):
    """One period of Business Care. The days follow from the purchase; given, they must be those that follow.

    What paid for it is required of a paid renewal or reactivation, so that an event about the same charge is known.
    """

    period_index = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1_000))
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in PeriodKind]))
    first_day = fields.Date(load_default=None, allow_none=True)
    last_day = fields.Date(load_default=None, allow_none=True)
    payment = fields.String(load_default=Payment.PAID.value, validate=validate.OneOf([one.value for one in Payment]))
    charge_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    amount = fields.Nested(EventMoneySchema, load_default=None, allow_none=True)
    occurred_at = Moment(load_default=None, allow_none=True)

    @validates_schema
    def _is_complete(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["kind"] == PeriodKind.PURCHASE or data["payment"] != Payment.PAID:
            return
        absent = [name for name in ("charge_id", "amount", "occurred_at") if data.get(name) is None]
        if absent:
            raise ValidationError({name: ["Required of a paid renewal or reactivation."] for name in absent})


class RenewalChangeLineSchema(EventDataSchema):
    """The customer cancelled the tacit renewal (`enabled` false), or enabled it again."""

    enabled = fields.Boolean(required=True, truthy={True}, falsy={False})
    actor = fields.String(load_default="customer", validate=validate.Length(1, 100))
    received_at = Moment(required=True)


class NoticeLineSchema(EventDataSchema):
    """A renewal notice that was sent for the end of a period; its price binds."""

    period_index = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1_000))
    sent_at = Moment(required=True)
    amount = fields.Nested(EventMoneySchema, load_default=None, allow_none=True)


class DisputeLineSchema(DisputedSchema):
    """`purchase.disputed`, and how it was closed."""

    outcome = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["won", "lost"]))
    closed_at = Moment(load_default=None, allow_none=True)

    @validates_schema
    def _is_closed_or_not(self, data: dict[str, Any], **kwargs: Any) -> None:
        if (data["outcome"] is None) != (data["closed_at"] is None):
            raise ValidationError("Given together with closed_at, or neither.", "outcome")
        if data["closed_at"] is not None and data["closed_at"] < data["disputed_at"]:
            raise ValidationError("Lies before the dispute began.", "closed_at")


class PurchaseLineSchema(PurchaseCompletedSchema):
    """`purchase.completed`, with what has become of it. `price_paid` is of a pack the product's share."""

    periods = fields.List(fields.Nested(PeriodLineSchema), load_default=list, validate=_some)
    renewal_changes = fields.List(fields.Nested(RenewalChangeLineSchema), load_default=list, validate=_some)
    notices = fields.List(fields.Nested(NoticeLineSchema), load_default=list, validate=_some)
    shop_bindings = fields.List(fields.Nested(ShopBoundSchema(exclude=_without_id)), load_default=list, validate=_some)
    refunds = fields.List(fields.Nested(RefundedSchema(exclude=_without_id)), load_default=list, validate=_some)
    disputes = fields.List(fields.Nested(DisputeLineSchema(exclude=_without_id)), load_default=list, validate=_some)
    releases = fields.List(
        fields.Nested(ReleasePurchasedSchema(exclude=_without_id)), load_default=list, validate=_some
    )
    terminated = fields.Nested(TerminatedSchema(exclude=_without_id), load_default=None, allow_none=True)


def purchase_faults(data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What contradicts itself in a valid line: a second currency, the same thing twice."""
    currency = data["price_paid"]["currency"]
    for name in ("periods", "notices", "refunds", "disputes"):
        for number, item in enumerate(data[name]):
            if item["amount"] is not None and item["amount"]["currency"] != currency:
                message = f"is another currency than {currency}, which the line has elsewhere"
                yield {"path": f"data.{name}.{number}.amount.currency", "message": message}
    for name, keys in _UNIQUE.items():
        found: set[tuple[Any, ...]] = set()
        for number, item in enumerate(data[name]):
            key = tuple(item[one] for one in keys)
            if key in found:
                yield {"path": f"data.{name}.{number}.{keys[0]}", "message": "is in the line twice"}
            found.add(key)


_UNIQUE: Mapping[str, tuple[str, ...]] = {
    "renewal_changes": ("received_at", "enabled"),
    "notices": ("period_index", "sent_at"),
    "shop_bindings": ("bound_at",),
    "disputes": ("disputed_at",),
    "releases": ("release_id",),
}


def period_faults(data: Mapping[str, Any], zone: tzinfo) -> Iterator[dict[str, str]]:
    """What is wrong with the periods of a line: a gap, an overlap, days that the contract does not give."""
    count = 1
    if data["periods"]:
        try:
            count = len(lay_out_periods(data, zone))
        except PeriodFault as fault:
            yield {"path": f"data.periods.{fault.number}.{fault.field}", "message": str(fault)}
            return
    for number, notice in enumerate(data["notices"]):
        if notice["period_index"] > count:
            yield {"path": f"data.notices.{number}.period_index", "message": "the purchase has no such period"}
