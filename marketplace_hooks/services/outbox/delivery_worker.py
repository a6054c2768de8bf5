"""Delivery worker: attempts deliveries until they arrive, at least once each.

Each endpoint has its own lanes and its own token bucket, so that a slow one delays no other. A lane claims a few
deliveries by a lease (`delivery_claims.py`), sends one after the other with no transaction open, and settles them
together (`delivery_results.py`), which counts only for those whose lease it still holds. The same transaction claims
the next ones. A worker killed between an answer and its record delivers again, under the same `webhook-id`: at least
once, as the norm has it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from logging import ERROR, WARNING

from sqlalchemy import select

from ...errors import Unavailable
from ...models.outbox import Delivery, Endpoint
from ...telemetry.log_context import bound, get_logger, with_this_context
from ...telemetry.tracing import span
from ..core.counters import CounterName
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction
from .delivery_claims import Attempt, Claimed, claim, find_locked
from .delivery_results import settle
from .dispatcher import dispatch, is_due, is_served
from .sending import AttemptResult, send_signed

log = get_logger(__name__)

LANES = 32
"""Attempts under way at once in one worker, over all endpoints."""
MOST_CLAIMED = 25
"""Deliveries that a lane claims at once. So many may be repeated when its worker is killed."""
SETTLE_AFTER_S = 1.0
"""A lane begins no further attempt so long after its claim, and settles."""
POLL_S = 0.1
WAITING_SHARE = 0.2
"""A lane that works for less than this share of its time waits for the endpoint, and another one would be of use."""


def deliver_due(runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Dispatch and deliver until nothing is due; return how many attempts were made.

    While a slow endpoint keeps its lanes busy, the others go on being served. Once `stop` is true, only endpoints
    without a lane get new ones, until the lanes that were under way then have ended. An endpoint whose lane fails, by
    a mistake of ours, gets no other one in this run.
    """
    made = 0
    lanes: dict[Future[None], Lane] = {}
    failed: set[str] = set()
    awaited: set[Future[None]] | None = None
    wakes_another = True
    with ThreadPoolExecutor(max_workers=LANES, thread_name_prefix="delivery") as pool:
        while True:
            if awaited is None and stop():
                awaited = set(lanes)
            if awaited is None or not awaited.isdisjoint(lanes):
                dispatch(runtime, stop=stop)
                due = [one for one in _endpoints_due(runtime) if one not in failed]
                if lanes and due and wakes_another:
                    runtime.wakeups.wake_worker(JobKind.DELIVERIES)  # another idle worker may open lanes too.
                    wakes_another = False
                for endpoint_id in _lanes_to_open(runtime, due, list(lanes.values()), leaving=awaited is not None):
                    lane = Lane(runtime=runtime, owner=_lane_name(owner), endpoint_id=endpoint_id, stop=stop)
                    lanes[pool.submit(with_this_context(lane.serve))] = lane
            finished, _ = wait(lanes, timeout=POLL_S, return_when=FIRST_COMPLETED)
            ended = {future: lanes.pop(future) for future in finished}
            failures = {lane.endpoint_id for future, lane in ended.items() if _has_failed(future, lane)}
            failed |= failures
            attempts = sum(lane.made for lane in ended.values())
            made += attempts
            if not (lanes or attempts or failures):
                return made
            if finished and not attempts:
                time.sleep(POLL_S)  # what is due is leased by another worker, or may not be sent yet.


def _lane_name(owner: str) -> str:
    """A lane leases under a name of its own: lanes are counted by their leases, over all workers."""
    return f"{owner}/{secrets.token_hex(4)}"


