"""Refunds that a seller owes: how much, and how far each has got."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response

from ...domain.civil_days import day_of
from ...models.access import Role
from ...services.catalog.names import customer_names, product_titles
from ...services.support.owed_refunds import RefundFilter, seller_refunds
from ..i18n.language import LazyText, lazy
from ..identity.authorization import audience
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import ListQuery, settled_choice
from ..pagination import decode_position, position_key
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id

LIST = "own-refunds"
LABELS: Mapping[RefundFilter, LazyText] = {
    RefundFilter.OUTSTANDING: lazy("To be refunded"),
    RefundFilter.ALL: lazy("All"),
}
QUERY = ListQuery(
    filters=(settled_choice("state", lazy("State"), tuple(LABELS.items()), RefundFilter.OUTSTANDING),),
    sorts=NEWEST_FIRST,
)


@blueprint.get("/seller/refunds")
@audience(Role.SELLER)
def refunds() -> Response:
    """The seller's refunds, the latest due first."""
    asked = QUERY.read()
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        found = seller_refunds(
            session,
            seller_id(),
            today=day_of(runtime.now(), runtime.settings.reference_zone),
            which=asked.member("state", RefundFilter) or RefundFilter.OUTSTANDING,
            after=decode_position(LIST, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(LIST, found, lambda one: position_key(one.due_at, one.request_id))
        titles = product_titles(session, (one.product_id for one in listed.items))
        names = customer_names(session, (one.customer_id for one in listed.items))
    return page("refunds", listed=listed, asked=asked, labels=LABELS, titles=titles, names=names)
