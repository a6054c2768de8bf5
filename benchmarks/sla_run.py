"""Deadline run: marking a thousand missed clocks among a million open ones.

Next to two floors in the same database. **The same rows**: the bare statements that write what the run writes: the
UPDATE that takes the clocks out of `running`, that of their requests, the INSERT … SELECT of an event for
each. **The clocks alone**: the first of the three, which nobody could act upon. Each measurement has a thousand other
clocks run out, here and there in the table.
"""

from __future__ import annotations

import itertools
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import bindparam, text

from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.support.sla_run import run_sla
from tests.support.bulk_clocks import expire_clocks, insert_open_requests
from tests.support.bulk_purchases import gather_statistics

from . import fixtures, rounds, stack

DUE = 1_000
MOST_RATIO = 2.0
UPDATE = text(
    "UPDATE mh_clocks SET state = 'missed', missed_at = due_before, noticed_at = :now, notice_id = :notice, "
    "warn_at = NULL WHERE state = 'running' AND due_before <= :now RETURNING request_id"
)
COUNT = text("UPDATE mh_requests SET sequence = sequence + 1, next_deadline_at = NULL WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
# An id and the data of each outgoing event, made by the database.
_PAIRS = "'request_id', r.id, 'customer_id', r.customer_id, 'seller_id', r.seller_id, 'due_before'"
_MADE = {
    "sqlite": f"{fixtures.EVENT_ID['sqlite']}, json_object({_PAIRS}, c.due_before), '{{}}'",
    "postgresql": f"{fixtures.EVENT_ID['postgresql']}, jsonb_build_object({_PAIRS}, c.due_before), '{{}}'::jsonb",
}
_INSERT = """INSERT INTO mh_outbox (type, subject_kind, subject_id, sequence, created_at, event_id, data, cause)
    SELECT 'support_request.acknowledgement_missed', 'support_request', r.id, r.sequence, :now, {made}
    FROM mh_clocks c JOIN mh_requests r ON r.id = c.request_id WHERE c.request_id IN :ids"""


def timed(runtime: Runtime, first: int, every: int, act: Callable[[], int]) -> float:
    """Have a thousand clocks run out, and time how `act` marks them, in milliseconds."""
    expire_clocks(runtime.database, range(first, first + DUE * every, every))
    begun_s = time.perf_counter()
    done = act()
    took_ms = (time.perf_counter() - begun_s) * 1000
    if done != DUE:
        raise RuntimeError(f"{done} clocks were marked, not {DUE}")
    return took_ms


def bare(runtime: Runtime, notice: str, *, all_rows: bool) -> int:
    """The floor: one UPDATE, or all that has to be written; return how many clocks."""
    database = runtime.database
    given = {"now": runtime.now().replace(tzinfo=None).isoformat(" ", timespec="microseconds"), "notice": notice}
    with database.begin() as connection:
        ids = list(connection.scalars(UPDATE, given))
        if all_rows:
            insert = text(_INSERT.format(made=_MADE[database.url.get_backend_name()]))
            connection.execute(COUNT, {"ids": ids})
            connection.execute(insert.bindparams(bindparam("ids", expanding=True)), {"now": given["now"], "ids": ids})
    return len(ids)


def compare(arguments: Namespace, report: rounds.Report, folder: Path, url: str) -> None:
    """Ours next to both floors."""
    runtime = stack.deploy(folder, url).make_runtime()
    fixtures.apply_events(runtime, [fixtures.seller(), fixtures.product(0)])
    insert_open_requests(runtime.database, fixtures.product_id(0), arguments.events)
    gather_statistics(runtime.database)
    offsets = itertools.count()
    notices = (f"floor-{number}" for number in itertools.count())
    every = arguments.events // DUE

    def milliseconds(act: Callable[[], int]) -> float:
        return timed(runtime, next(offsets), every, act)

    for name, all_rows, target in (("same rows", True, rounds.at_most(MOST_RATIO)), ("clocks alone", False, None)):
        rounds.interleave(
            report,
            arguments.rounds,
            floor=lambda all_rows=all_rows: milliseconds(lambda: bare(runtime, next(notices), all_rows=all_rows)),
            ours=lambda: milliseconds(lambda: run_sla(runtime)),
            unit="ms",
            target=target,
            name=name,
        )
    runtime.database.dispose()


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"desk, {DUE:,} of {arguments.events:,} open clocks are due", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        rounds.report_progress(f"{report.title} {kind}: making the rows")
        compare(arguments, report, folder, database())
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.sla_run`."""
    rounds.run(rounds.options(__doc__ or "", events=1_000_000, rounds=5), measure)


if __name__ == "__main__":
    main()
