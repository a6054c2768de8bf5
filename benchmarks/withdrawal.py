"""How long does a withdrawal take that cancels a million renewals, how large does its worker get, and who waits for it?

Next to the bare statements over the same rows and indexes: each measurement on a fresh copy of the same database, by
a process of its own. And while the product's workers carry one, other products are hidden: how long do their pages
outlive it?
"""

from __future__ import annotations

import itertools
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from marketplace_hooks.models.cascades import Cascade, CascadeState
from tests.support.bulk_purchases import gather_statistics, insert_purchases

from . import fixtures, hide, rounds, stack
from .withdrawal_worker import Carried, carry

MOST_RATIO = {"sqlite": 1.5, "postgresql": 2.0}
MOST_MB = 150.0
MOST_HIDE_P99_MS = 1_000.0
BOUGHT_WITHIN_DAYS = 280
"""So that nothing is due: neither a renewal nor, two months before it, its notice."""


def fill(here: Path, url: str, count: int) -> None:
    """So many Business Cares of one product, in their first year, and a few other products."""
    runtime = stack.place(here, url).make_runtime()
    fixtures.publish(runtime, [fixtures.seller()])
    fixtures.publish(runtime, [fixtures.product(number) for number in range(hide.PRODUCTS)])
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=number) for number in range(1, BOUGHT_WITHIN_DAYS + 1)]
    insert_purchases(runtime.database, fixtures.product_id(0), days, count)
    gather_statistics(runtime.database)
    runtime.database.dispose()


def compare(asked: Namespace, report: rounds.Report, here: Path, database: stack.Databases, filled: str) -> None:
    """Ours and the floor, each on a copy."""
    ours: list[Carried] = []

    def seconds(whose: str) -> float:
        copy = database(template=filled)
        carried = carry(stack.place(here, copy), whose)
        database.drop(copy)
        if whose == "ours":
            ours.append(carried)
        return carried.took_s

    rounds.interleave(
        report,
        asked.rounds,
        floor=lambda: seconds("floor"),
        ours=lambda: seconds("ours"),
        unit="s",
        target=rounds.at_most(MOST_RATIO[report.database]),
    )
    report.add("the worker before", rounds.Spread.of([one.begun_mb for one in ours]), "MB")
    peak = rounds.Spread.of([one.peak_mb for one in ours])
    report.add("the worker at its largest", peak, "MB", rounds.at_most(MOST_MB))


def hide_meanwhile(report: rounds.Report, here: Path, url: str) -> None:
    """Hide and show other products for as long as the cascade runs."""
    took_ms: list[float] = []
    with hide.running(here, url) as shop:
        shop.post(fixtures.status_changed(0, "offline_permanent", next(shop.versions)))
        stack.wait_for(lambda: state_of_cascade(shop) is not None, "the cascade")
        for number in itertools.cycle(range(1, hide.PRODUCTS)):
            if state_of_cascade(shop) is not CascadeState.RUNNING:
                break
            path = f"/products/{fixtures.product_id(number)}"
            event = fixtures.status_changed(number, "offline_temporary", next(shop.versions))
            took_ms.append(hide.seconds_until(shop, path, 404, event) * 1000)
            hide.seconds_until(shop, path, 200, fixtures.status_changed(number, "online", next(shop.versions)))
    if not took_ms:
        raise RuntimeError("the cascade was over before anything could be hidden: ask for more --events")
    report.add(f"hide meanwhile: p50 of {len(took_ms)}", rounds.percentile(took_ms, 0.5), "ms")
    p99 = rounds.percentile(took_ms, 0.99)
    report.add("hide meanwhile: p99", p99, "ms", rounds.at_most(MOST_HIDE_P99_MS))


def state_of_cascade(shop: hide.Shop) -> CascadeState | None:
    """How the withdrawal's cascade stands; None before it began."""
    with shop.runtime.database.reading() as session:
        return session.scalar(select(Cascade.state).where(Cascade.change == "withdrawn"))


def measure(asked: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"withdrawal, {asked.events:,} subscriptions", database=kind)
    with stack.folder() as here, stack.databases(kind, here) as database:
        filled = database()
        rounds.publish(f"{report.title} {kind}: making the rows")
        fill(here, filled, asked.events)
        compare(asked, report, here, database, filled)
        hide_meanwhile(report, here, filled)
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.withdrawal`."""
    asked = rounds.options(__doc__ or "", events=1_000_000, rounds=3).parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
