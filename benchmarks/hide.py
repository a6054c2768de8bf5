"""Latency of hiding: from the post of an event until the page answers 404, on an idle `marketplace-hooks up`.

With `--defaults`: the time from a killed worker until every event is applied, with the default lease and recovery
interval. With `--waiting 200000`: hides while so many other events wait to be applied.
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
from marketplace_hooks.models.inbox import Shard
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.remote.redis.queue import RedisWakeups
from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.services.core.pidfile import find_running
from marketplace_hooks.services.core.runtime import Runtime
from tests.support.inbox_rows import Event, body_of, has_pending_events, insert_events
from tests.support.ports import free_port, takes_connections

from . import fixtures, rounds, stack

WORKERS = 2
PRODUCTS = 10
MOST_P50_MS = 80.0
MOST_P99_MS = 200.0
MOST_P99_IN_A_BACKLOG_MS = 1_000.0
OTHERS = 1_000
"""Products that the waiting events are about."""
WATCHED = {"page": "/products/{}", "api": "/api/v1/products/{}"}


@dataclass(kw_only=True)
class Shop:
    """A running `up` with a few products."""

    deployment: stack.Deployment
    runtime: Runtime
    port: int
    redis_url: str
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def post(self, event: Event) -> None:
        """Sign and post one event. Raises unless it is stored."""
        body = body_of(event)
        headers = signed_headers(f"evt_{uuid4().hex}", datetime.now(UTC), body, [self.deployment.secret])
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", "/webhooks/marketplace", body, {"content-type": "application/json", **headers})
            answer = connection.getresponse()
            if answer.status != 202:
                raise RuntimeError(f"{answer.status}: {answer.read().decode(errors='replace')}")


@contextlib.contextmanager
def running(folder: Path, database_url: str) -> Iterator[Shop]:
    """`up` with two workers and default settings, but for the rate limits."""
    deployment = stack.deploy(folder, database_url, api_rate_per_minute=0)
    runtime = deployment.make_runtime()
    fixtures.apply_events(runtime, [fixtures.seller()])
    fixtures.apply_events(runtime, [fixtures.product(number) for number in range(PRODUCTS)])
    fixtures.apply_events(runtime, [fixtures.pack(0, [0, 1])])
    port = free_port()
    command = [sys.executable, "-m", "marketplace_hooks", "up", "--port", str(port), "--workers", str(WORKERS)]
    with stack.process(command, deployment.environment, folder / "up.log") as up:
        stack.wait_for(lambda: takes_connections(port) or up.poll() is not None, "the web server")
        stack.wait_for(lambda: find_running(deployment.instance), "the pid file of `up`")
        pid_file = find_running(deployment.instance)
        redis_url = (pid_file.redis_url if pid_file else None) or ""
        stack.wait_for(lambda: stack.count_workers(runtime) == WORKERS, "the workers")
        yield Shop(deployment=deployment, runtime=runtime, port=port, redis_url=redis_url)
    runtime.database.dispose()


def seconds_until(shop: Shop, path: str, status: int, event: Event) -> float:
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
            stack.wait_for(lambda: fixtures.is_idle(shop.runtime), "an idle system")
            time.sleep(random.uniform(0.05, 0.25))
            event = fixtures.status_changed(product, status, next(shop.versions))
            took.append(seconds_until(shop, at, answer, event) * 1000)
    return hides, shows


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """Hides and shows; or one recovery."""
    with (
        stack.temporary_folder() as folder,
        stack.databases(kind, folder) as database,
        running(folder, database()) as shop,
    ):
        if arguments.defaults:
            return recovery(kind, shop)
        if arguments.waiting:
            return in_a_backlog(arguments, kind, shop)
        report = rounds.Report(title=f"hide ({arguments.watch})", database=kind)
        path = WATCHED[arguments.watch]
        hide_and_show(shop, path, 2)
        hides, shows = hide_and_show(shop, path, arguments.events)
        for name, took in (("hide", hides), ("show", shows)):
            report.add(f"{name}: p50 of {len(took)}", rounds.percentile(took, 0.5), "ms", rounds.at_most(MOST_P50_MS))
            report.add(f"{name}: p99", rounds.percentile(took, 0.99), "ms", rounds.at_most(MOST_P99_MS))
            report.add(f"{name}: longest", max(took), "ms")
    return report


def in_a_backlog(arguments: Namespace, kind: str, shop: Shop) -> rounds.Report:
    """Hides, each as soon as the one before is seen, for as long as other events wait; then all are put back."""
    report = rounds.Report(title=f"hide ({arguments.watch}), {arguments.waiting:,} events waiting", database=kind)
    path = WATCHED[arguments.watch]
    hide_and_show(shop, path, 2)
    numbers = range(PRODUCTS, PRODUCTS + OTHERS)
    for version in range(1, arguments.waiting // OTHERS + 1):
        insert_events(shop.runtime, [fixtures.product(number, version=version) for number in numbers])
    RedisWakeups(shop.redis_url, shop.runtime.redis_names, timeout_s=1.0).wake_worker(JobKind.INBOX)
    hides: list[float] = []
    while has_pending_events(shop.runtime) and len(hides) < arguments.events:
        number = len(hides) % PRODUCTS
        at = path.format(fixtures.product_id(number))
        for status, answer in (("offline_temporary", 404), ("online", 200)):
            took_s = seconds_until(shop, at, answer, fixtures.status_changed(number, status, next(shop.versions)))
            if answer == 404:
                hides.append(took_s * 1000)
        time.sleep(random.uniform(0.05, 0.25))
    report.add(f"hide: p50 of {len(hides)}", rounds.percentile(hides, 0.5), "ms")
    report.add("hide: p99", rounds.percentile(hides, 0.99), "ms", rounds.at_most(MOST_P99_IN_A_BACKLOG_MS))
    report.add("hide: longest", max(hides), "ms")
    return report


def recovery(kind: str, shop: Shop) -> rounds.Report:
    """Kill the worker that holds a lease, work horse and all, in the middle of its work; wait until all is applied."""
    report = rounds.Report(title="recovery", database=kind)
    one_product = [fixtures.status_changed(0, "offline_temporary", next(shop.versions)) for _ in range(3_000)]
    insert_events(shop.runtime, one_product)
    RedisWakeups(shop.redis_url, shop.runtime.redis_names, timeout_s=1.0).wake_worker(JobKind.INBOX)
    stack.wait_for(lambda: holder(shop), "a lease", every_s=0.001)
    work_horse = holder(shop)
    killed_s = time.perf_counter()
    for process in (int(Path(f"/proc/{work_horse}/stat").read_text().rpartition(")")[2].split()[1]), work_horse):
        os.kill(process, signal.SIGKILL)
    if not has_pending_events(shop.runtime):
        raise RuntimeError("everything was applied before the worker was killed")
    stack.wait_for(lambda: not has_pending_events(shop.runtime), "the recovery", within_s=300)
    settings = Settings()
    most_s = settings.lease_s + settings.sweep_interval_s
    report.add("killed → all applied", time.perf_counter() - killed_s, "s", rounds.at_most(most_s))
    return report


def holder(shop: Shop) -> int:
    """The process that holds a shard now; 0 when nobody does."""
    with shop.runtime.database.read_session() as session:
        owner = session.scalar(select(Shard.owner).where(Shard.owner.is_not(None)).limit(1))
    return int((owner or ":0").rpartition(":")[2])


def main() -> None:
    """Run from the command line: `python -m benchmarks.hide`."""
    parser = rounds.options(__doc__ or "", events=100)
    parser.add_argument("--watch", choices=list(WATCHED), default="page", help="what is looked at (%(default)s)")
    parser.add_argument(
        "--defaults", action="store_true", help="one recovery with the default lease and recovery interval"
    )
    parser.add_argument("--waiting", type=int, default=0, help="other events that wait meanwhile (none)")
    rounds.run(parser, measure)


if __name__ == "__main__":
    main()
