"""Log pages: the log of deliveries and that of received events over a million rows, next to the bare queries.

Ours is what the operator's page reads: a page of rows, and how many there are, up to a thousand. The floor is those two
statements as text. Each in a session of its own: the first page, one in the middle by its cursor, and with filters.
"""

from __future__ import annotations

import statistics
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.outbox import Delivery, DeliveryState
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.operations.event_log import find_events
from marketplace_hooks.services.outbox.delivery_log import find_deliveries
from marketplace_hooks.services.outbox.endpoints import add_endpoint
from marketplace_hooks.web.list_pages import MOST_COUNTED, PAGE_SIZE
from tests.support.bulk_purchases import copy_rows, gather_statistics

from . import fixtures, rounds, stack
from .deliveries import Outbox

REQUESTS = 15
MOST_RATIO = 2.0
ENDPOINTS = 20
DELIVERIES = "mh_deliveries AS log JOIN mh_outbox ON mh_outbox.id = log.outbox_id"
EVENTS = "mh_inbox AS log"
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
    """One page: how ours is asked for it, and the condition of the bare query."""

    log: str
    asked: dict[str, Any] = field(default_factory=dict)
    condition: str = "TRUE"

    def read(self, session: Session) -> int:
        """Ours: as the page reads it; how many rows there are."""
        find = find_deliveries if self.log == DELIVERIES else find_events
        found, _ = find(session, limit=PAGE_SIZE + 1, **self.asked)  # type: ignore[operator]
        if len(found) != PAGE_SIZE + 1:
            raise RuntimeError(f"{len(found)} rows for {self.asked}")
        return found.count_up_to(MOST_COUNTED)

    def read_bare(self, session: Session) -> int:
        """The floor: two statements as text."""
        before = "" if "before" not in self.asked else f" AND log.id < {self.asked['before']}"
        wanted = f"FROM {self.log} WHERE {self.condition}"
        rows = session.execute(text(f"SELECT * {wanted}{before} ORDER BY log.id DESC LIMIT {PAGE_SIZE + 1}")).all()
        count = text(f"SELECT count(*) FROM (SELECT 1 {wanted} LIMIT {MOST_COUNTED + 1}) AS counted")
        return int(session.execute(count).scalar_one()) * bool(rows)


def pages(runtime: Runtime) -> dict[str, Page]:
    """The pages that are measured."""
    with runtime.database.read_session() as session:
        middle_delivery = session.scalar(select(func.max(Delivery.id) - func.count() / 2)) or 0
        middle_event = session.scalar(select(func.max(InboxEvent.id) - func.count() / 2)) or 0
        endpoint_id = session.scalar(select(func.max(Delivery.endpoint_id))) or ""
    exhausted = {"state": DeliveryState.EXHAUSTED, "before": int(middle_delivery)}
    of_endpoint = {"endpoint_id": endpoint_id, "before": int(middle_delivery)}
    ignored = {"state": InboxState.IGNORED, "before": int(middle_event)}
    of_type = {"type_": "product.upserted", "before": int(middle_event)}
    return {
        "deliveries: first page": Page(log=DELIVERIES),
        "deliveries: in the middle": Page(log=DELIVERIES, asked={"before": int(middle_delivery)}),
        "deliveries: of a state": Page(log=DELIVERIES, asked=exhausted, condition="log.state = 'exhausted'"),
        "deliveries: of an endpoint": Page(
            log=DELIVERIES, asked=of_endpoint, condition=f"log.endpoint_id = '{endpoint_id}'"
        ),
        "events: first page": Page(log=EVENTS),
        "events: in the middle": Page(log=EVENTS, asked={"before": int(middle_event)}),
        "events: of a state": Page(log=EVENTS, asked=ignored, condition="log.state = 'ignored'"),
        "events: of a type": Page(log=EVENTS, asked=of_type, condition="log.type = 'product.upserted'"),
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


def timed(runtime: Runtime, read: Callable[[Session], int]) -> Callable[[], float]:
    """The median milliseconds of a few readings."""

    def once() -> float:
        begun_s = time.perf_counter()
        with runtime.database.read_session() as session:
            read(session)
        return (time.perf_counter() - begun_s) * 1_000

    return lambda: statistics.median(once() for _ in range(REQUESTS))


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"logs of {arguments.events:,} rows", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        runtime = stack.deploy(folder, database()).make_runtime()
        rounds.report_progress(f"{report.title} {kind}: making the rows")
        fill(runtime, arguments.events)
        for name, page in pages(runtime).items():
            bare = timed(runtime, page.read_bare)
            own = timed(runtime, page.read)
            bare(), own()  # statements are compiled, pages are in memory.
            rounds.interleave(
                report,
                arguments.rounds,
                floor=bare,
                ours=own,
                unit="ms",
                target=rounds.at_most(MOST_RATIO),
                name=name,
            )
        runtime.database.dispose()
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.logs`."""
    rounds.run(rounds.options(__doc__ or "", events=1_000_000), measure)


if __name__ == "__main__":
    main()
