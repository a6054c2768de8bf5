"""A customer's request: its Business Care, deadlines, checks, conversation, and the moves that are possible now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template
from sqlalchemy.orm import Session

from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import OPEN, ClockName, Handling, RefundState
from ...models.access import Role
from ...models.releases import Release
from ...services.business_care.purchase_summary import summarize_product
from ...services.business_care.subscription_view import SubscriptionView
from ...services.support.requests import request_detail, visible_request
from ..actors import viewer_of
from ..case_file.responses import add_file_pages
from ..case_file.sections import listing_section
from ..form_idempotency import once_token
from ..identity.authorization import audience, signed_in
from ..labels.check_summaries import check_summary
from ..labels.deadline_calendar import calendar_view
from ..labels.deadlines import deadline_summary
from ..labels.exchanges import exchange_views
from ..labels.label import labels_for
from ..labels.refusal_evidence import evidence_lines
from ..labels.refusal_grounds import GROUND_LABELS, GROUNDS
from ..labels.support import CLOSED_REASONS, GIVEN_BACK, HANDLINGS, KINDS, MISSING, REFUND_LINES, REFUNDS
from ..state import current_runtime
from .blueprint import blueprint
from .purchases import care_of


@blueprint.get("/support/<request_id>")
@audience(Role.CUSTOMER)
def conversation(request_id: str) -> Response:
    """One request, whole."""
    return show_request(request_id)


add_file_pages(blueprint, Role.CUSTOMER, "/support/<request_id>", request_page="conversation")


def show_request(
    request_id: str,
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    written: Mapping[str, Any] | None = None,
    refused: str | None = None,
) -> Response:
    """The page of a request.

    `errors` and `written` are of a form that was not accepted; `refused` says why a move was not possible.
    """
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        viewer = viewer_of(signed_in())
        seen = visible_request(session, request_id, viewer)
        request = request_detail(session, seen, viewer, now=runtime.now(), settings=runtime.settings)
        page = render_template(
            "marketplace_hooks/customer/conversation.html",
            detail=request,
            bought=summarize_product(session, seen.product_id),
            care=_care(session, request),
            clocks=[
                (deadline_summary(name, clock), calendar_view(clock))
                for name in ClockName
                if (clock := request["clocks"][name])
            ],
            checks=[check_summary(one) for one in request["checks"]],
            exchanges=exchange_views(request["exchanges"]),
            listing=None if seen.presale else listing_section(request),
            ground=_refusal_ground(request),
            evidence_lines=evidence_lines,
            moves=_possible_moves(request, runtime.now()),
            missing=[MISSING[name].for_role(Role.CUSTOMER) for name in request["missing"]],
            release=_named_release(session, request),
            labels=_labels(),
            errors=errors or {},
            written=written or {},
            refused=refused,
            once_token=once_token,
        )
    return make_response(page, status)


def _labels() -> dict[str, Any]:
    return {
        "kinds": KINDS,
        "handlings": HANDLINGS,
        "closed": labels_for(Role.CUSTOMER, CLOSED_REASONS),
        "refunds": REFUNDS,
        "refund_lines": REFUND_LINES,
        "given_back": GIVEN_BACK,
        "grounds": GROUNDS,
    }


def _possible_moves(request: Mapping[str, Any], now: datetime) -> set[str]:
    """The moves that the customer can make now."""
    handling = request["handling"]
    until = request["waits_until"]
    in_time = until is None or now < until
    offer = request["offer"]
    proposed = request["proposed_kind"]
    found = {
        "answer": handling in OPEN,
        "withdraw": handling in OPEN,
        "not-fixed": handling is Handling.RESOLVED and in_time,
        "contest": (handling is Handling.REFUSED and in_time) or bool(request["proposals"]),
        "offer": offer is not None
        and offer["answer"] is None
        and handling in (Handling.ACCEPTED, Handling.ACKNOWLEDGED),
        "prefer-fix": "fix_by_if_deferred" in request["refund"],
        "ask-refund": request["refund"]["state"] in (RefundState.DEFERRED, RefundState.WAIVED),
        "kind": proposed is not None and handling in OPEN,
        "information": handling is Handling.NEEDS_INFORMATION,
        "send-as-is": handling is Handling.NEEDS_INFORMATION,
    }
    return {name for name, possible in found.items() if possible}


def _care(session: Session, request: Mapping[str, Any]) -> SubscriptionView | None:
    """The Business Care of its purchase, where the price matters: it is over and may be reactivated."""
    head = request["business_care"]
    if head is None or head["active"] or request["purchase_id"] is None:
        return None
    return care_of(session, request["purchase_id"])


def _refusal_ground(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    refusal = request["refusal"]
    if refusal is None or "ground" not in refusal:
        return None
    ground = Ground(refusal["ground"])
    found = [check_summary(one).found for one in request["checks"] if one["ground"] == ground.value]
    label = GROUND_LABELS[ground]
    names = {"name": label.name, "contract": label.for_customer}
    return {
        **refusal,
        **names,
        "evidence": found,
        "evidence_said": evidence_lines(refusal.get("evidence"), request["checks"]),
    }


def _named_release(session: Session, request: Mapping[str, Any]) -> Release | None:
    """The release that an offer or a resolution names."""
    named_in = request["resolution"] or request["offer"] or {}
    release_id = named_in.get("release_id")
    return None if release_id is None else session.get(Release, release_id)
