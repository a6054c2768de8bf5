"""Support requests as each side sees them: one in full, and the clocks of several. Lists are in `request_lists.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.civil_days import day_of
from ...domain.support.refusal_grounds import Ground, ground_finding
from ...domain.support.state_machine import ClockName
from ...errors import NotFound
from ...models.products import Listing
from ...models.proposals import ProposedAct
from ...models.purchases import Purchase
from ...models.support import Clock, RefundClaim, SupportRequest
from ..business_care.status_banner import read_status_banner
from ..inspections.exchanges import exchanges_of
from .assignment import assignee_of
from .closures import ShownClosure, shown_closures
from .messages import message_view, messages_of
from .refund_deferral import may_defer
from .refund_ledger import refund_view
from .refusals import refusals_of
from .sla_clocks import second_fix_if_chosen
from .waiting_proposals import waiting_proposals


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """For whom requests are read: a seller or a customer see their own, the marketplace (both None) sees all."""

    seller_id: str | None = None
    customer_id: str | None = None

    @property
    def is_marketplace(self) -> bool:
        """Whether everything is seen."""
        return self.seller_id is None and self.customer_id is None

    @property
    def side(self) -> str:
        """The side that reads: `seller`, `customer` or `marketplace`."""
        if self.is_marketplace:
            return "marketplace"
        return "customer" if self.seller_id is None else "seller"


def visible_request(session: Session, request_id: str, viewer: Viewer) -> SupportRequest:
    """The request, if the viewer may see it. Raises `NotFound`; others' are not found, as unknown ones."""
    query = select(SupportRequest).where(SupportRequest.id == request_id)
    request = session.scalar(query)
    is_visible = request is not None and (
        viewer.is_marketplace
        or request.seller_id == viewer.seller_id
        or (viewer.customer_id is not None and request.customer_id == viewer.customer_id)
    )
    if request is None or not is_visible:
        raise NotFound(f"no request {request_id}")
    return request


def request_detail(
    session: Session,
    request: SupportRequest,
    viewer: Viewer,
    *,
    now: datetime,
    settings: Settings,
) -> dict[str, Any]:
    """Everything about one request that its page and the API show to this viewer."""
    clocks = {clock.name: clock for clock in session.scalars(select(Clock).where(Clock.request_id == request.id))}
    refusals = [] if request.refusal is None else refusals_of(session, request)
    return {
        **summary(request, viewer),
        "body": request.body,
        "shop_url": request.shop_url,
        "check_id": request.check_id,
        "business_care": business_care(session, request, now=now, settings=settings),
        "entitlement": request.entitlement,
        "checks": checks_of(request),
        "exchanges": exchanges_of(session, request.check_id),
        "grounds": request.grounds,
        "ground_findings": {one.value: ground_finding(one, checks_of(request)).value for one in Ground},
        "waived": request.waived,
        "overturned": sorted({one["ground"] for one in refusals if one["overturned"] is not None}),
        "listing": _listing_at_purchase(session, request),
        "missing": request.missing,
        "waits_until": request.waits_until,
        "clocks": {name.value: clock_view(clocks.get(name)) for name in ClockName},
        "messages": [
            message_view(one) for one in messages_of(session, request.id, internal=viewer.customer_id is None)
        ],
        "refusal": request.refusal,
        "refusals": refusals,
        "resolution": request.resolution,
        "offer": request.offer,
        "proposals": _proposals(session, request, viewer),
        "refund": _refund(session, request, session.get(RefundClaim, request.id), now, settings),
        "closures": [_closure(one) for one in shown_closures(session, request.seller_id, now, settings)],
    }


def checks_of(request: SupportRequest) -> list[dict[str, Any]]:
    """The checks that the request was judged by; 0.1.0 erased their names with a customer's data."""
    return [one for one in request.checks if "name" in one and "result" in one]


def _closure(closure: ShownClosure) -> dict[str, Any]:
    return {name: getattr(closure, name) for name in ("closure_id", "first_day", "last_day", "suspends_until")}


def _listing_at_purchase(session: Session, request: SupportRequest) -> dict[str, Any] | None:
    """What the product's page announced on the purchase date, by which grounds are judged; None when nothing was."""
    listing = None if request.listing_id is None else session.get(Listing, request.listing_id)
    purchase = None if request.purchase_id is None else session.get(Purchase, request.purchase_id)
    if listing is None or purchase is None:
        return None
    return {
        "announced_at": purchase.purchased_at,
        "version": listing.version,
        "published_at": listing.published_at,
        "features": listing.features,
        "compatible_from": listing.compatible_from,
        "compatible_to": listing.compatible_to,
        "incompatible_modules": listing.incompatible_modules,
        "conflicting_overrides": listing.conflicting_overrides or [],
    }


def summary(request: SupportRequest, viewer: Viewer) -> dict[str, Any]:
    """One line of a list."""
    return {
        "request_id": request.id,
        "purchase_id": request.purchase_id,
        "customer_id": request.customer_id,
        "product_id": request.product_id,
        "seller_id": request.seller_id,
        "presale": request.presale,
        "kind": request.kind,
        "proposed_kind": request.proposed_kind,
        "subject": request.subject,
        "handling": request.handling,
        "duplicate_of": request.duplicate_of,
        "submitted_at": request.submitted_at,
        "assignee": assignee_of(request, side=viewer.side),
        "next_deadline_at": request.next_deadline_at,
        "closed_at": request.closed_at,
        "closed_reason": request.closed_reason,
    }


def business_care(
    session: Session, request: SupportRequest, *, now: datetime, settings: Settings
) -> Mapping[str, Any] | None:
    """Whether Business Care is active and its last day, as of now; None for a question before any purchase."""
    if request.purchase_id is None:
        return None
    return read_status_banner(
        session,
        request.purchase_id,
        now=now,
        zone=settings.reference_zone,
        site=request.shop_url,
        test_prefixes=settings.test_prefixes,
    )


def clocks_of(session: Session, request_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The clocks of these requests that were ever started, by their names, as they are shown."""
    found: dict[str, dict[str, Any]] = {id_: {} for id_ in request_ids}
    for clock in session.scalars(select(Clock).where(Clock.request_id.in_(request_ids))):
        found[clock.request_id][clock.name.value] = clock_view(clock)
    return found


def clock_view(clock: Clock | None) -> dict[str, Any] | None:
    """A clock as the API and the pages show it."""
    if clock is None:
        return None
    return {
        "state": clock.state,
        "started_at": clock.started_at,
        "last_day": clock.last_day,
        "due_before": clock.due_before,
        "stopped_at": clock.stopped_at,
        "missed_at": clock.missed_at,
        "remaining_days": clock.remaining_days,
        "policy": clock.policy,
        "trace": clock.trace,
    }


def _proposals(session: Session, request: SupportRequest, viewer: Viewer) -> list[dict[str, Any]]:
    """What waits for a person of the seller's side; a customer sees the refusals, which they may contest at once."""
    return [
        {"proposal_id": one.id, "act": one.act, "received_at": one.received_at, "author": one.author, **one.details}
        for one in waiting_proposals(session, request.id)
        if viewer.customer_id is None or one.act is ProposedAct.REFUSAL
    ]


def _refund(
    session: Session, request: SupportRequest, claim: RefundClaim | None, now: datetime, settings: Settings
) -> Mapping[str, Any]:
    view = refund_view(session, claim, day_of(now, settings.reference_zone))
    if not may_defer(request, claim):
        return view
    return {**view, "fix_by_if_deferred": second_fix_if_chosen(session, request, now, settings)}
