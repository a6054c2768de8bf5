"""How many entitlement checks per second are answered, next to a bare Flask route that runs one indexed SELECT?

Both behind the same server with the same options, over the same tables; each question is about another purchase.
"""

from __future__ import annotations

import random
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.services.access import tokens
from tests.support.bulk_purchases import FIRST_NUMBER, SHOP, gather_statistics, insert_purchases

from . import fixtures, floors, load, rounds, stack

CONNECTIONS = 32
LEAST_RATIO = 0.60
PURCHASES = 100_000
ASKED_ABOUT = 2_000
PATHS = {"ours": "/api/v1/entitlements", "floor": "/subscriptions"}


def measure(asked: Namespace, kind: str) -> rounds.Report:
    """Product and floor side by side; only one of them is asked at a time."""
    report = rounds.Report(title=f"entitlement, {PURCHASES:,} purchases", database=kind)
    with stack.folder() as here, stack.databases(kind, here) as database:
        url = database()
        place = stack.place(here, url, api_rate_per_minute=999_999_999)
        place.environment.update(
            {floors.URL: url, floors.SECRET: place.secret, f"{PREFIX}SECRET_KEY": "of-a-benchmark"}
        )
        token = fill(place)
        with (
            stack.web(place, here / "web.log") as ours,
            stack.web(place, here / "bare.log", app="benchmarks.floors:create_app") as floor,
        ):
            compare(asked, report, token, {"ours": ours, "floor": floor})
    return report


def fill(place: stack.Deployment) -> str:
    """Purchases of one product in their first year; gives a token of the platform."""
    runtime = place.make_runtime()
    fixtures.publish(runtime, [fixtures.seller(), fixtures.product(0)])
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=number) for number in range(1, 280)]
    insert_purchases(runtime.database, fixtures.product_id(0), days, PURCHASES)
    gather_statistics(runtime.database)
    _, token = tokens.create(runtime, "platform")
    runtime.database.dispose()
    return token


def compare(asked: Namespace, report: rounds.Report, token: str, ports: dict[str, int]) -> None:
    """Both as fast as they can."""
    chosen = random.Random(1).sample(range(PURCHASES), ASKED_ABOUT)
    queries = [f"purchase_id=o-{FIRST_NUMBER + number}&shop_url={quote(SHOP, safe='')}" for number in chosen]
    latencies: dict[str, list[float]] = {"ours": [], "floor": []}
    cpu: list[float] = []

    def rate(whose: str, count: int = asked.events) -> float:
        order = load.Order(
            port=ports[whose], path=PATHS[whose], secret=token, count=count, connections=CONNECTIONS, queries=queries
        )
        answered = load.post(order)
        latencies[whose] += answered.latencies_ms
        cpu.append(answered.own_cpu)
        return answered.rate_per_s

    for whose in PATHS:
        rate(whose, count=1_000)  # threads start, connections open, tokens are known.
        latencies[whose].clear()
    cpu.clear()
    rounds.interleave(
        report,
        asked.rounds,
        floor=lambda: rate("floor"),
        ours=lambda: rate("ours"),
        unit="checks/s",
        target=rounds.at_least(LEAST_RATIO),
    )
    report.add("generator's share of one core", rounds.Spread.of(cpu))
    for whose in PATHS:
        report.add(f"{whose}: p99 of {CONNECTIONS} at once", rounds.percentile(latencies[whose], 0.99), "ms")


def main() -> None:
    """Run from the command line: `python -m benchmarks.entitlement`."""
    asked = rounds.options(__doc__ or "", events=10_000).parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
