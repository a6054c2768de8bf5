"""Worker of the withdrawal benchmark: one withdrawal in its own process, ours or the floor's, with its memory.

Started as `python -m benchmarks.withdrawal_worker ours|floor` in the environment of a deployment; prints one line of
JSON. Ours is what a worker does: claim, chunks, progress, the count at the end. The floor is one transaction
with one UPDATE of the same rows and one INSERT … SELECT of the same events.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import func, select, text

from marketplace_hooks.config.loading import load
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.services.core.runtime import Runtime, make_runtime
from marketplace_hooks.services.operations.cascade_run import run_cascades
from tests.support.inbox_rows import insert_events

from . import fixtures, stack

WITHDRAWN = fixtures.product_id(0)
CAUSE = '{"event_id": "evt_0", "actor": "seller", "reason": "The product will not be maintained any longer."}'
UPDATE = text(
    "UPDATE mh_subscriptions SET withdrawn_from = :now, withdrawal_lifted_at = NULL, cancelled_by = :cascade, "
    "sequence = sequence + 1, notice_at = NULL "
    "WHERE product_id = :product AND state IN ('active', 'payment_pending') AND withdrawn_from IS NULL"
)
# An id and the data of each outgoing event, made by the database.
_PAIRS = "'purchase_id', purchase_id, 'customer_id', customer_id, 'product_id', product_id, 'by', 'withdrawal'"
_MADE = {
    "sqlite": f"{fixtures.EVENT_ID['sqlite']}, json_object({_PAIRS}, 'last_day', last_day), :cause",
    "postgresql": f"{fixtures.EVENT_ID['postgresql']}, "
    f"jsonb_build_object({_PAIRS}, 'last_day', last_day), cast(:cause AS jsonb)",
}
_INSERT = """INSERT INTO mh_outbox
    (type, subject_kind, subject_id, sequence, created_at, cascade_id, event_id, data, cause)
    SELECT 'subscription.renewal_cancelled', 'purchase', purchase_id, sequence, :now, cancelled_by, {made}
    FROM mh_subscriptions WHERE product_id = :product AND cancelled_by = :cascade"""


@dataclass(frozen=True, kw_only=True)
class WithdrawalResult:
    """How long it took; how large the process was before, and at its largest."""

    took_s: float
    begun_mb: float
    peak_mb: float


def carry(deployment: stack.Deployment, side: str) -> WithdrawalResult:
    """Have a process carry the withdrawal. Raises when it did not do all of it."""
    command = [sys.executable, "-m", "benchmarks.withdrawal_worker", side]
    done = subprocess.run(
        command,
        cwd=stack.ROOT,
        env=deployment.environment,
        stdout=subprocess.PIPE,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return WithdrawalResult(**json.loads(done.stdout))


def by_cascade(runtime: Runtime) -> float:
    """Ours, in seconds."""
    insert_events(runtime, [fixtures.status_changed(0, "offline_permanent", 1)])
    process_pending(runtime, "benchmark")
    begun_s = time.perf_counter()
    finished = run_cascades(runtime, "benchmark")
    took_s = time.perf_counter() - begun_s
    if finished != 1:
        raise RuntimeError(f"{finished} cascades were finished")
    return took_s


def by_statements(runtime: Runtime) -> float:
    """The floor, in seconds."""
    database = runtime.database
    now = runtime.now().isoformat(" ")
    given = {"product": WITHDRAWN, "cascade": f"cas_{'0' * 32}", "now": now}
    insert = text(_INSERT.format(made=_MADE[database.url.get_backend_name()]))
    begun_s = time.perf_counter()
    with database.begin() as connection:
        connection.execute(UPDATE, given)
        connection.execute(insert, {**given, "cause": CAUSE})
    return time.perf_counter() - begun_s


def check(runtime: Runtime) -> None:
    """Raise unless every subscription of the product is cancelled, and an event published for each."""
    with runtime.database.read_session() as session:
        ours = select(func.count()).select_from(Subscription).where(Subscription.product_id == WITHDRAWN)
        everybody = session.scalar(ours)
        cancelled = session.scalar(ours.where(Subscription.withdrawn_from.is_not(None)))
        of_type = OutgoingEvent.type == "subscription.renewal_cancelled"
        events = session.scalar(select(func.count()).select_from(OutgoingEvent).where(of_type))
    if not everybody == cancelled == events:
        raise RuntimeError(f"{everybody} subscriptions, {cancelled} cancelled, {events} events")


def megabytes(which: str) -> float:
    """This process's memory: `VmRSS` now, `VmHWM` at its largest."""
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(which))
    return int(line.split()[1]) / 1024


def main() -> None:
    """One withdrawal, and one line about it."""
    runtime = make_runtime(load())
    begun_mb = megabytes("VmRSS")
    took_s = (by_cascade if sys.argv[1] == "ours" else by_statements)(runtime)
    result = WithdrawalResult(took_s=took_s, begun_mb=begun_mb, peak_mb=megabytes("VmHWM"))
    check(runtime)
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