def _lanes_to_open(runtime: Runtime, due: Sequence[str], open_lanes: Sequence[Lane], *, leaving: bool) -> list[str]:
    """The endpoint of each lane to open now: one for each that is due, and more where the lanes wait for the endpoint.

    Lanes of one process share its interpreter: to an endpoint that answers at once, two send less than one. Half of the
    lanes are left to endpoints that have none: a few slow ones take no more than the others.
    """
    first: list[str] = []
    more: list[str] = []
    for endpoint_id in due:
        own = [lane for lane in open_lanes if lane.endpoint_id == endpoint_id]
        if not own:
            first.append(endpoint_id)
        elif not leaving and all(lane.is_waiting() for lane in own):
            more += [endpoint_id] * min(len(own), runtime.settings.delivery_concurrency - len(own))
    first = first[: max(0, LANES - len(open_lanes))]
    return first + more[: max(0, LANES // 2 - len(open_lanes) - len(first))]


def _has_failed(future: Future[None], lane: Lane) -> bool:
    """Whether the lane ended by an error, which is logged: it is no reason to serve the other endpoints later."""
    error = future.exception()
    if isinstance(error, Exception):
        with bound(endpoint_id=lane.endpoint_id):
            level = WARNING if isinstance(error, Unavailable) else ERROR
            log.log(level, "deliveries to an endpoint have failed", exc_info=error)
    elif error is not None:
        raise error
    return error is not None


def _endpoints_due(runtime: Runtime) -> list[str]:
    with runtime.database.read_session() as session:
        now = runtime.now()
        due = select(Delivery.id).where(is_due(now, runtime.settings), Delivery.endpoint_id == Endpoint.id)
        serving = select(Endpoint.id).where(is_served(now), due.exists())
        return list(session.scalars(serving.order_by(Endpoint.id)))


@dataclass(kw_only=True)
class Lane:
    """One of the attempts that may be under way to an endpoint at once.

    `worked_s` is its processor time, and `made` how many attempts it has made.
    """

    runtime: Runtime
    owner: str
    endpoint_id: str
    stop: Callable[[], bool]
    opened_s: float = field(default_factory=time.monotonic)
    worked_s: float = 0.0
    made: int = 0

    def is_waiting(self) -> bool:
        """Whether it has waited for most of its time."""
        return self.worked_s < WAITING_SHARE * (time.monotonic() - self.opened_s)

    def serve(self) -> None:
        """Attempt this endpoint's due deliveries one after the other, at least one of them.

        A claim grows while everything arrives in time, so that a slow or failing endpoint holds no more than one.
        """
        most = 1
        began_s = time.thread_time()
        claimed, pause_s = self._claim(most)
        while True:
            self.worked_s = time.thread_time() - began_s
            if claimed is not None:
                results = self._send(claimed)
                self.made += len(results)
                is_whole = len(results) == len(claimed.attempts) and results[-1].is_success
                most = min(2 * most, MOST_CLAIMED) if is_whole else 1
                claimed, pause_s = self._settle(claimed.attempts, results, most)
            elif pause_s is None or pause_s > 1:
                return
            else:
                time.sleep(pause_s)
                claimed, pause_s = (None, None) if self.stop() else self._claim(most)

    def _send(self, claimed: Claimed) -> list[AttemptResult]:
        """Send one after the other, until one fails, the receiver wants no more, or the time for this claim is over.

        No other one is begun when the worker is to stop.
        """
        results: list[AttemptResult] = []
        settle_at_s = time.monotonic() + SETTLE_AFTER_S  # a frozen worker that goes on sends nothing of an old claim.
        for attempt in claimed.attempts:
            with bound(**attempt.log_ids), span("deliver event", origin=attempt.origin, kind="client"):
                result = send_signed(self.runtime, claimed.recipient, event_id=attempt.event_id, body=attempt.body)
                self.runtime.counters.add(CounterName.DELIVERY_ATTEMPTS, result.status_class)
                _log(attempt, result)
            results.append(result)
            is_followed = result.is_success and not result.asks_to_disable
            if not is_followed or time.monotonic() >= settle_at_s or self.stop():
                break
        return results

    def _claim(self, most: int) -> tuple[Claimed | None, float | None]:
        return self.runtime.database.retrying(
            lambda session: claim(self.runtime, session, find_locked(session, self.endpoint_id), self.owner, most)
        )

    def _settle(
        self, attempts: Sequence[Attempt], results: Sequence[AttemptResult], most: int
    ) -> tuple[Claimed | None, float | None]:
        """Record what came of a claim, and claim the next deliveries, unless the worker is to stop."""
        stopping = self.stop()

        def act(uow: UnitOfWork) -> tuple[bool, tuple[Claimed | None, float | None]]:
            endpoint = find_locked(uow.session, self.endpoint_id)
            is_last = settle(self.runtime, uow, endpoint, self.owner, attempts, results)
            return is_last, (None, None) if stopping else claim(self.runtime, uow.session, endpoint, self.owner, most)

        is_last, following = run_in_transaction(self.runtime, act)
        if is_last:
            exhausted = attempts[len(results) - 1]
            self.runtime.counters.add(CounterName.DELIVERIES_EXHAUSTED)
            with bound(**exhausted.log_ids):
                log.warning("given up after attempt %d", exhausted.attempts + 1)
        return following


def _log(attempt: Attempt, result: AttemptResult) -> None:
    if result.is_success:
        log.debug("delivered by attempt %d in %d ms", attempt.attempts + 1, round(result.took_s * 1000))
    else:
        log.info("attempt %d failed: %s", attempt.attempts + 1, result.status or result.status_class)
