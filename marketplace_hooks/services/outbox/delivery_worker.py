"""Delivery worker: attempts deliveries until they arrive, at least once each.

Each endpoint has its own lanes and its own token bucket, so that a slow one delays no other. An attempt is claimed by a
lease, made with no transaction open, and recorded only by the worker that still holds the lease. A worker killed
between the answer and its record delivers again, under the same `webhook-id`: at least once, as the norm has it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.outbox.retry_policy import BUSY_PAUSE_S, next_attempt_at, rest_of_endpoint_s
from ...errors import EncryptionKeyLost, NotFound
from ...models.outbox import Delivery, DeliveryState, Endpoint, OutgoingEvent
from ...telemetry.log_context import bound, get_logger, with_this_context
from ...telemetry.tracing import span
from ..core.counters import CounterName
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction
from .dispatcher import count_under_way, dispatch, is_due, is_served, lease_s, render
from .endpoints import disable_endpoint, locked_endpoint, publish_about
from .sending import AttemptResult, Recipient, send_signed

log = get_logger(__name__)

LANES = 32
"""Attempts under way at once in one worker, over all endpoints."""
POLL_S = 0.1
WARNED_AFTER = timedelta(hours=24)
DISABLED_AFTER = timedelta(hours=120)
KEY_LOOK_AGAIN = timedelta(minutes=1)
"""When deliveries are tried again whose secret no key opens."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One delivery, claimed: what to send, and to whom."""

    delivery_id: int
    endpoint_id: str
    recipient: Recipient
    attempts: int
    event_id: str
    cause_event_id: str | None
    origin: str
    body: bytes

    @classmethod
    def of(cls, delivery: Delivery, event: OutgoingEvent, recipient: Recipient) -> Attempt:
        """The next attempt of a delivery. What it goes back to: a received event, else a cascade, else itself."""
        cause_event_id = event.cause.get("event_id")
        return cls(
            delivery_id=delivery.id,
            endpoint_id=delivery.endpoint_id,
            recipient=recipient,
            attempts=delivery.attempts,
            event_id=event.event_id,
            cause_event_id=cause_event_id,
            origin=cause_event_id or event.cascade_id or event.event_id,
            body=render(event),
        )


