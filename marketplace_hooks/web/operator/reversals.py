"""Reversals: the charges that the platform was asked to refund."""

from __future__ import annotations

from flask import Response

from ...models.access import Role
from ...services.business_care.charges import list_asked_back
from ...services.catalog.names import customer_names, product_titles
from ..identity.authorization import audience
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import ListQuery
from ..pagination import decode_position, position_key
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

_KIND = "operator-reversals"


QUERY = ListQuery(sorts=NEWEST_FIRST)


@blueprint.get("/operator/reversals")
@audience(Role.OPERATOR)
def reversals() -> Response:
    """The charges whose refund was requested, the last one first."""
    QUERY.read()
    with current_runtime().database.read_session() as session:
        found = list_asked_back(
            session, before=decode_position(_KIND, cursor()), is_backward=is_backward(), limit=PAGE_SIZE + 1
        )
        listed = list_page(_KIND, found, lambda one: position_key(one.charge.reversal_asked_at, one.charge.id))
        return page(
            "reversals",
            listed=listed,
            titles=product_titles(session, {one.product_id for one in listed.items}),
            customers=customer_names(session, {one.customer_id for one in listed.items}),
        )
