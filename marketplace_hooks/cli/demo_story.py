"""Story of the demo: what sellers, customers and the marketplace have done beyond events, and a receiver's endpoint.

No event can refuse a request, contest a refusal or decide on it. These moves are made once for each instance, after the
events were applied; the demo can already be used meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import func, select

from ..config.settings import Settings
from ..demo import catalog, history
from ..demo.fake_shops.serve import RECEIVER
from ..domain.support.refusal_grounds import Ground
from ..domain.support.state_machine import Handling, Move, RefundState
from ..models.support import SupportRequest
from ..services.core.runtime import Runtime, make_runtime
from ..services.core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from ..services.outbox.endpoints import add_endpoint, change_endpoint, list_endpoints
from ..services.support.moves import close, contest, overturn, refuse, resolve
from ..services.support.refunds import approve_refund, claim_of
from ..services.support.transitions import make_move
from .demo_loader import anchor_of, beside

CONTESTED = "rq-7009"
"""Refused and contested: it waits for the marketplace's decision."""
OVERTURNED = "rq-7010"
"""Refused, contested, and overturned: the deadline goes on."""


@dataclass(frozen=True, kw_only=True)
class ContestedRefusal:
    """What seller and customer say about a refusal, and the file that the seller names."""

    text: str
    contest: str
    file: str
    line: int


REFUSALS: Mapping[str, ContestedRefusal] = {
    CONTESTED: ContestedRefusal(
        text="The carrier’s own module prints these labels; ours only passes it the address.",
        contest="The carrier says that the address arrives without the house number.",
        file="modules/carrierlabels/print.php",
        line=214,
    ),
    OVERTURNED: ContestedRefusal(
        text="The pictures are delivered by your content network’s module, which changes their addresses.",
        contest="We switched that module off for a day, and the squares stayed grey.",
        file="modules/mediacdn/rewrite.php",
        line=88,
    ),
}
TYPES = ("product.hidden", "product.shown", "support_request.refused", "support_request.contested")
RECEIVER_DESCRIPTION = "Demo stock system (fails now and then)"
REFUNDED = "rq-7004"
"""Its fix is overdue, and the platform no longer refunds its purchase: the refund waits to be made by hand."""
EXPLAINED = {"fr": "L’explication se trouve dans la réponse ci-dessus.", "en": "The reply above explains it."}
"""By language, how the questions of the last year were resolved."""
WAITS_S = 120.0

_SELLER = Cause(actor="seller", reason="")
_CUSTOMER = Cause(actor="customer", reason="")
_MARKETPLACE = Cause(actor="marketplace", reason="")


def subscribe_receiver(settings: Settings, url: str) -> None:
    """Subscribe the demo's receiver, which now and then fails and recovers; where it was before, nobody receives."""
    address = f"{beside(url, RECEIVER)}/hooks"
    runtime = make_runtime(settings)
    with runtime.database.read_session() as session:
        known = {one.id: one.url for one in list_endpoints(session) if one.description == RECEIVER_DESCRIPTION}
    if not known:
        add_endpoint(runtime, address, types=TYPES, description=RECEIVER_DESCRIPTION)
    for endpoint_id in (id_ for id_, known_url in known.items() if known_url != address):
        run_in_transaction(runtime, partial(_move_receiver, runtime, endpoint_id, address))
    runtime.database.dispose()


def _move_receiver(runtime: Runtime, endpoint_id: str, address: str, uow: UnitOfWork) -> None:
    change_endpoint(runtime, uow, endpoint_id, url=address)


def play_story(settings: Settings, stop: Callable[[], bool]) -> None:
    """Make the moves that no event brings, once the requests are there."""
    anchor = anchor_of(settings.instance, datetime.now(UTC))
    runtime = make_runtime(settings)
    try:
        expected = {*history.request_ids(anchor), CONTESTED, OVERTURNED}
        if not _wait_until(lambda: _count(runtime, expected) == len(expected), stop):
            return
        run_in_transaction(runtime, make_moves)
        run_in_transaction(runtime, lambda uow: settle_history(uow, expected))
        # It falls due when the deadlines are looked at, which is a job of the scheduler.
        if _wait_until(lambda: _is_refund_due(runtime), stop):
            run_in_transaction(runtime, request_refund_by_hand)
    finally:
        runtime.database.dispose()


def make_moves(uow: UnitOfWork) -> None:
    """Refuse two requests, have both contested, overturn one refusal, and request a refund; once each."""
    for request_id in (CONTESTED, OVERTURNED):
        request = uow.session.scalar(select(SupportRequest).where(SupportRequest.id == request_id))
        if request is None or request.refusal is not None or request.closed_at is not None:
            continue
        refusal = REFUSALS[request_id]
        ground = Ground.SITE_WORK_OR_THIRD_PARTY
        evidence = {"file": refusal.file, "line": refusal.line}
        refuse(
            uow, request_id, ground=ground, text=refusal.text, evidence=evidence, by=request.seller_id, cause=_SELLER
        )
        contest(uow, request_id, text=refusal.contest, cause=_CUSTOMER)
    if _handling(uow, OVERTURNED) is Handling.CONTESTED:
        reason = "The product has not converted these pictures: the content network has nothing to deliver."
        overturn(uow, OVERTURNED, reason=reason, cause=_MARKETPLACE)
    request_refund_by_hand(uow)


def request_refund_by_hand(uow: UnitOfWork) -> None:
    """Request the refund of the overdue fix, once it is due; nothing where it was requested."""
    claim = claim_of(uow.session, REFUNDED)
    if claim is not None and claim.state is RefundState.DUE:
        request = uow.session.scalars(select(SupportRequest).where(SupportRequest.id == REFUNDED)).one()
        reason = "Le client a suffisamment attendu la correction."
        approve_refund(uow, request, with_period=False, reason=reason, cause=_MARKETPLACE)


def settle_history(uow: UnitOfWork, request_ids: set[str]) -> None:
    """The questions of the last year were answered, resolved and closed."""
    locales = {one["customer_id"]: one["locale"] for one in catalog.read("customers")}
    open_ones = select(SupportRequest).where(
        SupportRequest.id.in_(request_ids - {CONTESTED, OVERTURNED}), SupportRequest.closed_at.is_(None)
    )
    for request in uow.session.scalars(open_ones.order_by(SupportRequest.number)).all():
        if request.handling is not Handling.RESOLVED:
            text = EXPLAINED["fr" if locales.get(request.customer_id) == "fr" else "en"]
            resolve(uow, request.id, how="explanation", release_id=None, text=text, cause=_SELLER)
        make_move(request, Move.CLOSE)
        close(uow, request, "resolved", _SELLER)


def _wait_until(is_true: Callable[[], bool], stop: Callable[[], bool]) -> bool:
    """Whether something has become true in time, and the end was not asked for."""
    until_s = time.monotonic() + WAITS_S
    while not is_true():
        if stop() or time.monotonic() > until_s:
            return False
        time.sleep(0.5)
    return True


def _is_refund_due(runtime: Runtime) -> bool:
    with runtime.database.read_session() as session:
        return claim_of(session, REFUNDED) is not None


def _count(runtime: Runtime, request_ids: set[str]) -> int:
    with runtime.database.read_session() as session:
        counted = select(func.count()).where(SupportRequest.id.in_(request_ids))
        return session.scalar(counted) or 0


def _handling(uow: UnitOfWork, request_id: str) -> Handling | None:
    return uow.session.scalar(select(SupportRequest.handling).where(SupportRequest.id == request_id))
