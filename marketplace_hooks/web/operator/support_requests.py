"""Support requests: the overdue ones, the contested ones, and the page of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...domain.support.state_machine import ClockName, ClockState, Handling, RefundState
from ...models.access import Role
from ...models.products import Seller
from ...services.catalog.names import customer_names, product_titles, seller_names
from ...services.support.refunds import RESUMABLE
from ...services.support.request_lists import RequestGroup
from ...services.support.requests import Viewer, request_detail, visible_request
from ...services.support.work_queue import late_requests
from ..case_file.responses import add_file_pages
from ..case_file.sections import listing_section, proposals_section
from ..identity.authorization import audience
from ..labels.business_care import entitlement_label
from ..labels.check_facts import check_facts
from ..labels.deadline_calendar import calendar_view
from ..labels.deadlines import CLOCKS, POLICIES
from ..labels.exchanges import exchange_views
from ..labels.refusal_evidence import evidence_lines
from ..labels.refusal_grounds import GROUND_FINDINGS, GROUNDS
from ..labels.sorts import REQUEST_SORTS
from ..labels.support import KINDS, MISSING, REPLY_REASONS
from ..list_pages import PAGE_SIZE, checked_id, cursor, is_backward, list_page
from ..list_query import AskedList
from ..pagination import decode_position, malformed_cursor, position_key
from ..request_lists import ASSIGNED, SELLER, listed_requests, request_query, wanted_requests
from ..state import current_runtime
from .audit import read_trail
from .blueprint import blueprint
from .layout import page

LATE = "operator-late"
QUERY = request_query(RequestGroup.ALL, SELLER, ASSIGNED, sorts=REQUEST_SORTS[1:])
EXTENDABLE = ("running", "suspended")


@blueprint.get("/operator/requests")
@audience(Role.OPERATOR)
def requests() -> BaseResponse:
    """All requests, by the filters of the query; those that are overdue by their missed clocks."""
    asked = QUERY.read()
    return _late(asked) if asked.is_yes("overdue") else _listed(asked)


def _late(asked: AskedList) -> Response:
    with current_runtime().database.read_session() as session:
        found = late_requests(
            session,
            wanted_requests(asked),
            after=_late_position(),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(LATE, found, lambda one: position_key(*one.position))
        titles = product_titles(session, {one.request.product_id for one in listed.items})
        sellers = seller_names(session, {one.request.seller_id for one in listed.items})
        return page("late_requests", listed=listed, titles=titles, sellers=sellers, asked=asked, clock_names=CLOCKS)


def _late_position() -> tuple[datetime, str] | None:
    """The missed clock that the address begins after. Raises `Refused` (`cursor_malformed`)."""
    position = decode_position(LATE, cursor())
    if position is not None and position[1].rpartition(":")[2] not in list(ClockName):
        raise malformed_cursor()
    return position


def _listed(asked: AskedList) -> Response:
    with current_runtime().database.read_session() as session:
        listed = listed_requests(session, Viewer(), asked)
        titles = product_titles(session, {one.product_id for one in listed.items})
        sellers = seller_names(session, {one.seller_id for one in listed.items})
        return page("request_list", listed=listed, titles=titles, sellers=sellers, asked=asked, grounds=GROUNDS)


@blueprint.get("/operator/requests/<request_id>")
@audience(Role.OPERATOR)
def support_request(request_id: str) -> Response:
    """One request, whole, with what the marketplace can do about it."""
    return show_request(request_id)


add_file_pages(blueprint, Role.OPERATOR, "/operator/requests/<request_id>", request_page="support_request")


def show_request(
    request_id: str,
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    move: str | None = None,
    refused: str | None = None,
) -> Response:
    """The request's page. `errors` are of the form of one `move`, shown open; `refused` says why one was refused."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        found = visible_request(session, checked_id(request_id), Viewer())
        request = request_detail(session, found, Viewer(), now=runtime.now(), settings=runtime.settings)
        seller = session.get(Seller, found.seller_id)
        return page(
            "request",
            status,
            detail=request,
            title=product_titles(session, [found.product_id]).get(found.product_id, {}),
            customer=customer_names(session, [found.customer_id]).get(found.customer_id),
            seller=seller.name if seller else found.seller_id,
            checks=check_facts(request["checks"]),
            exchanges=exchange_views(request["exchanges"]),
            listing=None if found.presale else listing_section(request),
            proposals=proposals_section(request),
            evidence_lines=evidence_lines,
            can=_possible_moves(request),
            errors=errors or {},
            prefixed=_prefixed,
            calendars={name: calendar_view(clock) for name, clock in request["clocks"].items() if clock},
            move=move,
            names=_label_tables(),
            kinds=[(kind.value, str(label)) for kind, label in KINDS.items() if kind is not request["kind"]],
            entitlement_label=entitlement_label,
            refused=refused,
            trail=read_trail(session, "support_request", found.id),
            ClockName=ClockName,
        )


def _label_tables() -> dict[str, Any]:
    return {
        "clocks": CLOCKS,
        "policies": POLICIES,
        "kinds": KINDS,
        "grounds": GROUNDS,
        "findings": GROUND_FINDINGS,
        "reasons": REPLY_REASONS,
        "missing": MISSING,
    }


def _possible_moves(request: dict[str, Any]) -> dict[str, bool]:
    """The moves that the marketplace can make now; the others are not offered."""
    handling = request["handling"]
    clocks = request["clocks"]
    second = clocks["second_fix"]
    fix = second if second is not None and second["state"] is not ClockState.VOID else clocks["fix"]
    refund = request["refund"]["state"]
    answerable = (Handling.NEEDS_INFORMATION, Handling.ACCEPTED, Handling.ACKNOWLEDGED)
    due = fix["due_before"] if fix else None
    return {
        "judge": handling is Handling.CONTESTED,
        "extend": fix is not None and fix["state"] in EXTENDABLE and (due is None or current_runtime().now() < due),
        "approve": refund == RefundState.NONE
        and request["purchase_id"] is not None
        and handling is not Handling.SUBMITTED,
        "release": refund in (RefundState.DUE, *RESUMABLE) and not request["refund"]["payment_disputed"],
        "settle": refund == RefundState.MANUAL,
        "kind": handling in answerable and not request["presale"],
        "confirm": handling in answerable and request["proposed_kind"] is not None,
        "note": True,
    }


def _prefixed(errors: Mapping[str, str], move: str | None) -> dict[str, str]:
    """The errors by the ids of their boxes: several forms of the page have a box of one name."""
    return {name if name == "kind" else f"{name}-{move}": message for name, message in errors.items()}
