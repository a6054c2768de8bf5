"""Counters: how often something happened in this process, added up in memory and stored from time to time.

Workers live for one job, on any machine, so their counts cannot be asked of them: they stand in rows. What a process
has counted and not stored yet when it is killed is lost; counters are for figures, and no rule reads them.
"""

from __future__ import annotations

import enum
import os
import threading
import time
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...database.engine import Database
from ...models.counters import StoredCounter
from ...telemetry.log_context import get_logger

log = get_logger(__name__)

PARTS = 8
STORE_INTERVAL_S = 5.0
LAG_BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class CounterName(enum.StrEnum):
    """What is counted. The label says by what: a result, a reason, a state."""

    EVENTS_RECEIVED = "events_received"
    EVENTS_REFUSED = "events_refused"
    EVENTS_PROCESSED = "events_processed"
    EVENT_LAG_BUCKET = "event_lag_bucket"
    EVENT_LAG_SUM_S = "event_lag_sum_s"
    DELIVERY_ATTEMPTS = "delivery_attempts"
    DELIVERIES_EXHAUSTED = "deliveries_exhausted"
    DEADLINES_MISSED = "deadlines_missed"
    LEASES_LOST = "leases_lost"


class Counters:
    """The counts of one process. `keeps_storing`: a thread stores them every few seconds, as a web process needs it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.keeps_storing = False
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._thread: threading.Thread | None = None

    def add(self, name: CounterName, label: str = "", by: float = 1) -> None:
        """Count once more, or `by` more. Costs under a microsecond, and never fails."""
        with self._lock:
            self._counts[name, label] += by  # type: ignore[assignment] # a Counter adds floats as well.
        if self.keeps_storing and (self._thread is None or not self._thread.is_alive()):
            self._start_thread()

    def add_lag(self, waited_s: float) -> None:
        """Count an event that was applied so long after its receipt, in its bucket of the histogram."""
        bound = next((bound for bound in LAG_BOUNDS_S if waited_s <= bound), None)
        self.add(CounterName.EVENT_LAG_BUCKET, "+Inf" if bound is None else str(bound))
        self.add(CounterName.EVENT_LAG_SUM_S, by=max(0.0, waited_s))

    def store(self) -> None:
        """Add what was counted to the rows. A database that is away gets it the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._database.retrying(lambda session: _add_to_rows(session, counts))
        except Exception as error:  # figures never stop work; without tables, `/readyz` says what to do.
            log.warning("counts are stored later (%s)", type(error).__name__)
            with self._lock:
                self._counts.update(counts)

    def _start_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._store_for_ever, name="counters", daemon=True)
                self._thread.start()

    def _store_for_ever(self) -> None:
        time.sleep(STORE_INTERVAL_S)
        while self.keeps_storing:  # asked after the pause: whoever ends it may have closed the database.
            self.store()
            time.sleep(STORE_INTERVAL_S)


def _add_to_rows(session: Session, counts: Mapping[tuple[str, str], float]) -> None:
    """Add to the rows of this process's part, always in the same order: two processes cannot wait for each other."""
    part = _own_part()
    rows = [
        {"name": name, "label": label[:60], "part": part, "value": float(value)}
        for (name, label), value in sorted(counts.items())
    ]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(StoredCounter)
    value = StoredCounter.value + statement.excluded.value
    keys = [StoredCounter.name, StoredCounter.label, StoredCounter.part]
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_={"value": value}), rows)


def _own_part() -> int:
    return os.getpid() % PARTS


def read_counters(session: Session) -> dict[CounterName, dict[str, float]]:
    """Every stored counter, by its name and label."""
    total = func.sum(StoredCounter.value)
    query = select(StoredCounter.name, StoredCounter.label, total).group_by(StoredCounter.name, StoredCounter.label)
    found: dict[CounterName, dict[str, float]] = {name: {} for name in CounterName}
    for name, label, value in session.execute(query):
        found.get(CounterName(name), {})[label] = value
    return found
