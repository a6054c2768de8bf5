"""How many events per second do two workers apply, next to two forking RQ workers with one empty job per event?"""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from rq import Queue
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import select

from marketplace_hooks.jobs.scheduler import run_all_now
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.remote.redis.embedded import EmbeddedRedis
from marketplace_hooks.remote.redis.queue import count_workers
from marketplace_hooks.services.core.runtime import JobKind, Runtime
from marketplace_hooks.services.inbox import leasing
from marketplace_hooks.services.operations import cascade_run
from marketplace_hooks.services.outbox import dispatcher

from . import fixtures, rounds, stack

WORKERS = 2
LEAST_RATIO = {"sqlite": 12.0, "postgresql": 8.0}
HOT_PRODUCTS = 20
FLOOR_QUEUE = "benchmark-floor"


class Product:
    """Real workers on a migrated database, and an inbox that is filled while nobody looks."""

    def __init__(self, runtime: Runtime, products: int) -> None:
        self.runtime = runtime
        self.products = products
        self.versions = itertools.count(1)
        fixtures.publish(runtime, [fixtures.seller()])
        fixtures.publish(runtime, [fixtures.product(number) for number in range(products)])
        run_all_now(runtime, "benchmark")

    def events(self, count: int, products: int) -> Iterator[fixtures.Event]:
        """Every product goes offline and comes back, all of them in turn: each event changes a page."""
        for number in range(count):
            status = "online" if number // products % 2 else "offline_temporary"
            yield fixtures.status_changed(number % products, status, next(self.versions))

    def rate(self, count: int, products: int) -> float:
        """Events applied per second, from the ring to the last commit."""
        round_trips = -(-count // (2 * products)) * 2  # whole turns: everything is online again at the end.
        put = fixtures.put_into_inbox(self.runtime, self.events(round_trips * products, products))
        begun_s = time.perf_counter()
        self.runtime.wakeups.wake_worker(JobKind.INBOX)
        stack.wait_for(lambda: not self._is_waiting(), "the drain", within_s=300, every_s=0.005)
        rate = put / (time.perf_counter() - begun_s)
        stack.wait_for(self._is_idle, "the deliveries", within_s=300)
        self._check_all_changed()
        return rate

    def _is_waiting(self) -> bool:
        with self.runtime.database.reading() as session:
            waiting = select(InboxEvent.id).where(InboxEvent.state == InboxState.RECEIVED).limit(1)
            return session.scalar(waiting) is not None

    def _check_all_changed(self) -> None:
        with self.runtime.database.reading() as session:
            other = session.scalar(select(InboxEvent).where(InboxEvent.outcome.is_distinct_from("changed")).limit(1))
        if other is not None:
            raise RuntimeError(f"{other.event_id} changed nothing: {other.state} {other.outcome} {other.errors}")

    def _is_idle(self) -> bool:
        now = self.runtime.now()
        with self.runtime.database.reading() as session:
            pending = leasing.has_pending(session, now) or cascade_run.has_pending(session, now)
            return not (pending or dispatcher.has_pending(session, now))


class Floor:
    """RQ's own workers as they come, and one job per event that does nothing."""

    def __init__(self, client: Redis) -> None:
        self.queue = Queue(FLOOR_QUEUE, connection=client, serializer=JSONSerializer)
        self.started = StartedJobRegistry(queue=self.queue)

    def rate(self, count: int) -> float:
        """Jobs per second, from the first enqueued (all at once) to the last one's end."""
        job = Queue.prepare_data("benchmarks.empty_job.run", result_ttl=0, timeout=60)
        begun_s = time.perf_counter()
        self.queue.enqueue_many([job] * count)
        stack.wait_for(lambda: not len(self.queue) and not len(self.started), "RQ", within_s=300, every_s=0.005)
        return count / (time.perf_counter() - begun_s)


@contextlib.contextmanager
def rq_workers(redis_url: str, log: Path, environment: dict[str, str]) -> Iterator[None]:
    """Two forking RQ workers, as their own command starts them."""
    command = [str(Path(sys.executable).parent / "rq"), "worker", "--url", redis_url, "--serializer", "json", "--quiet"]
    command.append(FLOOR_QUEUE)
    with contextlib.ExitStack() as running:
        for _ in range(WORKERS):
            running.enter_context(stack.process(command, environment, log))
        yield


def measure(asked: Namespace, kind: str) -> rounds.Report:
    """Both kinds of workers stand ready on one Redis; only one kind has something to do at a time."""
    report = rounds.Report(title="drain", database=kind)
    with (
        stack.folder() as here,
        stack.databases(kind, here) as database,
        EmbeddedRedis() as redis,
        Redis.from_url(redis.url) as client,
    ):
        place = stack.place(here, database(), redis.url)
        product = Product(place.make_runtime(), asked.products)
        floor = Floor(client)
        with (
            stack.product_workers(place, here / "workers.log", WORKERS),
            rq_workers(redis.url, here / "rq.log", place.environment),
        ):
            stack.wait_for(lambda: count_workers(redis.url) == WORKERS, "the workers")
            stack.wait_for(lambda: client.scard(f"rq:workers:{FLOOR_QUEUE}") == WORKERS, "RQ's workers")
            compare(asked, kind, report, product, floor)
        product.runtime.database.dispose()
    return report


def compare(asked: Namespace, kind: str, report: rounds.Report, product: Product, floor: Floor) -> None:
    """Many products first, then a few hot ones."""
    target = LEAST_RATIO[kind]
    product.rate(200, min(100, asked.products))
    for name, products, least in (
        (f"{asked.products} products", asked.products, target),
        (f"{HOT_PRODUCTS} hot products", HOT_PRODUCTS, target / 2),
    ):
        rounds.interleave(
            report,
            asked.rounds,
            floor=lambda: floor.rate(asked.jobs),
            ours=functools.partial(product.rate, asked.events, products),
            unit="per s",
            target=rounds.at_least(least),
            name=name,
        )


def main() -> None:
    """Run from the command line: `python -m benchmarks.drain`."""
    parser = rounds.options(__doc__ or "", events=4_000)
    parser.add_argument("--products", type=int, default=1_000, help="products that the events are about (%(default)s)")
    parser.add_argument("--jobs", type=int, default=300, help="empty jobs of one measurement (%(default)s)")
    asked = parser.parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
