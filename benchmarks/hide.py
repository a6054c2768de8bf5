"""How long does a page outlive the event that hides it, on an idle machine; and when the worker at it is killed?

The stack is `marketplace-hooks up` itself, in its own processes. With `--defaults`: one recovery with the default lease
and sweep instead.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import random
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.models.inbox import InboxEvent, InboxState, Shard
from marketplace_hooks.remote.redis.queue import JobKind, RedisWakeups, count_workers
from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.services.core.pidfile import find_running
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.inbox import leasing
from marketplace_hooks.services.operations import cascade_run
from marketplace_hooks.services.outbox import dispatcher
from tests.support.ports import free_port, takes_connections

from . import fixtures, rounds, stack

WORKERS = 2
PRODUCTS = 10
MOST_P50_MS = 80.0
MOST_P99_MS = 200.0
WATCHED = {"page": "/products/{}", "api": "/api/v1/products/{}"}


@dataclass(kw_only=True)
class Shop:
    """A running `up` with a few products."""

    place: stack.Deployment
    runtime: Runtime
    port: int
    redis_url: str
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def post(self, event: fixtures.Event) -> None:
        """Sign and post one event; it is kept when this returns. Raises when it is not."""
        body = fixtures.body_of(*event)
        headers = signed_headers(f"evt_{uuid4().hex}", datetime.now(UTC), body, [self.place.secret])
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", "/webhooks/marketplace", body, {"content-type": "application/json", **headers})
            answer = connection.getresponse()
            if answer.status != 202:
                raise RuntimeError(f"{answer.status}: {answer.read().decode(errors='replace')}")

    def is_idle(self) -> bool:
        """Whether nothing is left to do for any worker."""
        now = self.runtime.now()
        with self.runtime.database.reading() as session:
            pending = leasing.has_pending(session, now) or cascade_run.has_pending(session, now)
            return not (pending or dispatcher.has_pending(session, now))

    def has_waiting_events(self) -> bool:
        """Whether an event is not applied yet."""
        with self.runtime.database.reading() as session:
            waiting = select(InboxEvent.id).where(InboxEvent.state == InboxState.RECEIVED).limit(1)
            return session.scalar(waiting) is not None


@contextlib.contextmanager
def running(here: Path, database_url: str) -> Iterator[Shop]:
    """`up` with two workers and everything at its default but the limits of rate."""
    place = stack.place(here, database_url, api_rate_per_minute=0)
    runtime = place.make_runtime()
    fixtures.publish(runtime, [fixtures.seller()])
    fixtures.publish(runtime, [fixtures.product(number) for number in range(PRODUCTS)])
    fixtures.publish(runtime, [fixtures.pack(0, [0, 1])])
    port = free_port()
    command = [sys.executable, "-m", "marketplace_hooks", "up", "--port", str(port), "--workers", str(WORKERS)]
    with stack.process(command, place.environment, here / "up.log") as up:
        stack.wait_for(lambda: takes_connections(port) or up.poll() is not None, "the web server")
        stack.wait_for(lambda: find_running(place.instance), "the note of `up`")
        note = find_running(place.instance)
        redis_url = (note.redis_url if note else None) or ""
        stack.wait_for(lambda: count_workers(redis_url) == WORKERS, "the workers")
        yield Shop(place=place, runtime=runtime, port=port, redis_url=redis_url)
    runtime.database.dispose()


def seconds_until(shop: Shop, path: str, status: int, event: fixtures.Event) -> float:
    """From before the post of the event until the page answers with this status."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30)) as connection:
        connection.connect()
        begun_s = time.perf_counter()
        shop.post(event)
        while True:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status == status:
                return time.perf_counter() - begun_s
            if time.perf_counter() - begun_s > 60:
                raise TimeoutError(f"{path} answers {answer.status}, not {status}")
            time.sleep(0.002)


def hide_and_show(shop: Shop, path: str, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of so many hides and so many shows, each on an idle system; some products are in a pack."""
    hides: list[float] = []
    shows: list[float] = []
    for number in range(count):
        product = number % PRODUCTS
        at = path.format(fixtures.product_id(product))
        for status, answer, took in (("offline_temporary", 404, hides), ("online", 200, shows)):
            stack.wait_for(shop.is_idle, "an idle system")
            time.sleep(random.uniform(0.05, 0.25))
            event = fixtures.status_changed(product, status, next(shop.versions))
            took.append(seconds_until(shop, at, answer, event) * 1000)
    return hides, shows


def measure(asked: Namespace, kind: str) -> rounds.Report:
    """Hides and shows; or one recovery."""
    with stack.folder() as here, stack.databases(kind, here) as database, running(here, database()) as shop:
        if asked.defaults:
            return recovery(kind, shop)
        report = rounds.Report(title=f"hide ({asked.watch})", database=kind)
        path = WATCHED[asked.watch]
        hide_and_show(shop, path, 2)
        hides, shows = hide_and_show(shop, path, asked.events)
        for name, took in (("hide", hides), ("show", shows)):
            report.add(f"{name}: p50 of {len(took)}", rounds.percentile(took, 0.5), "ms", rounds.at_most(MOST_P50_MS))
            report.add(f"{name}: p99", rounds.percentile(took, 0.99), "ms", rounds.at_most(MOST_P99_MS))
            report.add(f"{name}: longest", max(took), "ms")
    return report


def recovery(kind: str, shop: Shop) -> rounds.Report:
    """Kill the worker that holds a lease, work horse and all, in the middle of its work; wait until all is applied."""
    report = rounds.Report(title="recovery", database=kind)
    one_product = [fixtures.status_changed(0, "offline_temporary", next(shop.versions)) for _ in range(3_000)]
    fixtures.put_into_inbox(shop.runtime, one_product)
    RedisWakeups(shop.redis_url, timeout_s=1.0).wake_worker(JobKind.INBOX)
    stack.wait_for(lambda: holder(shop), "a lease", every_s=0.001)
    horse = holder(shop)
    killed_s = time.perf_counter()
    for process in (int(Path(f"/proc/{horse}/stat").read_text().rpartition(")")[2].split()[1]), horse):
        os.kill(process, signal.SIGKILL)
    if not shop.has_waiting_events():
        raise RuntimeError("everything was applied before the worker was killed")
    stack.wait_for(lambda: not shop.has_waiting_events(), "the recovery", within_s=300)
    settings = Settings()
    most_s = settings.lease_s + settings.sweep_interval_s
    report.add("killed → all applied", time.perf_counter() - killed_s, "s", rounds.at_most(most_s))
    return report


def holder(shop: Shop) -> int:
    """The process that holds a shard now; 0 when nobody does."""
    with shop.runtime.database.reading() as session:
        owner = session.scalar(select(Shard.owner).where(Shard.owner.is_not(None)).limit(1))
    return int((owner or ":0").rpartition(":")[2])


def main() -> None:
    """Run from the command line: `python -m benchmarks.hide`."""
    parser = rounds.options(__doc__ or "", events=100)
    parser.add_argument("--watch", choices=list(WATCHED), default="page", help="what is looked at (%(default)s)")
    parser.add_argument("--defaults", action="store_true", help="one recovery with the default lease and sweep")
    asked = parser.parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
