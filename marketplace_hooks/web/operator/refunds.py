"""Which refunds are to be made by hand, which wait, and which has the platform been asked for?"""

from __future__ import annotations

from flask import Response

from ...domain.requests import RefundState
from ...services.parties import names_of, titles_of
from ...services.waiting import refunds_in
from ...store.access import Role
from ..showing import A_PAGE, asked_word, here, paged
from ..sign_in import audience
from . import blueprint
from .showing import key_of, page, place_after
from .words import REFUND_LISTS


@blueprint.get("/operator/refunds")
@audience(Role.OPERATOR)
def refunds() -> Response:
    """The refunds in one state, the longest due first; without a wish, those to be made by hand."""
    wanted = asked_word("state", RefundState)
    state = wanted if wanted in REFUND_LISTS else RefundState.MANUAL
    kind = f"operator-refunds-{state}"
    with here().database.reading() as session:
        found = refunds_in(session, state, after=place_after(kind), limit=A_PAGE + 1)
        listed = paged(kind, found, lambda one: key_of((one.claim.due_at, one.claim.request_id)))
        return page(
            "refunds",
            listed=listed,
            state=state,
            states=REFUND_LISTS,
            titles=titles_of(session, {one.request.product_id for one in listed.items}),
            customers=names_of(session, {one.request.customer_id for one in listed.items}),
        )
