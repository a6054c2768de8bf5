"""Service levels of a seller: deadlines met and missed, refunds and refusals, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from ...domain.civil_days import add_months, day_of
from ...domain.support.state_machine import ClockName, RefundState
from ...models.access import Role
from ...services.support.refunds import PAYABLE
from ...services.support.sla_report import ClockOutcomes, MonthReport, read_sla_report
from ..i18n.language import wording
from ..identity.authorization import audience
from ..labels.deadlines import CLOCKS
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id

MONTHS = 12


@blueprint.get("/seller/figures")
@audience(Role.SELLER)
def figures() -> Response:
    """The last twelve months: what was taken charge of and fixed in time, refunds, refusals."""
    now = current_runtime().now()
    settings = current_runtime().settings
    zone = settings.reference_zone
    today = day_of(now, zone)
    first = add_months(today.replace(day=1), 1 - MONTHS)
    with current_runtime().database.read_session() as session:
        months = read_sla_report(session, seller_id(), first, today, now=now, zone=zone)
    names = [wording().month(month.first_day) for month in months]
    acknowledged = [month.acknowledged for month in months]
    fixed = [month.fixed for month in months]
    return page(
        "sla_report",
        months=list(zip(names, months, strict=True)),
        is_empty=not any(month.requests for month in months),
        requests=_series(names, [month.requests for month in months]),
        acknowledged=_in_time(acknowledged),
        fixed=_in_time(fixed),
        late=_series(names, [month.acknowledged.late + month.fixed.late for month in months]),
        days=[
            (CLOCKS[ClockName.ACKNOWLEDGEMENT], _medians(names, acknowledged), settings.acknowledgement_days),
            (CLOCKS[ClockName.FIX], _medians(names, fixed), settings.fix_days),
        ],
        refunded=_refunded(months),
        refusals=_refusals(months),
        refunds_of=_refunds_of,
    )


def _series(names: Sequence[str], values: Sequence[int]) -> list[tuple[str, int]]:
    return list(zip(names, values, strict=True))


def _medians(names: Sequence[str], outcomes: Sequence[ClockOutcomes]) -> list[tuple[str, float]]:
    """The median of each month in which something was done."""
    found = zip(names, (one.median_business_days for one in outcomes), strict=True)
    return [(name, days) for name, days in found if days is not None]


def _in_time(outcomes: Sequence[ClockOutcomes]) -> dict[str, int | None]:
    """All months together; `percent` is None while nothing is decided."""
    in_time = sum(one.in_time for one in outcomes)
    late = sum(one.late for one in outcomes)
    decided = in_time + late
    return {"in_time": in_time, "late": late, "percent": 100 * in_time // decided if decided else None}


def _refunded(months: Sequence[MonthReport]) -> dict[str, int]:
    """The amounts that were refunded or will be, by currency."""
    owed: dict[str, int] = {}
    for refund in (one for month in months for one in month.refunds):
        if refund.state in (*PAYABLE, RefundState.REFUNDED):
            amount = refund.amount
            owed[amount["currency"]] = owed.get(amount["currency"], 0) + amount["amount_cents"]
    return owed


def _refusals(months: Sequence[MonthReport]) -> list[dict[str, Any]]:
    """The refusals by their ground, the most frequent first."""
    found: dict[str, dict[str, Any]] = {}
    for refusal in (one for month in months for one in month.refusals):
        counted = found.setdefault(refusal.ground, {"ground": refusal.ground, "count": 0, "overturned": 0})
        counted["count"] += refusal.count
        counted["overturned"] += refusal.overturned
    return sorted(found.values(), key=lambda one: -one["count"])


def _refunds_of(month: MonthReport) -> int:
    return sum(refund.count for refund in month.refunds)
