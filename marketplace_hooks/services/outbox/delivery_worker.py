"""Delivery worker: attempts deliveries until they arrive, at least once each.

Each endpoint has its own lanes and its own token bucket, so that a slow one delays no other. An attempt is claimed by a
lease, made with no transaction open, and recorded only by the worker that still holds the lease. A worker killed
between the answer and its record delivers again, under the same `webhook-id`: at least once, as the norm has it.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.instants import format_instant
from ...domain.outbox.retry_policy import next_attempt_at, retry_after_s
from ...errors import EncryptionKeyLost, OutboundFailed, OutboundRefused
from ...models.outbox import Delivery, DeliveryState, Endpoint, OutgoingEvent
from ...remote.http.client import OutboundResponse
from ...remote.signatures import signed_headers
from ..core.counters import CounterName
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction
from .dispatcher import count_under_way, dispatch, is_due, lease_s, render
from .endpoints import disable_endpoint, locked_endpoint

log = logging.getLogger(__name__)

LANES = 32
"""Attempts under way at once in one worker, over all endpoints."""
POLL_S = 0.1
LOGGED_CHARACTERS = 500
DISABLED_AFTER = timedelta(hours=120)
KEY_LOOK_AGAIN = timedelta(minutes=1)
"""When deliveries are tried again whose secret no key opens."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One delivery, claimed: what to send, where, under which secret, which no log may show."""

    delivery_id: int
    endpoint_id: str
    url: str
    secret: str = field(repr=False)
    attempts: int
    event_id: str
    body: bytes


@dataclass(frozen=True, kw_only=True)
class AttemptResult:
    """The result of an attempt: an answer, or why there was none."""

    answer: OutboundResponse | None
    error: str | None
    timed_out: bool
    took_s: float

    @property
    def status(self) -> int | None:
        """The answer's HTTP status."""
        return self.answer.status if self.answer is not None else None

    @property
    def is_success(self) -> bool:
        """2xx, and nothing else (`webhooks.md` 9)."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def status_class(self) -> str:
        """`2xx` to `5xx`, or `timeout` or `error` where there was no answer."""
        if self.status is not None:
            return f"{self.status // 100}xx"
        return "timeout" if self.timed_out else "error"

    def entry(self, now: datetime) -> dict[str, Any]:
        """One line of the delivery's log."""
        entry = {
            "at": format_instant(now),
            "status": self.status,
            "error": self.error,
            "took_ms": round(self.took_s * 1000),
        }
        if self.answer is not None and not self.is_success:
            entry["answer"] = self.answer.body[:LOGGED_CHARACTERS].decode("utf-8", "replace").replace("\0", "")
        return entry


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
                    lanes[pool.submit(_serve, runtime, owner, endpoint_id, stop)] = endpoint_id
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
        is_deliverable = (
            select(Delivery.id)
            .where(is_due(runtime.now(), runtime.settings), Delivery.endpoint_id == Endpoint.id)
            .exists()
        )
        return list(session.scalars(select(Endpoint.id).where(Endpoint.enabled, is_deliverable).order_by(Endpoint.id)))


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

    The endpoint's row is locked: cap and bucket hold over all workers.
    """
    now = runtime.now()
    settings = runtime.settings
    endpoint = locked_endpoint(session, endpoint_id)
    if not endpoint.enabled or count_under_way(session, endpoint_id, now, settings) >= settings.delivery_concurrency:
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
        secret = runtime.encryption.decrypt(endpoint.secret)
    except EncryptionKeyLost as lost:
        log.error("nothing is sent to endpoint %s: %s", endpoint_id, lost)
        _postpone(session, endpoint_id, now, settings)
        return None, None
    if wait_s := _take_token(endpoint, now, settings.delivery_rate_per_s):
        return None, wait_s
    delivery, event = found
    delivery.owner = owner
    delivery.leased_until = now + timedelta(seconds=lease_s(settings))
    attempt = Attempt(
        delivery_id=delivery.id,
        endpoint_id=endpoint_id,
        url=endpoint.url,
        secret=secret,
        attempts=delivery.attempts,
        event_id=event.event_id,
        body=render(event),
    )
    return attempt, None


def _postpone(session: Session, endpoint_id: str, now: datetime, settings: Settings) -> None:
    """Leave what is due at an endpoint for later: it is no fault of the endpoint's, and no attempt is spent."""
    due = update(Delivery).where(is_due(now, settings), Delivery.endpoint_id == endpoint_id)
    session.execute(due.values(due_at=now + KEY_LOOK_AGAIN).execution_options(synchronize_session=False))


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
    result = _send(runtime, attempt)
    runtime.counters.add(CounterName.DELIVERY_ATTEMPTS, result.status_class)
    if run_in_transaction(runtime, lambda uow: _record(runtime, uow, owner, attempt, result)):
        runtime.counters.add(CounterName.DELIVERIES_EXHAUSTED)


