"""Refunds: to be made manually, due, requested from the platform, postponed for the fix; and excess refunds."""

from __future__ import annotations

from flask import Response

from ...domain.civil_days import day_of
from ...domain.support.state_machine import RefundState
from ...models.access import Role
from ...services.catalog.names import customer_names, product_titles
from ...services.support.work_queue import over_refunds, refunds_in
from ..i18n.language import lazy
from ..identity.authorization import audience
from ..labels.operations import REFUND_LISTS
from ..labels.sorts import LONGEST_DUE, NEWEST_FIRST
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import ListQuery, settled_choice
from ..pagination import decode_position, position_key
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

QUERY = ListQuery(
    filters=(settled_choice("state", lazy("State"), tuple(REFUND_LISTS.items()), RefundState.MANUAL),),
    sorts=LONGEST_DUE,
)

OVER_QUERY = ListQuery(sorts=NEWEST_FIRST)
LATEST = 5
"""So many of the refunds beyond the price paid are on the page of refunds; all are on their own."""
_OVER = "operator-over-refunds"


@blueprint.get("/operator/refunds")
@audience(Role.OPERATOR)
def refunds() -> Response:
    """The refunds in one state, the longest due first; by default those to be made by hand."""
    asked = QUERY.read()
    state = asked.member("state", RefundState) or RefundState.MANUAL
    kind = f"operator-refunds-{state}"
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        found = refunds_in(
            session,
            state,
            today=day_of(runtime.now(), runtime.settings.reference_zone),
            after=decode_position(kind, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(kind, found, lambda one: position_key(one.claim.due_at, one.claim.request_id))
        return page(
            "refunds",
            listed=listed,
            state=state,
            over=over_refunds(session, limit=LATEST),
            states=REFUND_LISTS,
            titles=product_titles(session, {one.request.product_id for one in listed.items}),
            customers=customer_names(session, {one.request.customer_id for one in listed.items}),
        )


@blueprint.get("/operator/over-refunds")
@audience(Role.OPERATOR)
def over_refunded() -> Response:
    """The purchases for which more was refunded than was paid, the last refund first."""
    OVER_QUERY.read()
    with current_runtime().database.read_session() as session:
        found = over_refunds(
            session, after=decode_position(_OVER, cursor()), is_backward=is_backward(), limit=PAGE_SIZE + 1
        )
        listed = list_page(_OVER, found, lambda one: position_key(one.given_back_at, one.purchase.id))
        return page("over_refunds", listed=listed)
