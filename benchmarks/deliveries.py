"""Deliveries: events that reach their receivers per second, next to bare posts of the same bodies by two processes.

First to one receiver; then to four, with and without a fifth that takes every request and never answers. Two workers
deliver, started as the command line starts them, at the default number of attempts at once; only the rate of an
endpoint is not limited.
"""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, exists, insert, select, update

from marketplace_hooks.models.outbox import Delivery, DeliveryState, Endpoint, OutgoingEvent, new_event_id
from marketplace_hooks.remote.redis.embedded import EmbeddedRedis
from marketplace_hooks.services.core.runtime import JobKind, Runtime
from marketplace_hooks.services.outbox.dispatcher import dispatch, render
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from . import receiver, rounds, stack

WORKERS = 2
HEALTHY = 4
LEAST_RATIO = 0.8
LEAST_BESIDE_HANGING = 0.9
WAITING_AT_HANGING = 200
TOTAL_S = 5.0
"""How long an attempt at the receiver that hangs takes: the shorter, the more of its attempts the others meet."""
TYPE = "product.hidden"
DATA = {
    "product_id": "mod-00001",
    "seller_id": "sel-1",
    "status": "offline_temporary",
    "reason": "The fix is on its way.",
}


@contextlib.contextmanager
def receiving(log: Path, *arguments: str) -> Iterator[str]:
    """A receiver in a process of its own; yields its URL."""
    command = [sys.executable, "-m", receiver.__name__, *arguments]
    with log.open("ab") as errors:
        started = subprocess.Popen(command, cwd=stack.ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert started.stdout is not None
        yield f"http://127.0.0.1:{int(started.stdout.readline())}/hooks"
    finally:
        started.kill()
        started.wait()


class BarePosts:
    """The floor: two processes that post to the same receiver."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self.processes = processes

    @classmethod
    @contextlib.contextmanager
    def started(cls, url: str, bodies: Path) -> Iterator[BarePosts]:
        """Both processes, ready."""
        command = [sys.executable, "-m", "benchmarks.bare_posts", url, str(bodies)]
        pipe = subprocess.PIPE
        processes = [
            subprocess.Popen(command, cwd=stack.ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(WORKERS)
        ]
        try:
            floor = cls(processes)
            floor.read("ready")
            yield floor
        finally:
            for one in processes:
                one.kill()
                one.wait()

    def rate(self, count: int) -> float:
        """Posts answered per second."""
        begun_s = time.perf_counter()
        for one in self.processes:
            assert one.stdin is not None
            print(count // WORKERS, file=one.stdin, flush=True)
        self.read("done")
        return count / (time.perf_counter() - begun_s)

    def read(self, line: str) -> None:
        """Wait until each process has printed this line."""
        for one in self.processes:
            assert one.stdout is not None
            if (printed := one.stdout.readline().strip()) != line:
                raise RuntimeError(f"a process of the floor printed {printed!r} instead of {line!r}")


class Outbox:
    """Ours: outgoing events with their deliveries, made while the workers sleep."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.number = itertools.count(1)

    def subscribe(self, url: str, *, type_: str = TYPE) -> str:
        """An endpoint; its id."""
        return add_endpoint(self.runtime, url, types=[type_])[0].id

    def publish(self, count: int, *, type_: str = TYPE) -> None:
        """So many events of one type, and their deliveries."""
        now = datetime.now(UTC)
        rows = [
            {
                "event_id": new_event_id(now),
                "type": type_,
                "subject_kind": "product",
                "subject_id": f"mod-{number % 1000:05}",
                "sequence": number,
                "data": DATA,
                "cause": {},
                "created_at": now,
            }
            for number in itertools.islice(self.number, count)
        ]
        with self.runtime.database.session() as session:
            session.execute(insert(OutgoingEvent), rows)
        dispatch(self.runtime)

    def body(self) -> bytes:
        """The body of one of the deliveries."""
        with self.runtime.database.read_session() as session:
            return render(session.scalars(select(OutgoingEvent).limit(1)).one())

    def rate(self, count: int, endpoint_ids: Sequence[str]) -> float:
        """Deliveries to these endpoints per second, from the wakeup until every one has arrived."""
        self.publish(count // len(endpoint_ids))
        pending = exists().where(Delivery.endpoint_id.in_(endpoint_ids), Delivery.state == DeliveryState.PENDING)
        begun_s = time.perf_counter()
        self.runtime.wakeups.wake_worker(JobKind.DELIVERIES)
        stack.wait_for(lambda: not self._read(select(pending)), "the deliveries", within_s=600, every_s=0.02)
        rate = count / (time.perf_counter() - begun_s)
        failed = exists().where(Delivery.endpoint_id.in_(endpoint_ids), Delivery.state != DeliveryState.DELIVERED)
        if self._read(select(failed)):
            raise RuntimeError("a delivery has not arrived")
        return rate

    def wait_until_free(self) -> None:
        """Until no attempt is under way."""
        leased = exists().where(Delivery.owner.is_not(None))
        stack.wait_for(lambda: not self._read(select(leased)), "the attempts", within_s=120, every_s=0.1)

    def hang(self, endpoint_id: str) -> None:
        """Let as many deliveries wait for the endpoint that hangs as before, all of them due."""
        with self.runtime.database.session() as session:
            session.execute(delete(Delivery).where(Delivery.endpoint_id == endpoint_id))
            session.execute(update(Endpoint).where(Endpoint.id == endpoint_id).values(rests_until=None, enabled=True))
        self.publish(WAITING_AT_HANGING, type_="product.shown")
        self.runtime.wakeups.wake_worker(JobKind.DELIVERIES)

    def _read(self, query: object) -> object:
        with self.runtime.database.read_session() as session:
            return session.scalar(query)  # type: ignore[call-overload] # a query of one value.


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """To one receiver, then beside one that hangs."""
    report = rounds.Report(title="deliveries", database=kind)
    with contextlib.ExitStack() as opened:
        folder = opened.enter_context(stack.temporary_folder())
        database = opened.enter_context(stack.databases(kind, folder))
        redis = opened.enter_context(EmbeddedRedis())
        deployment = stack.deploy(
            folder,
            database(),
            redis.url,
            allowed_networks="127.0.0.0/8",
            delivery_rate_per_s=1_000_000,
            delivery_total_s=TOTAL_S,
        )
        outbox = Outbox(deployment.make_runtime())
        for _ in range(WORKERS):  # of `worker --processes 2`, one process would listen for deliveries.
            opened.enter_context(stack.product_workers(deployment, folder / "workers.log", 1))
        stack.wait_for(lambda: stack.count_workers(outbox.runtime) == WORKERS, "the workers")
        log = folder / "receivers.log"
        url = opened.enter_context(receiving(log))
        _to_one_receiver(arguments, report, outbox, url, folder / "bodies")
        urls = [opened.enter_context(receiving(log)) for _ in range(HEALTHY)]
        _beside_one_that_hangs(arguments, report, outbox, urls, opened.enter_context(receiving(log, receiver.HANGS)))
        outbox.runtime.database.dispose()
    return report


def _to_one_receiver(arguments: Namespace, report: rounds.Report, outbox: Outbox, url: str, bodies: Path) -> None:
    endpoint_id = outbox.subscribe(url)
    outbox.rate(500, [endpoint_id])
    bodies.write_bytes(outbox.body() + b"\n")
    with BarePosts.started(url, bodies) as floor:
        floor.rate(500)
        rounds.interleave(
            report,
            arguments.rounds,
            floor=lambda: floor.rate(arguments.events),
            ours=lambda: outbox.rate(arguments.events, [endpoint_id]),
            unit="per s",
            target=rounds.at_least(LEAST_RATIO),
            name="one receiver",
        )
    with outbox.runtime.database.session() as session:
        session.execute(update(Endpoint).values(enabled=False))


def _beside_one_that_hangs(
    arguments: Namespace, report: rounds.Report, outbox: Outbox, urls: Sequence[str], hanging_url: str
) -> None:
    """The floor is ours without it."""
    endpoint_ids = [outbox.subscribe(url) for url in urls]
    hanging_id = outbox.subscribe(hanging_url, type_="product.shown")

    def alone() -> float:
        outbox.wait_until_free()
        return outbox.rate(arguments.events, endpoint_ids)

    def beside() -> float:
        outbox.wait_until_free()
        outbox.hang(hanging_id)
        return outbox.rate(arguments.events, endpoint_ids)

    rounds.interleave(
        report,
        arguments.rounds,
        floor=alone,
        ours=beside,
        unit="per s",
        target=rounds.at_least(LEAST_BESIDE_HANGING),
        name="beside one that hangs",
    )


def main() -> None:
    """Run from the command line: `python -m benchmarks.deliveries`."""
    rounds.run(rounds.options(__doc__ or "", events=10_000), measure)


if __name__ == "__main__":
    main()
