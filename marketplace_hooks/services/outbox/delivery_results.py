"""Delivery results: how the attempts of a lane change their deliveries and their endpoint."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from ...domain.outbox.retry_policy import next_attempt_at, rest_of_endpoint_s
from ...domain.standard_reasons import StandardReason
from ...models.outbox import Delivery, DeliveryState, Endpoint
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork
from .delivery_claims import Attempt
from .endpoints import disable_endpoint, publish_about
from .sending import AttemptResult

WARNED_AFTER = timedelta(hours=24)
DISABLED_AFTER = timedelta(hours=120)

_ARRIVED = (
    update(Delivery)
    .where(Delivery.id == bindparam("delivery_id"))
    .values(
        state=DeliveryState.DELIVERED,
        attempts=Delivery.attempts + 1,
        owner=None,
        leased_until=None,
        last_status=bindparam("status"),
        last_error=None,
        attempt_log=bindparam("entries"),
        delivered_at=bindparam("at"),
    )
)


def settle(
    runtime: Runtime,
    uow: UnitOfWork,
    endpoint: Endpoint | None,
    owner: str,
    attempts: Sequence[Attempt],
    results: Sequence[AttemptResult],
) -> bool:
    """Record the results of the first attempts, and release the deliveries that were not sent.

    The endpoint's row is locked by the caller. Nothing is recorded of a delivery whose lease ran out and which another
    worker has attempted. At most the last result is a failure; True when that was the delivery's last attempt.
    """
    held = _held(uow, owner, attempts)
    if endpoint is None or not held:
        return False
    made = [
        (attempt, result) for attempt, result in zip(attempts, results, strict=False) if attempt.delivery_id in held
    ]
    arrived = [(attempt, result) for attempt, result in made if result.is_success]
    if arrived:
        rows = [
            {
                "delivery_id": attempt.delivery_id,
                "status": result.status,
                "entries": [*held[attempt.delivery_id], result.entry(uow.now)],
                "at": uow.now,
            }
            for attempt, result in arrived
        ]
        uow.session.connection().execute(_ARRIVED, rows)
        endpoint.failing_since = endpoint.warned_at = endpoint.rests_until = None
    if unsent := [one.delivery_id for one in attempts[len(results) :] if one.delivery_id in held]:
        released = update(Delivery).where(Delivery.id.in_(unsent)).values(owner=None, leased_until=None)
        uow.session.execute(released.execution_options(synchronize_session=False))
    is_last = any(
        _record_failure(runtime, uow, endpoint, attempt, result) for attempt, result in made if not result.is_success
    )
    if endpoint.enabled and any(result.asks_to_disable for _, result in made):
        disable_endpoint(uow, endpoint, StandardReason.ENDPOINT_ASKED)
    return is_last


def _held(uow: UnitOfWork, owner: str, attempts: Sequence[Attempt]) -> dict[int, list[dict[str, Any]]]:
    """Those of the deliveries that are still this lane's, locked, with their logs; an erasure may shorten one."""
    asked = {attempt.delivery_id: attempt.attempts for attempt in attempts}
    mine = select(Delivery.id, Delivery.attempts, Delivery.attempt_log).where(
        Delivery.id.in_(asked), Delivery.owner == owner, Delivery.state != DeliveryState.DELIVERED
    )
    rows = uow.session.execute(mine.with_for_update())
    return {delivery_id: logged or [] for delivery_id, count, logged in rows if count == asked[delivery_id]}


def _record_failure(
    runtime: Runtime, uow: UnitOfWork, endpoint: Endpoint, attempt: Attempt, result: AttemptResult
) -> bool:
    """Record an attempt that failed, and when there is another; True when there is none."""
    delivery = uow.session.get_one(Delivery, attempt.delivery_id, populate_existing=True)
    delivery.attempts += 1
    delivery.owner = delivery.leased_until = None
    delivery.last_status = result.status
    delivery.last_error = result.error
    delivery.attempt_log = [*(delivery.attempt_log or []), result.entry(uow.now)]
    schedule_s = runtime.settings.delivery_schedule_s
    again_at = None
    if not result.asks_to_abort:
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
        disable_endpoint(uow, endpoint, StandardReason.ENDPOINT_GONE)
    elif failing_for >= DISABLED_AFTER:
        disable_endpoint(uow, endpoint, StandardReason.FAILING_FOR_FIVE_DAYS)
    elif failing_for >= WARNED_AFTER and endpoint.warned_at is None:
        endpoint.warned_at = uow.now
        publish_about(uow, endpoint, "endpoint.failing", StandardReason.FAILING_FOR_A_DAY)
