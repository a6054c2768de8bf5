"""Support requests of a customer: those that were sent, and the drafts that were not."""

from __future__ import annotations

from flask import render_template

from ...models.access import Role
from ...services.catalog.names import product_titles
from ...services.support.drafts import unsent_drafts
from ...services.support.request_lists import RequestGroup
from ..actors import viewer_of
from ..i18n.language import lazy
from ..identity.authorization import audience, signed_in
from ..labels.refusal_grounds import GROUNDS
from ..navigation import is_first_page
from ..request_lists import listed_requests, request_query
from ..state import current_runtime
from .blueprint import blueprint
from .purchases import customer_id

QUERY = request_query(RequestGroup.ALL, search=lazy("Subject, product or ID"))


@blueprint.get("/support")
@audience(Role.CUSTOMER)
def requests() -> str:
    """Their requests: those with the next deadline first, or the newest."""
    runtime = current_runtime()
    asked = QUERY.read()
    with runtime.database.read_session() as session:
        listed = listed_requests(session, viewer_of(signed_in()), asked)
        drafts = unsent_drafts(session, customer_id()) if is_first_page() else []
        products = [one.product_id for one in listed.items] + [one.product_id for one in drafts]
        titles = product_titles(session, products)
        return render_template(
            "marketplace_hooks/customer/requests.html",
            listed=listed,
            asked=asked,
            drafts=drafts,
            titles=titles,
            ground_names=GROUNDS,
            now=runtime.now(),
        )
