"""Sellers: the list, and the monthly figures of one."""

from __future__ import annotations

from flask import Response
from werkzeug.exceptions import NotFound

from ...domain.civil_days import add_months, day_of
from ...models.access import Role
from ...services.catalog.seller_list import find_seller, find_sellers
from ...services.support.closures import shown_closures
from ...services.support.sla_report import MonthReport, read_sla_report
from ..i18n.language import lazy, wording
from ..identity.authorization import audience
from ..labels.sorts import BY_ID
from ..list_pages import PAGE_SIZE, checked_id, cursor, is_backward, list_page
from ..list_query import Filter, ListQuery
from ..pagination import decode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-sellers"
QUERY = ListQuery(filters=(Filter(name="q", label=lazy("Search by name or ID"), type="search"),), sorts=BY_ID)
MONTHS = 12


@blueprint.get("/operator/sellers")
@audience(Role.OPERATOR)
def sellers() -> Response:
    """All sellers by id, or those whose name holds what is searched for."""
    asked = QUERY.read()
    after = decode(LIST, cursor())
    with current_runtime().database.read_session() as session:
        found = find_sellers(
            session, search=asked.get("q"), after=after, is_backward=is_backward(), limit=PAGE_SIZE + 1
        )
        return page("sellers", listed=list_page(LIST, found, lambda one: one.seller_id), asked=asked)


@blueprint.get("/operator/sellers/<seller_id>")
@audience(Role.OPERATOR)
def seller(seller_id: str) -> Response:
    """One seller's figures of the last months, and the announced closures."""
    now = current_runtime().now()
    zone = current_runtime().settings.reference_zone
    today = day_of(now, zone)
    with current_runtime().database.read_session() as session:
        found = find_seller(session, checked_id(seller_id))
        if found is None:
            raise NotFound
        first = add_months(today.replace(day=1), 1 - MONTHS)
        months = read_sla_report(session, seller_id, first, today, now=now, zone=zone)
        return page(
            "seller",
            seller=found,
            months=months,
            requests=[(_name(month), month.requests) for month in months],
            late=[(_name(month), month.acknowledged.late + month.fixed.late) for month in months],
            month_name=_name,
            closures=shown_closures(session, seller_id, now, current_runtime().settings),
        )


def _name(month: MonthReport) -> str:
    """The month as a reader writes it shortly: 11/2026."""
    return wording().month(month.first_day)
