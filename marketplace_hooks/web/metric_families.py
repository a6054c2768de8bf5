"""Metric families: every figure of a scrape, as Prometheus' client writes it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from ..domain.support.state_machine import ClockName
from ..models.deployment import ProcessKind
from ..services.core.counters import LAG_BOUNDS_S, CounterName, read_counters
from ..services.core.heartbeats import count_alive
from ..services.core.runtime import Runtime, redis_url
from ..services.operations.backlog import Waiting, read_backlog

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "marketplace_hooks_"
COUNTERS = {
    CounterName.EVENTS_RECEIVED: ("result", "Events answered 202: new, a duplicate, or a conflict with a known id."),
    CounterName.EVENTS_REFUSED: ("reason", "Requests to the inbox that were refused, by the code of the answer."),
    CounterName.EVENTS_PROCESSED: ("state", "Events that a worker has dealt with, by the state they came to."),
    CounterName.DELIVERY_ATTEMPTS: ("result", "Attempts to deliver, by the class of the answer."),
    CounterName.DELIVERIES_EXHAUSTED: ("", "Deliveries that were given up after their last attempt."),
    CounterName.DEADLINES_MISSED: ("deadline", "Deadlines of support requests that were missed."),
    CounterName.LEASES_LOST: ("", "Leases of events and cascades that another worker has taken over."),
}

SHOWN_AT_ZERO = {CounterName.DEADLINES_MISSED: tuple(ClockName)}
"""The values of a label that a scrape shows from the start: Prometheus sees no increase from nothing to the first."""


def write_figures(runtime: Runtime) -> bytes:
    """The figures now, in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(runtime))
    return generate_latest(registry)


class Figures(Collector):
    """Everything that one scrape shows."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def describe(self) -> Iterator[Metric]:
        """Nothing is read before it is asked for."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read every figure. Raises `Unavailable` when the database is away: a scrape without figures must fail."""
        runtime = self._runtime
        runtime.counters.store()
        started_s = time.perf_counter()
        with runtime.database.read_session() as session:
            counts = read_counters(session)
            database_s = time.perf_counter() - started_s
            backlog = read_backlog(session, runtime.now())
            alive = count_alive(session, runtime.now())
        yield from _counters(counts)
        yield _lag(counts)
        yield from _backlog(backlog)
        yield _processes(alive)
        yield _gauge("database_seconds", "How long the database took to answer a small query.", database_s)
        yield from _redis(runtime)


def _counters(counts: Mapping[CounterName, Mapping[str, float]]) -> Iterator[Metric]:
    for name, (label, help_text) in COUNTERS.items():
        family = CounterMetricFamily(f"{PREFIX}{name}", help_text, labels=[label] if label else [])
        values = {**dict.fromkeys(SHOWN_AT_ZERO.get(name, () if label else ("",)), 0.0), **counts[name]}
        for value, count in sorted(values.items()):
            family.add_metric([value] if label else [], count)
        yield family


def _lag(counts: Mapping[CounterName, Mapping[str, float]]) -> Metric:
    bounds = [*(str(bound) for bound in LAG_BOUNDS_S), "+Inf"]
    buckets = counts[CounterName.EVENT_LAG_BUCKET]
    cumulated = list(itertools.accumulate(buckets.get(bound, 0.0) for bound in bounds))
    family = HistogramMetricFamily(f"{PREFIX}event_lag_seconds", "From the receipt of an event to its effects.")
    total_s = sum(counts[CounterName.EVENT_LAG_SUM_S].values())
    family.add_metric([], list(zip(bounds, cumulated, strict=True)), sum_value=total_s)
    return family


def _backlog(backlog: Mapping[str, Waiting]) -> Iterator[Metric]:
    count = GaugeMetricFamily(f"{PREFIX}backlog", "Rows that wait, by kind.", labels=["kind"])
    oldest = GaugeMetricFamily(f"{PREFIX}backlog_oldest_seconds", "How long the oldest of them waits.", labels=["kind"])
    for kind, waiting in backlog.items():
        count.add_metric([kind], waiting.count)
        oldest.add_metric([kind], waiting.oldest_s)
    return iter((count, oldest))


def _processes(alive: Mapping[ProcessKind, int]) -> Metric:
    """0 for a kind of which none is alive: an alert compares numbers."""
    family = GaugeMetricFamily(f"{PREFIX}processes_alive", "Background processes alive, by kind.", labels=["kind"])
    for kind in ProcessKind:
        family.add_metric([kind], alive.get(kind, 0))
    return family


def _redis(runtime: Runtime) -> Iterator[Metric]:
    url = redis_url(runtime.settings)
    started_s = time.perf_counter()
    if url is None:
        is_up = False
    else:
        from ..remote.redis.queue import answers  # with its libraries loaded where there is a Redis alone.

        is_up = answers(url)
    yield _gauge("redis_up", "Whether Redis answers. Without it the scheduler does the work.", float(is_up))
    if is_up:
        yield _gauge("redis_seconds", "How long Redis took to answer a PING.", time.perf_counter() - started_s)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", help_text, value=value)
