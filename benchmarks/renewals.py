"""Daily renewal run: a million subscriptions beside those that are due, next to the due ones alone.

The same run on two databases: in one nothing but the due ones stands, in the other a million more. Whatever is touched
beside what is due shows as the difference. That it is found by an index is asserted by a test
(`tests/services/business_care/test_query_plans.py`).
"""

from __future__ import annotations

import time
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from marketplace_hooks.domain.civil_days import add_months
from marketplace_hooks.services.business_care.renewal_run import has_pending, run_renewals
from tests.support.bulk_purchases import gather_statistics, insert_purchases

from . import fixtures, rounds, stack

DUE = 3_000
MOST_RATIO = 1.5
LATER_DAYS = 280


def fill(folder: Path, url: str, *, others: int) -> str:
    """Insert subscriptions due the day before yesterday, and others that are due in some months."""
    runtime = stack.deploy(folder, url).make_runtime()
    fixtures.apply_events(runtime, [fixtures.seller(), fixtures.product(0)])
    today = datetime.now(UTC).date()
    long_ago = add_months(today - timedelta(days=2), -12)
    insert_purchases(runtime.database, fixtures.product_id(0), [long_ago], DUE, prefix="due", notices_sent=True)
    if others:
        days = [today - timedelta(days=number) for number in range(1, LATER_DAYS + 1)]
        insert_purchases(runtime.database, fixtures.product_id(0), days, others)
    gather_statistics(runtime.database)
    runtime.database.dispose()
    return url


def seconds(folder: Path, database: stack.Databases, template: str) -> float:
    """One run on a copy. Raises when it did not decide exactly what was due."""
    copy = database(template=template)
    runtime = stack.deploy(folder, copy).make_runtime()
    with runtime.database.read_session() as session:
        has_pending(session, runtime.now())  # connected, and statements are compiled.
    begun_s = time.perf_counter()
    done = run_renewals(runtime)
    took_s = time.perf_counter() - begun_s
    runtime.database.dispose()
    database.drop(copy)
    if done != DUE:
        raise RuntimeError(f"{done} renewals were decided")
    return took_s


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"renewals, {DUE:,} due beside {arguments.events:,}", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        rounds.report_progress(f"{report.title} {kind}: making the rows")
        alone = fill(folder, database(), others=0)
        among = fill(folder, database(), others=arguments.events)
        seconds(folder, database, alone)
        rounds.interleave(
            report,
            arguments.rounds,
            floor=lambda: seconds(folder, database, alone),
            ours=lambda: seconds(folder, database, among),
            unit="s",
            target=rounds.at_most(MOST_RATIO),
        )
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.renewals`."""
    rounds.run(rounds.options(__doc__ or "", events=1_000_000, rounds=3), measure)


if __name__ == "__main__":
    main()
