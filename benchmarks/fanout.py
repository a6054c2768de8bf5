"""Fan-out: the cascade that publishes that every pack of one product is hidden, next to the bare statements.

In this process, on two identical databases: the cascade's own run (claim, chunks, progress, the count at the end), and
one transaction with one UPDATE of the packs and one INSERT … SELECT of the outgoing events.
"""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import dataclass

from sqlalchemy import TextClause, func, select, text

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.packs import Pack
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.operations.cascade_run import run_cascades
from tests.support.inbox_rows import insert_events

from . import fixtures, rounds, stack

MOST_RATIO = 3.0
OFFLINE = "offline_temporary"
ONLINE = "online"
OTHERS = 100
"""Products that share the packs with the one in all of them."""

# The condition of the cascade's own statements: a pack is shown when it is online, has two members, all online.
_VISIBLE = """(mh_packs.status = 'online'
    AND (SELECT count(*) FROM mh_pack_members m WHERE m.pack_id = mh_packs.id) >= 2
    AND NOT EXISTS (SELECT 1 FROM mh_pack_members m JOIN mh_products p ON p.id = m.product_id
                    WHERE m.pack_id = mh_packs.id AND p.status <> 'online'))"""
_WITHIN = "mh_packs.id IN (SELECT m.pack_id FROM mh_pack_members m WHERE m.product_id = :product)"
HIDE_OR_SHOW = text("UPDATE mh_products SET status = :status WHERE id = :product")
UPDATE = text(
    f"UPDATE mh_packs SET shown = NOT shown, sequence = sequence + 1, announced_by = :cascade, changed_at = :now "
    f"WHERE {_WITHIN} AND shown <> {_VISIBLE}"
)
# An id and the data of each outgoing event, made by the database.
_MADE = {
    "sqlite": f"{fixtures.EVENT_ID['sqlite']}, "
    "json_object('pack_id', id, 'seller_id', seller_id, 'status', status), '{}'",
    "postgresql": f"{fixtures.EVENT_ID['postgresql']}, "
    "jsonb_build_object('pack_id', id, 'seller_id', seller_id, 'status', status), '{}'::jsonb",
}


def insert_of(kind: str) -> TextClause:
    """INSERT … SELECT of an outgoing event for each pack that the UPDATE has changed."""
    return text(
        "INSERT INTO mh_outbox "
        "(type, subject_kind, subject_id, sequence, created_at, cascade_id, event_id, data, cause) "
        f"SELECT :type, 'pack', id, sequence, changed_at, announced_by, {_MADE[kind]} FROM mh_packs "
        f"WHERE {_WITHIN} AND announced_by = :cascade"
    )


@dataclass(frozen=True, kw_only=True)
class PackMarketplace:
    """A marketplace with packs that all contain the product 0."""

    runtime: Runtime
    packs: int

    @classmethod
    def fill(cls, runtime: Runtime, packs: int) -> PackMarketplace:
        """Make it by events."""
        fixtures.apply_events(runtime, [fixtures.seller()])
        fixtures.apply_events(runtime, [fixtures.product(number) for number in range(OTHERS + 1)])
        fixtures.apply_events(runtime, [fixtures.pack(number, [0, 1 + number % OTHERS]) for number in range(packs)])
        return cls(runtime=runtime, packs=packs)

    def count_shown_and_events(self) -> tuple[int, int]:
        """How many packs were last published as shown, and how many events about packs there are."""
        with self.runtime.database.read_session() as session:
            shown = session.scalar(select(func.count()).select_from(Pack).where(Pack.shown)) or 0
            events = select(func.count()).select_from(OutgoingEvent).where(OutgoingEvent.subject_kind == "pack")
            return shown, session.scalar(events) or 0


class Cascades:
    """Ours: an event hides or shows the product, and the cascade that follows is timed."""

    def __init__(self, marketplace: PackMarketplace) -> None:
        self.marketplace = marketplace
        self.version = 0

    def took_ms(self, status: str) -> float:
        """One cascade. Raises when it did not publish an event for every pack."""
        self.version += 1
        insert_events(self.marketplace.runtime, [fixtures.status_changed(0, status, self.version)])
        process_pending(self.marketplace.runtime, "benchmark")
        before = self.marketplace.count_shown_and_events()[1]
        begun_s = time.perf_counter()
        finished = run_cascades(self.marketplace.runtime, "benchmark")
        took_s = time.perf_counter() - begun_s
        shown, events = self.marketplace.count_shown_and_events()
        if (finished, shown, events - before) != (
            1,
            self.marketplace.packs * (status == ONLINE),
            self.marketplace.packs,
        ):
            raise RuntimeError(f"{finished} cascades, {shown} packs shown, {events - before} events")
        return took_s * 1000


class Statements:
    """The floor: the same rows by two statements in one transaction."""

    def __init__(self, marketplace: PackMarketplace, kind: str) -> None:
        self.marketplace = marketplace
        self.insert = insert_of(kind)
        self.number = 0

    def took_ms(self, status: str) -> float:
        """One transaction. Raises when it did not publish an event for every pack."""
        self.number += 1
        database = self.marketplace.runtime.database
        now = self.marketplace.runtime.now().isoformat(" ")
        given = {"product": fixtures.product_id(0), "cascade": f"floor-{self.number}", "now": now}
        type_ = "pack.shown" if status == ONLINE else "pack.hidden"
        with database.begin() as connection:
            connection.execute(HIDE_OR_SHOW, {"product": given["product"], "status": status})
        begun_s = time.perf_counter()
        with database.begin() as connection:
            changed = connection.execute(UPDATE, given).rowcount
            inserted = connection.execute(self.insert, {**given, "type": type_}).rowcount
        took_s = time.perf_counter() - begun_s
        if not changed == inserted == self.marketplace.packs:
            raise RuntimeError(f"{changed} packs, {inserted} events")
        return took_s * 1000


def measure(arguments: Namespace, kind: str) -> rounds.Report:
    """First every hide is timed and the show after it is not; then the other way round."""
    report = rounds.Report(title=f"fanout, {arguments.events:,} packs", database=kind)
    with stack.temporary_folder() as folder, stack.databases(kind, folder) as database:
        ours = Cascades(PackMarketplace.fill(stack.deploy(folder, database()).make_runtime(), arguments.events))
        floor = Statements(
            PackMarketplace.fill(stack.deploy(folder, database()).make_runtime(), arguments.events), kind
        )
        compare(arguments, report, ours, floor, hides=True)
        for one in (ours, floor):
            one.took_ms(OFFLINE)
        compare(arguments, report, ours, floor, hides=False)
        for one in (ours, floor):
            one.marketplace.runtime.database.dispose()
    return report


def compare(arguments: Namespace, report: rounds.Report, ours: Cascades, floor: Statements, *, hides: bool) -> None:
    """One direction in interleaved rounds; each measurement reverts what it did."""
    there, back = (OFFLINE, ONLINE) if hides else (ONLINE, OFFLINE)

    def timed(one: Cascades | Statements) -> float:
        took_ms = one.took_ms(there)
        one.took_ms(back)
        return took_ms

    for one in (ours, floor):
        timed(one)  # statements are compiled, pages are in memory.
    rounds.interleave(
        report,
        arguments.rounds,
        floor=lambda: timed(floor),
        ours=lambda: timed(ours),
        unit="ms",
        target=rounds.at_most(MOST_RATIO),
        name="hide" if hides else "show",
    )


def main() -> None:
    """Run from the command line: `python -m benchmarks.fanout`."""
    rounds.run(rounds.options(__doc__ or "", events=10_000), measure)


if __name__ == "__main__":
    main()
