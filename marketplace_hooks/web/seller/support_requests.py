"""Support requests of a seller: the list by next deadline, and the page of one."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import OPEN, Handling, Kind
from ...models.access import Role
from ...models.support import SupportRequest
from ...services.catalog.names import customer_names, product_titles
from ...services.support.offers import awaits_purchase
from ...services.support.request_lists import RequestGroup
from ...services.support.requests import Viewer, clocks_of, request_detail, visible_request
from ..case_file.responses import add_file_pages
from ..case_file.sections import listing_section
from ..identity.authorization import audience
from ..labels.check_facts import check_facts
from ..labels.deadline_calendar import calendar_view
from ..labels.deadlines import deadline_view
from ..labels.exchanges import exchange_views
from ..list_pages import checked_id
from ..request_lists import ASSIGNED, listed_requests, request_query
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id

QUERY = request_query(RequestGroup.OPEN, ASSIGNED)


@blueprint.get("/seller/requests")
@audience(Role.SELLER)
def requests() -> Response:
    """The seller's requests, the next deadline first."""
    asked = QUERY.read()
    now = current_runtime().now()
    with current_runtime().database.read_session() as session:
        listed = listed_requests(session, Viewer(seller_id=seller_id()), asked)
        running = clocks_of(session, [one.id for one in listed.items])
        titles = product_titles(session, (one.product_id for one in listed.items))
        names = customer_names(session, (one.customer_id for one in listed.items))
    clocks = {
        id_: {name: deadline_view(clock, now) for name, clock in both.items() if clock is not None}
        for id_, both in running.items()
    }
    return page("requests", listed=listed, asked=asked, clocks=clocks, titles=titles, names=names)


@blueprint.get("/seller/requests/<request_id>")
@audience(Role.SELLER)
def request_page(request_id: str) -> Response:
    """One request: its Business Care, its clocks, what was checked, what was said, and what can be done."""
    return show_request(request_id)


add_file_pages(blueprint, Role.SELLER, "/seller/requests/<request_id>", request_page="request_page")


def show_request(request_id: str, *, name: str = "request", status: int = 200, **more: Any) -> Response:
    """A page about one request; `more` is the context that the template `name` needs besides."""
    runtime = current_runtime()
    now = runtime.now()
    viewer = Viewer(seller_id=seller_id())
    with runtime.database.read_session() as session:
        found = visible_request(session, checked_id(request_id), viewer)
        request = request_detail(session, found, viewer, now=now, settings=runtime.settings)
        context = _request_context(session, found)
        can = possible_moves(request, has_accepted=awaits_purchase(session, found))
    clocks = {name: deadline_view(clock, now) for name, clock in request["clocks"].items() if clock is not None}
    return page(
        name,
        status,
        detail=request,
        clocks=clocks,
        calendars={name: calendar_view(clock) for name, clock in request["clocks"].items() if clock is not None},
        checks=check_facts(request["checks"]),
        exchanges=exchange_views(request["exchanges"]),
        listing=None if found.presale else listing_section(request),
        can=can,
        kinds=list(Kind),
        **{"errors": {}, "refused": None, **context, **more},
    )


def possible_moves(request: dict[str, Any], *, has_accepted: bool) -> dict[str, bool]:
    """The moves that the seller can make now (`domain/support/state_machine.py`).

    `has_accepted`: the customer has accepted an offer that they have not bought yet.
    """
    handling = request["handling"]
    works = handling in (Handling.ACCEPTED, Handling.ACKNOWLEDGED) and not request["presale"]
    return {
        "answer": handling in OPEN,
        "refuse": works,
        "resolve": works,
        "offer": works and not has_accepted,
        "waive": handling in OPEN and not request["presale"],
        "kind": (works or handling is Handling.NEEDS_INFORMATION) and not request["presale"],
    }


def _request_context(session: Session, found: SupportRequest) -> dict[str, Any]:
    return {
        "title": product_titles(session, [found.product_id]).get(found.product_id, {}),
        "customer": customer_names(session, [found.customer_id]).get(found.customer_id),
        "proposed": [Ground(ground) for ground in found.grounds],
    }
