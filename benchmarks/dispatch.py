"""Dispatch: a thousand events fanned out to a thousand endpoints, next to the bare INSERT … SELECT of the same rows.

In this process, on one database: the dispatcher's own run (chunks, locked endpoints, parked deliveries where one is
disabled), and one transaction with the one statement that inserts the same million rows. What either has made is
deleted before the next measurement.
"""

from __future__ import annotations

import time
from argparse import Namespace

from sqlalchemy import delete, func, insert, select, text, update

from marketplace_hooks.models.outbox import Delivery, Endpoint, EndpointType, OutgoingEvent
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from . import rounds, stack
from .deliveries import TYPE, Outbox

ENDPOINTS = 1_000
MOST_RATIO = 2.0
BARE = text("""
    INSERT INTO mh_deliveries (outbox_id, endpoint_id, state, due_at)
    SELECT mh_outbox.id, mh_endpoint_types.endpoint_id, 'pending', :now
    FROM mh_outbox JOIN mh_endpoint_types ON mh_endpoint_types.type = mh_outbox.type
""")


class Fanout:
    """Events that wait for their deliveries, and the endpoints that want them."""

    def __init__(self, runtime: Runtime, events: int) -> None:
        self.runtime = runtime
        self.expected = events * ENDPOINTS
        self._subscribe()
        Outbox(runtime).publish(events)  # dispatched once: pages are in memory, statements are compiled.

    def ours_s(self) -> float:
        """The dispatcher's own run."""
        self._clear()
        begun_s = time.perf_counter()
        dispatch(self.runtime)
        took_s = time.perf_counter() - begun_s
        self._check()
        return took_s

    def bare_s(self) -> float:
        """The statement alone."""
        self._clear()
        now = self.runtime.now().isoformat(" ")
        begun_s = time.perf_counter()
        with self.runtime.database.begin() as connection:
            connection.execute(BARE, {"now": now})
        took_s = time.perf_counter() - begun_s
        self._check()
        return took_s

    def _subscribe(self) -> None:
        """All endpoints are like the first one, but for their ids."""
        first, _ = add_endpoint(self.runtime, "https://93.184.215.14/hooks", types=[TYPE])
        ids = [f"copy-{number:04}" for number in range(1, ENDPOINTS)]
        with self.runtime.database.session() as session:
            values = {column.name: getattr(first, column.name) for column in Endpoint.__table__.columns}
            session.execute(insert(Endpoint), [{**values, "id": id_} for id_ in ids])
            session.execute(insert(EndpointType), [{"endpoint_id": id_, "type": TYPE} for id_ in ids])

    def _clear(self) -> None:
        with self.runtime.database.session() as session:
            if self.runtime.database.is_sqlite:
                session.execute(delete(Delivery))
            else:
                session.execute(text("TRUNCATE mh_deliveries"))
            session.execute(update(OutgoingEvent).values(dispatched_at=None))

    def _check(self) -> None:
        with self.runtime.database.read_session() as session:
            made = session.scalar(select(func.count()).select_from(Delivery))
        if made != self.expected:
            raise RuntimeError(f"{made} deliveries instead of {self.expected}")


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """On one kind of database."""
    report = rounds.Report(title=f"dispatch of {arguments.events:,} events to {ENDPOINTS:,} endpoints", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        fanout = Fanout(stack.deploy(folder, database()).make_runtime(), arguments.events)
        rounds.interleave(
            report,
            arguments.rounds,
            floor=fanout.bare_s,
            ours=fanout.ours_s,
            unit="s",
            target=rounds.at_most(MOST_RATIO),
        )
        fanout.runtime.database.dispose()
    return report


def main() -> None:
    """Run from the command line: `python -m benchmarks.dispatch`."""
    rounds.run(rounds.options(__doc__ or "", events=1_000, rounds=3), measure)


if __name__ == "__main__":
    main()
