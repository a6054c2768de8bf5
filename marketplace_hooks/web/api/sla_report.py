"""SLA report of a seller: what was acknowledged and fixed in time, by month."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates_schema

from ...domain.civil_days import add_months, day_of
from ...domain.member_descriptions import SELLER_ID, about
from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import RefundState
from ...errors import NotFound
from ...models.access import Role
from ...models.products import Seller
from ...services.support.sla_report import MAX_MONTHS, read_sla_report
from ..identity.authorization import signed_in
from ..state import current_runtime
from .fields import EnumField, MoneySchema, QuerySchema, ResponseSchema, nullable
from .operations import operation
from .responses import json_response

ROLES = (Role.SELLER, Role.OPERATOR, Role.PLATFORM)
DEFAULT_MONTHS = 12
_MONTH = re.compile(r"(19|[2-8][0-9])[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)


class Month(fields.Field[Any]):
    """`YYYY-MM`: a month of the reference zone, held by its first day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not _MONTH.fullmatch(value):
            raise ValidationError("Must be a month, such as 2026-03.")
        return date.fromisoformat(f"{value}-01")

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return f"{value:%Y-%m}" if isinstance(value, date) else None


class FiguresQuerySchema(QuerySchema):
    """The first and the last month, both included; by default, the last twelve months, including this one."""

    first = Month(data_key="from", metadata=about("The first month, `YYYY-MM`."))
    last = Month(data_key="to", metadata=about(f"The last month; at most {MAX_MONTHS} in all."))

    @validates_schema
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        if "first" in data and "last" in data and not 0 <= _months_between(data["first"], data["last"]) < MAX_MONTHS:
            raise ValidationError(f"Must be `from` or one of the {MAX_MONTHS - 1} months after it.", "to")


class KeptSchema(ResponseSchema):
    """How the deadlines of one type ended. The median is of those answered, on time or late; null if there are none."""

    in_time = fields.Integer(required=True, metadata=about("How many were answered in time.", 41))
    late = fields.Integer(required=True, metadata=about("How many were answered late, or not at all.", 2))
    open = fields.Integer(required=True, metadata=about("Not decided yet, including suspended and frozen ones.", 3))
    void = fields.Integer(required=True, metadata=about("Withdrawn, or closed without an answer owed.", 1))
    median_business_days = nullable(
        fields.Float, about("Within how many business days half of them were answered; null: none was.", 0.8)
    )


class RefundsCountedSchema(ResponseSchema):
    """The refunds of one state in one currency."""

    state = EnumField(RefundState, required=True, metadata=about("What has become of these refunds."))
    count = fields.Integer(required=True, metadata=about("How many there are.", 2))
    amount = fields.Nested(MoneySchema, required=True, metadata=about("Their total amount."))


class RefusalsCountedSchema(ResponseSchema):
    """The refusals for one reason, and how many of them were overturned."""

    ground = EnumField(Ground, required=True, metadata=about("The reason for refusal."))
    count = fields.Integer(required=True, metadata=about("How many refusals there are for it.", 3))
    overturned = fields.Integer(required=True, metadata=about("How many of them were overturned.", 1))


class MonthFiguresSchema(ResponseSchema):
    """The requests whose deadlines started in this month, and their outcome since."""

    month = Month(required=True, attribute="first_day", metadata=about("`YYYY-MM`, in the reference zone.", "2026-11"))
    requests = fields.Integer(required=True, metadata=about("How many requests there were.", 47))
    acknowledged = fields.Nested(KeptSchema, required=True, metadata=about("How the first responses went."))
    fixed = fields.Nested(KeptSchema, required=True, metadata=about("How the fixes went, for anomalies only."))
    refunds = fields.List(
        fields.Nested(RefundsCountedSchema), required=True, metadata=about("The refunds, by state and currency.")
    )
    refusals = fields.List(
        fields.Nested(RefusalsCountedSchema), required=True, metadata=about("The refusals, by reason.")
    )


class FiguresSchema(ResponseSchema):
    """A seller's figures, the oldest month first; a month without requests is listed with zeros."""

    seller_id = fields.String(required=True, metadata=SELLER_ID)
    months = fields.List(fields.Nested(MonthFiguresSchema), required=True, metadata=about("The months, oldest first."))


_REPORT = FiguresSchema()


@operation(
    "GET",
    "/sellers/<seller_id>/figures",
    tag="Sellers",
    roles=ROLES,
    query=FiguresQuerySchema,
    response=FiguresSchema,
    refusals=(404, 422),
)
def show_figures(query: dict[str, Any], seller_id: str) -> Response:
    """On-time first responses and fixes, median times, refunds and refusals, by month of the requests.

    Without a range, the last twelve months. A month's figures can still change: they count the outcome of the requests
    whose deadlines started in it.
    """
    identity = signed_in()
    runtime = current_runtime()
    now = runtime.now()
    zone = runtime.settings.reference_zone
    first, last = _months(query, day_of(now, zone))
    with runtime.database.read_session() as session:
        stranger = identity.role is Role.SELLER and identity.subject != seller_id
        if stranger or session.get(Seller, seller_id) is None:
            raise NotFound(f"no seller {seller_id}")
        months = read_sla_report(session, seller_id, first, last, now=now, zone=zone)
    return json_response(_REPORT, {"seller_id": seller_id, "months": months})


def _months(query: dict[str, Any], today: date) -> tuple[date, date]:
    """The first and the last month; one alone is the end of a year."""
    first = query.get("first")
    last = query.get("last")
    if first is None:
        last = last or today.replace(day=1)
        return add_months(last, 1 - DEFAULT_MONTHS), last
    return first, last or add_months(first, DEFAULT_MONTHS - 1)


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
