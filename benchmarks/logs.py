"""Log pages: the log of deliveries and that of received events over a million rows, next to the bare queries.

Ours is what the operator's page reads: a page of rows, and how many there are, up to a thousand. The floor is two
statements made ahead, for the same rows and their number; without a target, ours is also compared with the same two as
text, whose rows have neither instants nor JSON. Each in a session of its own, the fastest of a few readings.
"""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Dialect, Select, func, literal, select, text
from sqlalchemy.orm import Session

from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.outbox import Delivery, DeliveryState, OutgoingEvent
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.operations.event_log import find_events
from marketplace_hooks.services.outbox.delivery_log import find_deliveries
from marketplace_hooks.services.outbox.endpoints import add_endpoint
from marketplace_hooks.web.list_pages import MOST_COUNTED, PAGE_SIZE
from tests.support.bulk_purchases import copy_rows, gather_statistics

from . import fixtures, rounds, stack
from .deliveries import Outbox

REQUESTS = 20
MOST_RATIO = 2.0
ENDPOINTS = 20
_COPY_DELIVERIES = """
    INSERT INTO mh_deliveries (outbox_id, endpoint_id, state, attempts, due_at, last_status, delivered_at)
    SELECT mh_outbox.id, mh_endpoints.id, CASE WHEN mh_outbox.id % 50 = 0 THEN 'exhausted' ELSE 'delivered' END, 1,
        mh_outbox.created_at, 204, mh_outbox.created_at
    FROM mh_outbox JOIN (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM mh_endpoints
    ) AS mh_endpoints ON mh_endpoints.number = mh_outbox.id % {endpoints}
    WHERE event_id LIKE 'copy-%'
"""
_TYPE = "CASE WHEN i % 20 = 0 THEN 'product.upserted' ELSE 'seller.upserted' END"
_STATE = "CASE WHEN i % 50 = 0 THEN 'ignored' ELSE 'applied' END"


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page: the filters that ours is asked for, the row before which it begins, and how many rows there are."""

    model: type[Delivery | InboxEvent]
    filters: dict[str, Any] = field(default_factory=dict)
    before: int | None = None

    def ours(self) -> Callable[[Session], object]:
        """As the page reads it."""
        find: Any = find_deliveries if self.model is Delivery else find_events

        def read(session: Session) -> int:
            found, _ = find(session, limit=PAGE_SIZE + 1, before=self.before, **self.filters)
            if len(found) != PAGE_SIZE + 1:
                raise RuntimeError(f"{len(found)} rows for {self}")
            return int(found.count_up_to(MOST_COUNTED))

        return read

    def bare(self) -> Callable[[Session], object]:
        """Two statements, made ahead."""
        rows, count = self._statements()
        return lambda session: (session.execute(rows).all(), session.execute(count).scalar_one())

    def as_text(self, dialect: Dialect) -> Callable[[Session], object]:
        """The same two as text."""
        options = {"dialect": dialect, "compile_kwargs": {"literal_binds": True}}
        rows, count = (text(str(one.compile(**options)).replace(":", "\\:")) for one in self._statements())
        return lambda session: (session.execute(rows).all(), session.execute(count).scalar_one())

    def _statements(self) -> tuple[Select[Any], Select[Any]]:
        conditions = [getattr(self.model, name.rstrip("_")) == value for name, value in self.filters.items()]
        rows: Select[Any] = select(self.model)
        if self.model is Delivery:
            rows = select(Delivery, OutgoingEvent).join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
        page = rows.where(*conditions, *([] if self.before is None else [self.model.id < self.before]))
        counted = select(literal(1)).select_from(self.model).where(*conditions).limit(MOST_COUNTED + 1)
        ordered = page.order_by(self.model.id.desc()).limit(PAGE_SIZE + 1)
        return ordered, select(func.count()).select_from(counted.subquery())


def pages(runtime: Runtime) -> dict[str, Page]:
    """The pages that are measured: the first one, one in the middle by its cursor, and the middle of a filtered log."""
    with runtime.database.read_session() as session:
        middle, event_middle = (
            int(session.scalar(select((func.min(model.id) + func.max(model.id)) / 2)) or 0)
            for model in (Delivery, InboxEvent)
        )
        endpoint_id = session.scalar(select(func.max(Delivery.endpoint_id)))
    return {
        "deliveries: first page": Page(model=Delivery),
        "deliveries: in the middle": Page(model=Delivery, before=middle),
        "deliveries: of a state": Page(model=Delivery, filters={"state": DeliveryState.EXHAUSTED}, before=middle),
        "deliveries: of an endpoint": Page(model=Delivery, filters={"endpoint_id": endpoint_id}, before=middle),
        "events: first page": Page(model=InboxEvent),
        "events: in the middle": Page(model=InboxEvent, before=event_middle),
        "events: of a state": Page(model=InboxEvent, filters={"state": InboxState.IGNORED}, before=event_middle),
        "events: of a type": Page(model=InboxEvent, filters={"type_": "product.upserted"}, before=event_middle),
    }


def fill(runtime: Runtime, count: int) -> None:
    """Copy one event and one outgoing event, and make a delivery of each of the latter, by set statements."""
    fixtures.apply_events(runtime, [fixtures.seller()])
    outbox = Outbox(runtime)
    outbox.publish(1)
    for number in range(ENDPOINTS):
        add_endpoint(runtime, f"https://93.184.215.14/hooks/{number}", types=["product.shown"])
    with runtime.database.session() as session:
        for table, other in (("mh_inbox", {"type": _TYPE, "state": _STATE}), ("mh_outbox", {})):
            original = session.execute(text(f"SELECT min(event_id) FROM {table}")).scalar_one()
            copy_rows(session, table, "event_id", original, count, **other)
        session.execute(text(_COPY_DELIVERIES.format(endpoints=ENDPOINTS)))
    gather_statistics(runtime.database)


def timed(runtime: Runtime, read: Callable[[Session], object]) -> Callable[[], float]:
    """Milliseconds of the fastest of a few readings: what a busy machine adds is nobody's."""

    def once() -> float:
        begun_s = time.perf_counter()
        with runtime.database.read_session() as session:
            read(session)
        return (time.perf_counter() - begun_s) * 1_000

    once()  # statements are compiled, pages are in memory.
    return lambda: min(once() for _ in range(REQUESTS))


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"logs of {arguments.events:,} rows", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        runtime = stack.deploy(folder, database()).make_runtime()
        rounds.report_progress(f"{report.title} {kind}: making the rows")
        fill(runtime, arguments.events)
        for name, page in pages(runtime).items():
            own = timed(runtime, page.ours())
            bare = timed(runtime, page.bare())
            plain = timed(runtime, page.as_text(runtime.database.engine.dialect))
            target = rounds.at_most(MOST_RATIO)
            rounds.interleave(report, arguments.rounds, floor=bare, ours=own, unit="ms", target=target, name=name)
            report.add(f"{name}: ours / as text", own() / plain())
        runtime.database.dispose()
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.logs`."""
    rounds.run(rounds.options(__doc__ or "", events=1_000_000), measure)


if __name__ == "__main__":
    main()
