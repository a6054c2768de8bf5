"""Search box of the operator's pages: an id of anything leads to its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...models.access import Role
from ...services.operations.id_search import FoundId, find_ids
from ..identity.authorization import audience
from ..list_pages import query_text
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page


def _events_about(kind: str, id_: str | None) -> str:
    return url_for("mh_operator.events", kind=kind, id=id_)


PAGES: Mapping[str, Callable[[FoundId], str]] = {
    "event": lambda found: url_for("mh_operator.event", event_id=found.id, source=found.of),
    "outgoing": lambda found: url_for("mh_operator.deliveries", kind="event", id=found.id),
    "delivery": lambda found: url_for("mh_operator.delivery", delivery_id=found.id),
    "endpoint": lambda found: url_for("mh_operator.endpoint", endpoint_id=found.id),
    "cascade": lambda found: url_for("mh_operator.cascade", cascade_id=found.id),
    "product": lambda found: url_for("mh_operator.product", product_id=found.id),
    "pack": lambda found: url_for("mh_storefront.pack", pack_id=found.id),
    "seller": lambda found: url_for("mh_operator.seller", seller_id=found.id),
    "customer": lambda found: _events_about("customer", found.id),
    "purchase": lambda found: _events_about("purchase", found.id),
    "charge": lambda found: _events_about("purchase", found.of),
    "release": lambda found: url_for("mh_operator.product", product_id=found.of),
    "closure": lambda found: url_for("mh_operator.seller", seller_id=found.of),
    "request": lambda found: url_for("mh_operator.support_request", request_id=found.id),
}
"""Where each kind of thing is shown."""


@blueprint.get("/operator/search")
@audience(Role.OPERATOR)
def search() -> BaseResponse:
    """The page of what has this id; where several things have it, all of them to choose from."""
    wanted = query_text("q")
    found: list[FoundId] = []
    if wanted is not None:
        with current_runtime().database.read_session() as session:
            found = find_ids(session, wanted)
    if len(found) == 1:
        return redirect(PAGES[found[0].kind](found[0]), 303)
    return page("search", searched_id=wanted, found=[(one, PAGES[one.kind](one)) for one in found])
