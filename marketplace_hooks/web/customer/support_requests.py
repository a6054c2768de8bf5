"""Support requests of a customer: those that were sent, and the drafts that were not."""

from __future__ import annotations

from flask import render_template, request

from ...models.access import Role
from ...models.support import SupportRequest
from ...services.catalog.lists import Page
from ...services.catalog.names import product_titles
from ...services.support.drafts import unsent_drafts
from ...services.support.requests import list_requests, newest_requests
from ..actors import viewer_of
from ..identity.authorization import audience, signed_in
from ..pagination import decode_number, decode_numbered_position, encode, position_key
from ..state import current_runtime
from .blueprint import blueprint
from .purchases import customer_id

SHOWN = 25
NEWEST = "newest"


@blueprint.get("/support")
@audience(Role.CUSTOMER)
def requests() -> str:
    """Their requests: those with the next deadline first, or the newest."""
    runtime = current_runtime()
    viewer = viewer_of(signed_in())
    cursor = request.args.get("after") or None
    newest = request.args.get("order") == NEWEST
    with runtime.database.read_session() as session:
        if newest:
            before = decode_number("own-newest", cursor)
            found = newest_requests(session, viewer, before=before, limit=SHOWN + 1)
        else:
            found = list_requests(
                session, viewer, after=decode_numbered_position("own-requests", cursor), limit=SHOWN + 1
            )
        page = Page(items=found[:SHOWN], next_after=_cursor(found[SHOWN - 1], newest) if len(found) > SHOWN else None)
        drafts = unsent_drafts(session, customer_id()) if cursor is None else []
        products = [one.product_id for one in page.items] + [one.product_id for one in drafts]
        titles = product_titles(session, products)
        return render_template(
            "marketplace_hooks/customer/requests.html",
            page=page,
            drafts=drafts,
            titles=titles,
            newest=newest,
            now=runtime.now(),
        )


def _cursor(last: SupportRequest, newest: bool) -> str | None:
    if newest:
        return encode("own-newest", last.number)
    return encode("own-requests", position_key(last.next_deadline_at, last.number))
