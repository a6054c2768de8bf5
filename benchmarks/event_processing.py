"""Event processing: events applied per second by two workers, next to RQ workers with an empty job per event."""

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
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.remote.redis.embedded import EmbeddedRedis
from marketplace_hooks.services.core.runtime import JobKind, Runtime
from tests.support.inbox_rows import Event, has_pending_events, insert_events

from . import fixtures, rounds, stack

WORKERS = 2
LEAST_RATIO = {"sqlite": 12.0, "postgresql": 8.0}
HOT_PRODUCTS = 20
FLOOR_QUEUE = "benchmark-floor"


class Product:
    """Real workers on a migrated database, and an inbox that is filled while they sleep."""

    def __init__(self, runtime: Runtime, products: int) -> None:
        self.runtime = runtime
        self.products = products
        self.versions = itertools.count(1)
        fixtures.apply_events(runtime, [fixtures.seller()])
        fixtures.apply_events(runtime, [fixtures.product(number) for number in range(products)])
        run_all_now(runtime, "benchmark")

    def events(self, count: int, products: int) -> Iterator[Event]:
        """Products go offline and come back in turn: each event changes a page."""
        for number in range(count):
            status = "online" if number // products % 2 else "offline_temporary"
            yield fixtures.status_changed(number % products, status, next(self.versions))

    def rate(self, count: int, products: int) -> float:
        """Events applied per second, from the wakeup to the last commit."""
        round_trips = -(-count // (2 * products)) * 2  # whole turns: everything is online again at the end.
        inserted = insert_events(self.runtime, self.events(round_trips * products, products))
        begun_s = time.perf_counter()
        self.runtime.wakeups.wake_worker(JobKind.INBOX)
        stack.wait_for(lambda: not has_pending_events(self.runtime), "the events", within_s=300, every_s=0.005)
        rate = len(inserted) / (time.perf_counter() - begun_s)
        stack.wait_for(lambda: fixtures.is_idle(self.runtime), "the deliveries", within_s=300)
        self._check_all_changed()
        return rate

    def _check_all_changed(self) -> None:
        with self.runtime.database.read_session() as session:
            other = session.scalar(select(InboxEvent).where(InboxEvent.outcome.is_distinct_from("changed")).limit(1))
        if other is not None:
            raise RuntimeError(f"{other.event_id} changed nothing: {other.state} {other.outcome} {other.errors}")


class Floor:
    """RQ's own workers, and one job per event that does nothing."""

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


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """Both kinds of workers run on one Redis; only one kind has work at a time."""
    report = rounds.Report(title="event processing", database=kind)
    with (
        stack.temporary_folder() as folder,
        stack.databases(kind, folder) as database,
        EmbeddedRedis() as redis,
        Redis.from_url(redis.url) as client,
    ):
        deployment = stack.deploy(folder, database(), redis.url)
        product = Product(deployment.make_runtime(), arguments.products)
        floor = Floor(client)
        with (
            stack.product_workers(deployment, folder / "workers.log", WORKERS),
            rq_workers(redis.url, folder / "rq.log", deployment.environment),
        ):
            stack.wait_for(lambda: stack.count_workers(product.runtime) == WORKERS, "the workers")
            stack.wait_for(lambda: client.scard(f"rq:workers:{FLOOR_QUEUE}") == WORKERS, "RQ's workers")
            compare(arguments, kind, report, product, floor)
        product.runtime.database.dispose()
    return report


def compare(arguments: Namespace, kind: str, report: rounds.Report, product: Product, floor: Floor) -> None:
    """Many products first, then a few hot ones."""
    target = LEAST_RATIO[kind]
    product.rate(200, min(100, arguments.products))
    for name, products, least in (
        (f"{arguments.products} products", arguments.products, target),
        (f"{HOT_PRODUCTS} hot products", HOT_PRODUCTS, target / 2),
    ):
        rounds.interleave(
            report,
            arguments.rounds,
            floor=lambda: floor.rate(arguments.jobs),
            ours=functools.partial(product.rate, arguments.events, products),
            unit="per s",
            target=rounds.at_least(least),
            name=name,
        )


def main() -> None:
    """Run from the command line: `python -m benchmarks.event_processing`."""
    parser = rounds.options(__doc__ or "", events=4_000)
    parser.add_argument("--products", type=int, default=1_000, help="products that the events are about (%(default)s)")
    parser.add_argument("--jobs", type=int, default=300, help="empty jobs of one measurement (%(default)s)")
    rounds.run(parser, measure)


if __name__ == "__main__":
    main()
