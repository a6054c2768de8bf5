"""Entitlement checks answered per second, next to a bare Flask route that runs one indexed SELECT.

Both behind the same server with the same options, over the same tables; each request is about another purchase.
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
REQUESTED_PURCHASES = 2_000
PATHS = {"ours": "/api/v1/entitlements", "floor": "/subscriptions"}


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """Product and floor side by side; only one of them has requests at a time."""
    report = rounds.Report(title=f"entitlement, {PURCHASES:,} purchases", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        url = database()
        deployment = stack.deploy(folder, url, api_rate_per_minute=999_999_999)
        deployment.environment.update(
            {
                floors.URL: url,
                floors.SECRET: deployment.secret,
                f"{PREFIX}SECRET_KEY": "n7Vw2qLxR9tYk4Zs8HdF3mPa6JcB5eUg",
            }
        )
        token = fill(deployment)
        with (
            stack.web(deployment, folder / "web.log") as ours,
            stack.web(deployment, folder / "bare.log", app="benchmarks.floors:create_app") as floor,
        ):
            compare(arguments, report, token, {"ours": ours, "floor": floor})
    return report


def fill(deployment: stack.Deployment) -> str:
    """Insert purchases of one product in their first year; return a token of the platform."""
    runtime = deployment.make_runtime()
    fixtures.apply_events(runtime, [fixtures.seller(), fixtures.product(0)])
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=number) for number in range(1, 280)]
    insert_purchases(runtime.database, fixtures.product_id(0), days, PURCHASES)
    gather_statistics(runtime.database)
    _, token = tokens.create(runtime, "platform")
    runtime.database.dispose()
    return token


def compare(arguments: Namespace, report: rounds.Report, token: str, ports: dict[str, int]) -> None:
    """Measure both at full speed."""
    chosen = random.Random(1).sample(range(PURCHASES), REQUESTED_PURCHASES)
    queries = [f"purchase_id=o-{FIRST_NUMBER + number}&shop_url={quote(SHOP, safe='')}" for number in chosen]
    latencies: dict[str, list[float]] = {"ours": [], "floor": []}
    cpu: list[float] = []

    def rate(side: str, count: int = arguments.events) -> float:
        order = load.Order(
            port=ports[side], path=PATHS[side], secret=token, count=count, connections=CONNECTIONS, queries=queries
        )
        answered = load.post(order)
        latencies[side] += answered.latencies_ms
        cpu.append(answered.own_cpu)
        return answered.rate_per_s

    for side in PATHS:
        rate(side, count=1_000)  # threads start, connections open, tokens are known.
        latencies[side].clear()
    cpu.clear()
    rounds.interleave(
        report,
        arguments.rounds,
        floor=lambda: rate("floor"),
        ours=lambda: rate("ours"),
        unit="checks/s",
        target=rounds.at_least(LEAST_RATIO),
    )
    report.add("generator's share of one core", rounds.Spread.of(cpu))
    for side in PATHS:
        report.add(f"{side}: p99 of {CONNECTIONS} at once", rounds.percentile(latencies[side], 0.99), "ms")


def main() -> None:
    """Run from the command line: `python -m benchmarks.entitlement`."""
    rounds.run(rounds.options(__doc__ or "", events=10_000), measure)


if __name__ == "__main__":
    main()