def deliver_due(runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Dispatch and deliver until nothing is due; return how many attempts were made.

    While a slow endpoint keeps its lanes busy, the others go on being served. Once `stop` is true, only endpoints
    without a lane get new ones, until the lanes that were under way then have ended.
    """
    made = 0
    lanes: dict[Future[int], str] = {}
    awaited: set[Future[int]] | None = None
    with ThreadPoolExecutor(max_workers=LANES, thread_name_prefix="delivery") as pool:
        while True:
            if awaited is None and stop():
                awaited = set(lanes)
            if awaited is None or not awaited.isdisjoint(lanes):
                dispatch(runtime, stop=stop)
                for endpoint_id in _lanes_to_open(runtime, list(lanes.values()), leaving=awaited is not None):
                    lanes[pool.submit(with_this_context(_serve), runtime, owner, endpoint_id, stop)] = endpoint_id
            finished, _ = wait(lanes, timeout=POLL_S, return_when=FIRST_COMPLETED)
            for lane in finished:
                del lanes[lane]
            attempts = sum(lane.result() for lane in finished)
            made += attempts
            if not (lanes or attempts):
                return made
            if finished and not attempts:
                time.sleep(POLL_S)  # what is due is leased by another worker, or may not be sent yet.


def _lanes_to_open(runtime: Runtime, busy: list[str], *, leaving: bool) -> list[str]:
    """The endpoint of each lane to open now; `busy` names the endpoint of each that is under way."""
    wanted: list[str] = []
    for endpoint_id in _endpoints_due(runtime):
        under_way = busy.count(endpoint_id)
        if not (leaving and under_way):
            wanted += [endpoint_id] * (runtime.settings.delivery_concurrency - under_way)
    return wanted[: max(0, LANES - len(busy))]


def _endpoints_due(runtime: Runtime) -> list[str]:
    with runtime.database.read_session() as session:
        now = runtime.now()
        due = select(Delivery.id).where(is_due(now, runtime.settings), Delivery.endpoint_id == Endpoint.id)
        serving = select(Endpoint.id).where(is_served(now), due.exists())
        return list(session.scalars(serving.order_by(Endpoint.id)))


def _serve(runtime: Runtime, owner: str, endpoint_id: str, stop: Callable[[], bool]) -> int:
    """One lane: attempt this endpoint's due deliveries one after the other, at least one of them."""
    made = 0
    while True:
        attempt, pause_s = runtime.database.retrying(lambda s: _claim(runtime, s, owner, endpoint_id))
        if attempt is not None:
            _attempt(runtime, owner, attempt)
            made += 1
        elif pause_s is None or pause_s > 1:
            return made
        else:
            time.sleep(pause_s)
        if stop():
            return made


def _claim(runtime: Runtime, session: Session, owner: str, endpoint_id: str) -> tuple[Attempt | None, float | None]:
    """Lease the endpoint's next delivery; or how long to wait for a token, or (None, None): nothing to do.

    The endpoint's row is locked: cap and bucket hold over all workers. One that rests is served nothing, and after its
    rest one delivery at a time, until one arrives.
    """
    now = runtime.now()
    settings = runtime.settings
    endpoint = _lock(session, endpoint_id)
    if endpoint is None or not endpoint.enabled or _is_at_rest(endpoint, now):
        return None, None
    cap = settings.delivery_concurrency if endpoint.rests_until is None else 1
    if count_under_way(session, endpoint_id, now, settings) >= cap:
        return None, None
    next_one = (
        select(Delivery, OutgoingEvent)
        .join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
        .where(is_due(now, settings), Delivery.endpoint_id == endpoint_id)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1)
    )
    found = session.execute(next_one).first()
    if found is None:
        return None, None
    try:
        recipient = Recipient.of(endpoint, runtime.encryption, now)
    except EncryptionKeyLost as lost:
        log.error("nothing is sent to endpoint %s: %s", endpoint_id, lost)
        _postpone(session, endpoint_id, now, settings)
        return None, None
    if wait_s := _take_token(endpoint, now, endpoint.rate_per_s or settings.delivery_rate_per_s):
        return None, wait_s
    delivery, event = found
    delivery.owner = owner
    delivery.leased_until = now + timedelta(seconds=lease_s(settings))
    return Attempt.of(delivery, event, recipient), None


def _postpone(session: Session, endpoint_id: str, now: datetime, settings: Settings) -> None:
    """Leave what is due at an endpoint for later: it is no fault of the endpoint's, and no attempt is spent."""
    due = update(Delivery).where(is_due(now, settings), Delivery.endpoint_id == endpoint_id)
    session.execute(due.values(due_at=now + KEY_LOOK_AGAIN).execution_options(synchronize_session=False))


def _is_at_rest(endpoint: Endpoint, now: datetime) -> bool:
    """Whether nothing may be sent now; a rest that ends later than any can was set by another clock."""
    until = endpoint.rests_until
    return until is not None and now < until <= now + timedelta(seconds=BUSY_PAUSE_S)


def _lock(session: Session, endpoint_id: str) -> Endpoint | None:
    """The endpoint, locked; None once it was deleted."""
    try:
        return locked_endpoint(session, endpoint_id)
    except NotFound:
        return None


def _take_token(endpoint: Endpoint, now: datetime, rate_per_s: float) -> float:
    """Take one token from the endpoint's bucket; 0 when there was one, else the seconds until there is."""
    since_s = (now - endpoint.refilled_at).total_seconds() if endpoint.refilled_at else 0.0
    endpoint.tokens = min(max(rate_per_s, 1.0), endpoint.tokens + max(0.0, since_s) * rate_per_s)
    endpoint.refilled_at = now
    if endpoint.tokens < 1:
        return (1 - endpoint.tokens) / rate_per_s
    endpoint.tokens -= 1
    return 0.0


