"""Refunds that a seller owes: how much, and how far each has got."""

from __future__ import annotations

from datetime import datetime

from flask import Response, request

from ...domain.instants import parse_instant
from ...errors import Refused
from ...models.access import Role
from ...services.catalog.names import customer_names, product_titles
from ...services.support.owed_refunds import RefundFilter, SellerRefund, seller_refunds
from ..identity.authorization import audience
from ..list_pages import LONGEST_ID, PAGE_SIZE, list_page
from ..state import current_runtime
from .blueprint import blueprint
from .layout import cursor, page, seller_id

LIST = "own-refunds"


@blueprint.get("/seller/refunds")
@audience(Role.SELLER)
def refunds() -> Response:
    """The seller's refunds, the latest due first."""
    wanted = request.args.get("show", RefundFilter.OUTSTANDING.value)
    chosen = RefundFilter(wanted) if wanted in list(RefundFilter) else RefundFilter.OUTSTANDING
    with current_runtime().database.read_session() as session:
        found = seller_refunds(session, seller_id(), which=chosen, after=_after(), limit=PAGE_SIZE + 1)
        listed = list_page(LIST, found, _key)
        titles = product_titles(session, (one.product_id for one in listed.items))
        names = customer_names(session, (one.customer_id for one in listed.items))
    return page("refunds", listed=listed, chosen=chosen, filters=list(RefundFilter), titles=titles, names=names)


def _key(claim: SellerRefund) -> str:
    return f"{claim.due_at.isoformat()}|{claim.request_id}"


def _after() -> tuple[datetime, str] | None:
    key = cursor(LIST)
    if key is None:
        return None
    at, _, request_id = key.partition("|")
    instant = parse_instant(at)
    if instant is None or not 0 < len(request_id) <= LONGEST_ID:
        raise Refused("this cursor is none of this list's; begin without one", code="cursor_malformed")
    return instant, request_id
