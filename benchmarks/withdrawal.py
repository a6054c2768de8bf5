"""Withdrawal of a product with a million renewals: duration, memory of the worker, latency of other changes.

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
from .withdrawal_worker import WithdrawalResult, carry

MOST_RATIO = {"sqlite": 1.5, "postgresql": 2.0}
MOST_MB = 150.0
MOST_HIDE_P99_MS = 1_000.0
BOUGHT_WITHIN_DAYS = 280
"""So that neither a renewal nor its notice, two months before it, is due."""


def fill(folder: Path, url: str, count: int) -> None:
    """So many Business Cares of one product, in their first year, and a few other products."""
    runtime = stack.deploy(folder, url).make_runtime()
    fixtures.apply_events(runtime, [fixtures.seller()])
    fixtures.apply_events(runtime, [fixtures.product(number) for number in range(hide.PRODUCTS)])
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=number) for number in range(1, BOUGHT_WITHIN_DAYS + 1)]
    insert_purchases(runtime.database, fixtures.product_id(0), days, count)
    gather_statistics(runtime.database)
    runtime.database.dispose()


def compare(
    arguments: Namespace, report: rounds.Report, folder: Path, database: stack.Databases, template: str
) -> None:
    """Ours and the floor, each on a copy."""
    ours: list[WithdrawalResult] = []

    def seconds(side: str) -> float:
        copy = database(template=template)
        result = carry(stack.deploy(folder, copy), side)
        database.drop(copy)
        if side == "ours":
            ours.append(result)
        return result.took_s

    rounds.interleave(
        report,
        arguments.rounds,
        floor=lambda: seconds("floor"),
        ours=lambda: seconds("ours"),
        unit="s",
        target=rounds.at_most(MOST_RATIO[report.database]),
    )
    report.add("the worker before", rounds.Spread.of([one.begun_mb for one in ours]), "MB")
    peak = rounds.Spread.of([one.peak_mb for one in ours])
    report.add("the worker at its largest", peak, "MB", rounds.at_most(MOST_MB))


def hide_meanwhile(report: rounds.Report, folder: Path, url: str) -> None:
    """Hide and show other products for as long as the cascade runs."""
    took_ms: list[float] = []
    with hide.running(folder, url) as shop:
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
    with shop.runtime.database.read_session() as session:
        return session.scalar(select(Cascade.state).where(Cascade.change == "withdrawn"))


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"withdrawal, {arguments.events:,} subscriptions", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        template = database()
        rounds.report_progress(f"{report.title} {kind}: making the rows")
        fill(folder, template, arguments.events)
        compare(arguments, report, folder, database, template)
        hide_meanwhile(report, folder, template)
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.withdrawal`."""
    rounds.run(rounds.options(__doc__ or "", events=1_000_000, rounds=3), measure)


if __name__ == "__main__":
    main()
