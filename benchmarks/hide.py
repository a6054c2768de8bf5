"""How long after the post of an event is the page gone, on an idle system? And after a worker was killed?"""

from __future__ import annotations

import http.client
import itertools
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime

from marketplace_hooks.domain.statuses import Status
from marketplace_hooks.remote.embedded_redis import EmbeddedRedis
from marketplace_hooks.remote.queue import connect
from marketplace_hooks.remote.signatures import signed_headers

from . import marketplaces, rounds, stack

WORKERS = 2
P50_MS, P99_MS = 80.0, 200.0
RECOVERED_WITHIN_S = 60.0
IDLE_S = 0.1
_HOLDER = """
import sys, time
from marketplace_hooks.extension import load_installation
from marketplace_hooks.services.inbox import claim_shards
print(len(claim_shards(load_installation(), "a worker that will be killed")), flush=True)
time.sleep(600)
"""


def measure(asked: Namespace, kind: str) -> rounds.Report:
    """Posts through the production server; the page asked for until it is 404; nothing else going on."""
    report = rounds.Report(title="hide", database=kind)
    with stack.folder() as here, stack.databases(kind, here) as database, EmbeddedRedis() as redis:
        place = stack.place(here, database(), redis.url, api_rate_per_minute=0)
        installation = place.install()
        ids = marketplaces.make_products(installation, asked.events)
        scheduler = [sys.executable, "-m", "marketplace_hooks", "scheduler"]
        with (
            stack.web(place, here / "web.log") as port,
            stack.product_workers(place, here / "workers.log", WORKERS),
            stack.process(scheduler, place.environment, here / "scheduler.log"),
        ):
            stack.wait_for(lambda: len(connect(redis.url).smembers("rq:workers")) >= WORKERS, "the workers")
            _hide(port, place.secret, ids[0], 1)
            if asked.defaults:
                report.add("applied after a kill", _recovery_s(place, installation, ids[1]), "s", _WITHIN)
                return report
            took = list(_each(port, place.secret, ids[1:]))
        installation.database.dispose()
    report.add("post to page gone, p50", rounds.percentile(took, 0.5), "ms", rounds.at_most(P50_MS))
    report.add("post to page gone, p99", rounds.percentile(took, 0.99), "ms", rounds.at_most(P99_MS))
    report.add("post to page gone, most", max(took), "ms")
    return report


_WITHIN = rounds.at_most(RECOVERED_WITHIN_S)


def _each(port: int, secret: str, ids: list[str]) -> Iterator[float]:
    for number, product_id in enumerate(ids, 1):
        time.sleep(IDLE_S)
        yield _hide(port, secret, product_id, 1)
        if number % 25 == 0:
            rounds.tell(f"{number} pages hidden")


def _hide(port: int, secret: str, product_id: str, version: int) -> float:
    """Milliseconds from the first byte posted to the first 404."""
    event_id, body = marketplaces.post_status(product_id, Status.OFFLINE_TEMPORARY, version)
    headers = {"Content-Type": "application/json", **signed_headers(event_id, datetime.now(UTC), body, [secret])}
    poster, reader = (http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(2))
    reader.connect()
    begun = time.perf_counter()
    poster.request("POST", "/webhooks/marketplace", body, headers)
    answer = poster.getresponse()
    answer.read()
    if answer.status != 202:
        raise RuntimeError(f"the event was answered {answer.status}")
    for _ in itertools.count():
        reader.request("GET", f"/api/v1/products/{product_id}")
        page = reader.getresponse()
        page.read()
        if page.status == 404:
            break
        if time.perf_counter() - begun > 30:
            raise TimeoutError(f"{product_id} is still shown")
        time.sleep(0.002)
    took_ms = (time.perf_counter() - begun) * 1000
    poster.close()
    reader.close()
    return took_ms


def _recovery_s(place: stack.Place, installation: object, product_id: str) -> float:
    """A worker leases the event's shard and is killed; seconds until the event is applied, by the defaults."""
    here = place.install()
    marketplaces.fill_inbox(here, [(product_id, Status.OFFLINE_TEMPORARY, 1)])
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER], env=place.environment, stdout=subprocess.PIPE, cwd=stack.ROOT
    )
    if holder.stdout is not None:
        holder.stdout.readline()
    holder.kill()
    holder.wait()
    begun = time.monotonic()
    stack.wait_for(lambda: not marketplaces.waiting(here), "the recovery", within_s=120, every_s=0.2)
    here.database.dispose()
    return time.monotonic() - begun


def main() -> None:
    """`python -m benchmarks.hide`"""
    parser = rounds.options(__doc__ or "", events=201)
    parser.add_argument("--defaults", action="store_true", help="measure the recovery from a killed worker instead")
    asked = parser.parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