def _attempt(runtime: Runtime, owner: str, attempt: Attempt) -> None:
    """Send, with no transaction open; then record the result."""
    ids = {"event_id": attempt.event_id, "cause_event_id": attempt.cause_event_id, "endpoint_id": attempt.endpoint_id}
    with bound(**ids, delivery_id=attempt.delivery_id), span("deliver event", origin=attempt.origin, kind="client"):
        _send_and_record(runtime, owner, attempt)


def _send_and_record(runtime: Runtime, owner: str, attempt: Attempt) -> None:
    result = send_signed(runtime, attempt.recipient, event_id=attempt.event_id, body=attempt.body)
    runtime.counters.add(CounterName.DELIVERY_ATTEMPTS, result.status_class)
    if run_in_transaction(runtime, lambda uow: _record(runtime, uow, owner, attempt, result)):
        runtime.counters.add(CounterName.DELIVERIES_EXHAUSTED)
        log.warning("given up after attempt %d: %s", attempt.attempts + 1, result.status or result.status_class)
    elif not result.is_success:
        log.info("attempt %d failed: %s", attempt.attempts + 1, result.status or result.status_class)
    else:
        log.debug("delivered by attempt %d in %d ms", attempt.attempts + 1, round(result.took_s * 1000))


def _record(runtime: Runtime, uow: UnitOfWork, owner: str, attempt: Attempt, result: AttemptResult) -> bool:
    """Record an attempt, unless its lease ran out and another worker has recorded one; True when it was the last."""
    endpoint = _lock(uow.session, attempt.endpoint_id)
    mine = select(Delivery).where(Delivery.id == attempt.delivery_id, Delivery.owner == owner).with_for_update()
    delivery = uow.session.scalar(mine)
    if endpoint is None or delivery is None:
        return False
    if delivery.state is DeliveryState.DELIVERED or delivery.attempts != attempt.attempts:
        return False
    delivery.attempts += 1
    delivery.owner = delivery.leased_until = None
    delivery.last_status = result.status
    delivery.last_error = result.error
    delivery.attempt_log = [*(delivery.attempt_log or []), result.entry(uow.now)]
    if result.is_success:
        delivery.state = DeliveryState.DELIVERED
        delivery.delivered_at = uow.now
        endpoint.failing_since = endpoint.warned_at = endpoint.rests_until = None
        return False
    schedule_s = runtime.settings.delivery_schedule_s
    again_at = next_attempt_at(
        uow.now,
        attempts=delivery.attempts,
        schedule_s=schedule_s,
        jitter=random.uniform(-1, 1),  # noqa: S311 - spreads load, hides nothing
        status=result.status,
        timed_out=result.timed_out,
        retry_after_s=result.retry_after_s(uow.now),
    )
    if again_at is None:
        delivery.state = DeliveryState.EXHAUSTED
    else:
        delivery.due_at = again_at
        delivery.state = DeliveryState.PENDING if endpoint.enabled else DeliveryState.PARKED
    uow.session.flush()
    if rest_s := rest_of_endpoint_s(result.status, schedule_s=schedule_s, timed_out=result.timed_out):
        endpoint.rests_until = uow.now + timedelta(seconds=rest_s)
    _judge_endpoint(uow, endpoint, result)
    return again_at is None


def _judge_endpoint(uow: UnitOfWork, endpoint: Endpoint, result: AttemptResult) -> None:
    """Warn of an endpoint that has failed for a day, and disable one that is gone, or has failed for five days."""
    endpoint.failing_since = endpoint.failing_since or uow.now
    failing_for = uow.now - endpoint.failing_since
    if result.status == 410:
        disable_endpoint(uow, endpoint, "the endpoint answered 410 Gone")
    elif failing_for >= DISABLED_AFTER:
        disable_endpoint(uow, endpoint, "no attempt has succeeded for 120 hours")
    elif failing_for >= WARNED_AFTER and endpoint.warned_at is None:
        endpoint.warned_at = uow.now
        publish_about(uow, endpoint, "endpoint.failing", "no attempt has succeeded for 24 hours")
