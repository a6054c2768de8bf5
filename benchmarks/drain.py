"""How many events per second do two workers apply, next to two forking RQ workers with one empty job for each event?"""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from argparse import Namespace
from collections.abc import Iterator

from rq import Queue
from rq.serializers import JSONSerializer

from marketplace_hooks.domain.statuses import Status
from marketplace_hooks.remote.embedded_redis import EmbeddedRedis
from marketplace_hooks.remote.queue import Bell, Doorbells, connect
from marketplace_hooks.services.installation import Installation

from . import marketplaces, rounds, stack

WORKERS = 2
FLOOR_JOBS = 300
HOT_PRODUCTS = 20
LEAST_RATIO = {"sqlite": 12.0, "postgresql": 8.0}
QUEUE = "benchmark"
# The empty job: whatever needs no import in the forked work horse, so that the floor is as fast as RQ can be.
EMPTY = "os.getpid"


def measure(asked: Namespace, kind: str) -> Iterator[rounds.Report]:
    """Over many products, then over a few hot ones; each on a database of its own, on one Redis."""
    for products in (asked.products, HOT_PRODUCTS):
        report = rounds.Report(title=f"drain, {products} products", database=kind)
        share = 1.0 if products != HOT_PRODUCTS else 0.5
        with stack.folder() as here, stack.databases(kind, here) as database, EmbeddedRedis() as redis:
            place = stack.place(here, database(), redis.url)
            installation = place.install()
            ids = marketplaces.make_products(installation, products)
            bells, versions = Doorbells(redis.url, timeout_s=1.0), itertools.count(1)

            def ours(
                installation: Installation = installation,
                ids: list[str] = ids,
                bells: Doorbells = bells,
                versions: Iterator[int] = versions,
            ) -> float:
                return _drain(installation, ids, bells, versions, asked.events)

            with (
                stack.product_workers(place, here / "workers.log", WORKERS),
                _empty_workers(redis, place, here) as empty,
            ):
                stack.wait_for(lambda: _is_served(redis), "the workers")
                ours()  # the first jobs load what the others find loaded.
                rounds.interleave(
                    report,
                    asked.rounds,
                    floor=empty,
                    ours=ours,
                    unit="events/s",
                    target=rounds.at_least(LEAST_RATIO[kind] * share),
                )
            installation.database.dispose()
        yield report


def _drain(installation: Installation, ids: list[str], bells: Doorbells, versions: Iterator[int], count: int) -> float:
    """Put events into the inbox with no bell rung; ring, and wait until none is left."""

    def changes() -> Iterator[tuple[str, Status, int]]:
        for start in range(0, count, len(ids)):
            version = next(versions)
            status = Status.OFFLINE_TEMPORARY if version % 2 else Status.ONLINE
            for id_ in ids[: min(len(ids), count - start)]:
                yield id_, status, version

    filled = marketplaces.fill_inbox(installation, changes())
    begun = time.perf_counter()
    bells.ring(Bell.INBOX)
    stack.wait_for(lambda: not marketplaces.waiting(installation), "the drain", within_s=300, every_s=0.02)
    return filled / (time.perf_counter() - begun)


@contextlib.contextmanager
def _empty_workers(redis: EmbeddedRedis, place: stack.Place, here: object) -> Iterator[object]:
    """Two forking RQ workers, and a function that measures them on empty jobs."""
    client = connect(redis.url)
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    rq = [sys.executable, "-m", "rq.cli", "worker", "--url", redis.url, "--serializer", "rq.serializers.JSONSerializer"]

    def floor() -> float:
        for _ in range(FLOOR_JOBS):
            queue.enqueue_call(EMPTY, result_ttl=0)
        begun = time.perf_counter()
        stack.wait_for(lambda: not queue.count and not queue.started_job_registry.count, "empty jobs", within_s=300)
        return FLOOR_JOBS / (time.perf_counter() - begun)

    with contextlib.ExitStack() as running:
        for number in range(WORKERS):
            log = place.instance / f"rq-{number}.log"
            running.enter_context(stack.process([*rq, "--quiet", QUEUE], place.environment, log))
        stack.wait_for(lambda: len(client.smembers("rq:workers")) >= 2 * WORKERS, "the empty workers")
        yield floor


def _is_served(redis: EmbeddedRedis) -> bool:
    return len(connect(redis.url).smembers("rq:workers")) >= 2 * WORKERS


def main() -> None:
    """`python -m benchmarks.drain`"""
    parser = rounds.options(__doc__ or "", events=4_000)
    parser.add_argument("--products", type=int, default=4_000, help="products of the first measurement (%(default)s)")
    asked = parser.parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