def _send(runtime: Runtime, attempt: Attempt) -> AttemptResult:
    started = runtime.now()
    answer: OutboundResponse | None = None
    error: str | None = None
    timed_out = False
    try:
        headers = signed_headers(attempt.event_id, started, attempt.body, [attempt.secret])
        answer = runtime.outbound.post(
            attempt.url, body=attempt.body, headers={"content-type": "application/json", **headers}
        )
    except OutboundRefused as refused:
        error = f"refused: {refused.detail}"
    except OutboundFailed as failed:
        error = f"{failed.reason}: {failed}"
        timed_out = failed.reason == "timeout"
    except Exception as mistake:
        log.exception("delivery %s could not be attempted", attempt.delivery_id)
        error = type(mistake).__name__
    took_s = (runtime.now() - started).total_seconds()
    return AttemptResult(answer=answer, error=error, timed_out=timed_out, took_s=took_s)


def _record(runtime: Runtime, uow: UnitOfWork, owner: str, attempt: Attempt, result: AttemptResult) -> bool:
    """Record an attempt, unless its lease ran out and another worker has recorded one; True when it was the last."""
    endpoint = locked_endpoint(uow.session, attempt.endpoint_id)
    mine = select(Delivery).where(Delivery.id == attempt.delivery_id, Delivery.owner == owner).with_for_update()
    delivery = uow.session.scalar(mine)
    if delivery is None or delivery.state is DeliveryState.DELIVERED or delivery.attempts != attempt.attempts:
        return False
    delivery.attempts += 1
    delivery.owner = delivery.leased_until = None
    delivery.last_status = result.status
    delivery.last_error = result.error
    delivery.attempt_log = [*(delivery.attempt_log or []), result.entry(uow.now)]
    if result.is_success:
        delivery.state = DeliveryState.DELIVERED
        delivery.delivered_at = uow.now
        endpoint.failing_since = None
        return False
    endpoint.failing_since = endpoint.failing_since or uow.now
    again_at = next_attempt_at(
        uow.now,
        attempts=delivery.attempts,
        schedule_s=runtime.settings.delivery_schedule_s,
        jitter=random.uniform(-1, 1),  # noqa: S311 - spreads load, hides nothing
        status=result.status,
        timed_out=result.timed_out,
        retry_after_s=None
        if result.answer is None
        else retry_after_s(result.answer.headers.get("retry-after"), uow.now),
    )
    if again_at is None:
        delivery.state = DeliveryState.EXHAUSTED
    else:
        delivery.due_at = again_at
        delivery.state = DeliveryState.PENDING if endpoint.enabled else DeliveryState.PARKED
    uow.session.flush()
    if result.status == 410:
        disable_endpoint(uow, endpoint, "the endpoint answered 410 Gone")
    elif uow.now - endpoint.failing_since >= DISABLED_AFTER:
        disable_endpoint(uow, endpoint, "no attempt has succeeded for 120 hours")
    return again_at is None
