"""Refunds that a seller owes: how much, and how far each has got."""

from __future__ import annotations

from flask import Response, request

from ...models.access import Role
from ...services.catalog.names import customer_names, product_titles
from ...services.support.owed_refunds import RefundFilter, seller_refunds
from ..identity.authorization import audience
from ..list_pages import PAGE_SIZE, cursor, list_page
from ..pagination import decode_position, position_key
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id

LIST = "own-refunds"


@blueprint.get("/seller/refunds")
@audience(Role.SELLER)
def refunds() -> Response:
    """The seller's refunds, the latest due first."""
    wanted = request.args.get("show", RefundFilter.OUTSTANDING.value)
    chosen = RefundFilter(wanted) if wanted in list(RefundFilter) else RefundFilter.OUTSTANDING
    with current_runtime().database.read_session() as session:
        found = seller_refunds(
            session, seller_id(), which=chosen, after=decode_position(LIST, cursor()), limit=PAGE_SIZE + 1
        )
        listed = list_page(LIST, found, lambda one: position_key(one.due_at, one.request_id))
        titles = product_titles(session, (one.product_id for one in listed.items))
        names = customer_names(session, (one.customer_id for one in listed.items))
    return page("refunds", listed=listed, chosen=chosen, filters=list(RefundFilter), titles=titles, names=names)
