"""One run of the chaos test: a stream of events under faults, the recovery after them, and every comparison."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select

from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.processes import load_factor, wait_until
from ..support.webhook_receiver import Answer, Delivered, Receiver
from .checks import Observed, all_delivered, check_everything, check_file, is_all_applied
from .faults import Trouble
from .stack import Stack
from .stream import LANES, Lane, Log, Sent

BACK_WITHIN_S = 60.0
"""What the defaults promise: one lease and one recovery run."""
DELIVERED_WITHIN_S = 480.0
"""A first attempt that was cut off is repeated a minute later at the earliest; when the second fails, the third is made
five minutes after it (`DELIVERY_SCHEDULE_S`).
"""
POLL_S = 0.2
LEAST_FAULTS = 5
"""On a machine so busy that a fault takes as long as the run."""


@dataclass
class Report:
    """The figures of a run. `longest_wait_s`: from an answer of 202 until the event was applied. `outage_faults` are
    those that were made in the longest outage.
    """

    events: int = 0
    retries: int = 0
    repeats: int = 0
    forged: int = 0
    outgoing: int = 0
    deliveries: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    longest_outage_s: float = 0.0
    outage_faults: list[str] = field(default_factory=list)
    longest_wait_s: float = 0.0
    deliveries_done_after_s: float = 0.0

    def __str__(self) -> str:
        broken = ", ".join(f"{count} × {name}" for name, count in sorted(self.faults.items()))
        met = ", ".join(self.outage_faults) or "no fault"
        return (
            f"{self.events} events accepted ({self.retries} posts were repeated, {self.repeats} events sent twice, "
            f"{self.forged} forged); {self.outgoing} outgoing events in {self.deliveries} deliveries\n"
            f"{sum(self.faults.values())} faults: {broken}\n"
            f"longest without an answer of 202: {self.longest_outage_s:.1f} s, with {met}\n"
            f"longest from 202 to applied: {self.longest_wait_s:.1f} s; "
            f"all delivered {self.deliveries_done_after_s:.1f} s after the last fault"
        )


class Watcher(threading.Thread):
    """Looks when each accepted event is applied, or waits for its parent."""

    def __init__(self, stack: Stack, log: Log, stopping: threading.Event) -> None:
        super().__init__(name="watcher", daemon=True)
        self.longest: tuple[float, str] = (0.0, "")
        self._stack = stack
        self._log = log
        self._stopping = stopping
        self._seen = 0
        self._waiting: dict[str, Sent] = {}

    def run(self) -> None:
        while not self._stopping.wait(POLL_S):
            with contextlib.suppress(Exception):  # the database may be away.
                self._observe()

    def _observe(self) -> None:
        accepted = self._log.accepted[self._seen :]
        waiting = {**self._waiting, **{one.event_id: one for one in accepted}}
        query = select(InboxEvent.event_id).where(InboxEvent.state == InboxState.RECEIVED)
        unapplied = set(self._stack.deployment.read(lambda session: list(session.scalars(query))))
        now_s = time.monotonic()
        self._seen += len(accepted)
        self._waiting = {id_: one for id_, one in waiting.items() if id_ in unapplied}
        waits = [(now_s - one.accepted_s, id_) for id_, one in waiting.items()]
        self.longest = max([self.longest, *waits])


def run_chaos(stack: Stack, *, seed: int, seconds: float, fault_s: float, pause_s: float) -> Report:
    """Run it and return its figures. Raises `AssertionError` for whatever is not as promised."""
    log = Log()
    over = threading.Event()
    with Receiver() as steady, Receiver(answer=fails_at_first()) as moody:
        secrets = {one.url: add_endpoint(stack.deployment.runtime, one.url)[1] for one in (steady, moody)}
        stack.start()
        lanes = [Lane(number, seed, stack.deployment.port, log, over) for number in range(LANES)]
        for lane in lanes:
            lane.set_up()
        wait_until(lambda: stack.deployment.read(is_all_applied), BACK_WITHIN_S, "the start", stack.deployment)
        watcher = Watcher(stack, log, ended := threading.Event())
        for thread in (watcher, *lanes):
            thread.start()
        trouble = Trouble(stack, seed, fault_s, pause_s)
        trouble.run(seconds, least=LEAST_FAULTS)
        stack.restore()
        over.set()
        last_fault_s = time.monotonic()
        for lane in lanes:
            lane.gives_up_s = last_fault_s + BACK_WITHIN_S * load_factor()
            lane.join()
        assert not log.failures, log.failures
        within_s = BACK_WITHIN_S * load_factor()
        wait_until(lambda: stack.deployment.read(is_all_applied), within_s, "events wait", stack.deployment)
        ended.set()
        watcher.join()
        wait_until(lambda: stack.deployment.read(all_delivered), DELIVERED_WITHIN_S, "undelivered", stack.deployment)
        done_s = time.monotonic() - last_fault_s
        observed = Observed.read(stack.deployment)
        check_everything(log, observed, {secrets[one.url]: list(one.requests) for one in (steady, moody)})
        check_file(stack.deployment)
    outage = log.longest_outage
    longest_s, slowest = watcher.longest
    assert longest_s <= within_s, f"{slowest} was applied {longest_s:.1f} s after its 202"
    return Report(
        events=len(log.accepted),
        retries=log.retries,
        repeats=log.repeats,
        forged=len(log.forged),
        outgoing=len(observed.outgoing),
        deliveries=len(steady.requests) + len(moody.requests),
        faults=Counter(name for name, _ in trouble.made),
        longest_outage_s=outage.length_s,
        outage_faults=[name for name, at_s in trouble.made if outage.begun_s <= at_s <= outage.ended_s],
        longest_wait_s=longest_s,
        deliveries_done_after_s=done_s,
    )


def fails_at_first() -> object:
    """Answers of an endpoint that fails the first attempt of every tenth event."""
    failed: set[str] = set()

    def answer(request: Delivered) -> Answer:
        is_to_fail = int(request.id[-2:], 16) % 10 == 0 and request.id not in failed
        failed.add(request.id)
        return Answer(500 if is_to_fail else 204)

    return answer
