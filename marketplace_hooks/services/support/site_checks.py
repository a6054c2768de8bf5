"""Site checks of accepted requests: inspections whose results are added to a request that is under way already.

A request that arrives as an event is accepted at once, since nobody can be asked anything, and its site is inspected by
what needs no key (`rules.md` 20). A companion may also report after a request was accepted. In both cases the site's
checks are judged anew, the entitlement never is, and both sides are told by `support_request.checked`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session

from ...domain.standard_reasons import StandardReason
from ...domain.support.eligibility import SITE_CHECKS
from ...domain.support.state_machine import OPEN, Handling, Move
from ...models.inspections import Inspection, InspectionState
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.support import RequestRefusal, SupportRequest
from ..core.runtime import Runtime
from ..core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from ..inspections.requests import request_public_inspection
from .eligibility import checks_as_json, may_inspect
from .requests import checks_of
from .submission import begin_support, judge_request, outcome_as_is
from .transitions import make_move, publish_request_event

BATCH = 50
CAUSE = Cause(actor="marketplace_hooks", reason=StandardReason.SITE_INSPECTED)


def inspect_site_of(uow: UnitOfWork, request: SupportRequest) -> None:
    """Inspect the site of a request that was accepted without a check, by what needs no key.

    Only the site that the purchase is bound to, or its test copy, and only where the request names it; another host is
    left alone.
    """
    if request.handling is not Handling.ACCEPTED or request.check_id is not None or request.shop_url is None:
        return
    purchase = uow.session.get(Purchase, request.purchase_id) if request.purchase_id is not None else None
    if purchase is None or not may_inspect(
        judge_request(uow, request, purchase).entitlement, purchase, request.shop_url, uow.settings
    ):
        return
    product = uow.session.get_one(Product, request.product_id)
    inspection = request_public_inspection(
        uow, request.shop_url, module=product.technical_name, purchase_id=purchase.id
    )
    request.check_id = inspection.id
    uow.session.flush()
    if inspection.state is InspectionState.DONE:
        _record(uow, request, inspection)


def has_pending_results(session: Session) -> bool:
    """Whether some inspection has found something that its requests do not say yet."""
    return session.scalar(select(Inspection.number).where(_is_pending()).limit(1)) is not None


def record_results(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Add what inspections have found to the requests that are judged by them; return how many inspections."""
    total = 0
    while not stop():
        done = run_in_transaction(runtime, _record_next)
        total += done
        if done < BATCH:
            break
    return total


def _record_next(uow: UnitOfWork) -> int:
    pending = select(Inspection.number, Inspection.id).where(_is_pending()).order_by(Inspection.number).limit(BATCH)
    found = {row.number: row.id for row in uow.session.execute(pending)}
    if not found:
        return 0
    # Requests before inspections, as everywhere: whoever changes a request and its check locks them in this order.
    requests = _requests_of(uow.session, list(found.values()))
    taken = (
        update(Inspection)
        .where(Inspection.number.in_(found), _is_pending())
        .values(results_pending=False)
        .returning(Inspection.id)
        .execution_options(synchronize_session=False)
    )
    mine = set(uow.session.scalars(taken))
    inspections = {one.id: one for one in uow.session.scalars(select(Inspection).where(Inspection.id.in_(mine)))}
    for request in requests:
        if request.check_id in inspections:
            _record(uow, request, inspections[request.check_id])
    return len(found)


def _is_pending() -> Any:
    return Inspection.results_pending == true()


def _requests_of(session: Session, check_ids: Sequence[str]) -> Sequence[SupportRequest]:
    """The open requests that are judged by these inspections, locked."""
    query = (
        select(SupportRequest)
        .where(SupportRequest.check_id.in_(check_ids), SupportRequest.handling.in_(OPEN))
        .order_by(SupportRequest.number)
    )
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def _record(uow: UnitOfWork, request: SupportRequest, inspection: Inspection) -> None:
    """Judge the site anew, and publish it where there is something new since the request was sent."""
    before = (request.checks, request.grounds, request.missing)
    _judge_site(uow, request)
    changed = before != (request.checks, request.grounds, request.missing)
    if not changed and not _has_ended_since(inspection, request.recorded_at):
        return
    if request.handling is Handling.NEEDS_INFORMATION and not request.missing:
        make_move(request, Move.ACCEPT)
        begin_support(uow, request, outcome_as_is(request), uow.now, CAUSE)
    elif request.handling is not Handling.NEEDS_INFORMATION:
        added = [one for one in request.grounds if one not in before[1]]
        checked = {
            "outcome": outcome_as_is(request),
            "grounds": request.grounds,
            "added_grounds": added,
            "check_id": inspection.id,
            "missing": request.missing,
        }
        publish_request_event(uow, request, "checked", checked, CAUSE)


def _has_ended_since(inspection: Inspection, at: datetime) -> bool:
    ends = (inspection.finished_at, inspection.reported_at)
    return any(end is not None and end >= at for end in ends)


def _judge_site(uow: UnitOfWork, request: SupportRequest) -> None:
    """Replace what only the site could say; the entitlement and the site's address were judged at submission."""
    purchase = uow.session.get_one(Purchase, request.purchase_id)
    judgement = judge_request(uow, request, purchase)
    request.listing_id = judgement.listing_id
    judged = checks_as_json(judgement.eligibility)
    stored = {one["name"]: one for one in checks_of(request) if one["name"] not in SITE_CHECKS}
    request.checks = [one if _is_of_the_site(one, stored) else stored[one["name"]] for one in judged]
    decided = {*request.waived, *_overturned(uow.session, request.id)}
    proposed = dict.fromkeys(one["ground"] for one in request.checks if one["ground"] is not None)
    request.grounds = [ground for ground in proposed if ground not in decided]
    still_unknown = judgement.eligibility.missing
    request.missing = [one for one in request.missing if one != "platform_version" or one in still_unknown]


def _is_of_the_site(judged: Mapping[str, Any], stored: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a check is judged by what the site has said: also the address, once a multistore has named its shops."""
    before = stored.get(judged["name"])
    return before is None or any("asked_shop" in one.get("evidence", {}) for one in (judged, before))


def _overturned(session: Session, request_id: str) -> set[str]:
    """The grounds that the marketplace has overturned in this request: they are not proposed again."""
    query = select(RequestRefusal.ground).where(
        RequestRefusal.request_id == request_id, RequestRefusal.overturned_at.is_not(None)
    )
    return set(session.scalars(query))
