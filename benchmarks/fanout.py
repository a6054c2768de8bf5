"""How long does the cascade of a product in 10,000 packs take, next to the same bare statements in one transaction?"""

from __future__ import annotations

import time
from argparse import Namespace

from sqlalchemy import case, insert, literal, select, update

from marketplace_hooks.domain.statuses import Asked, Side, Status
from marketplace_hooks.services.cascades import run_cascades
from marketplace_hooks.services.installation import Installation
from marketplace_hooks.services.standings import Standings
from marketplace_hooks.services.statuses import change_status
from marketplace_hooks.services.work import Cause, Work, carry_out
from marketplace_hooks.store.base import json_object, random_hex
from marketplace_hooks.store.outbox import OutgoingEvent
from marketplace_hooks.store.packs import Pack, PackMember
from marketplace_hooks.store.products import SubjectKind

from . import marketplaces, rounds, stack

LARGEST_RATIO = 3.0
CAUSE = Cause(actor="seller", reason="benchmark")
_COLUMNS = ["event_id", "type", "subject_kind", "subject_id", "sequence", "data", "cause", "created_at"]


def measure(asked: Namespace, kind: str) -> rounds.Report:
    """Two databases alike: on one the cascade, on the other an UPDATE and an INSERT … SELECT. Hide and show in turn."""
    report = rounds.Report(title=f"fan-out, {asked.events} packs", database=kind)
    with stack.folder() as here, stack.databases(kind, here) as database:
        ours, floor = (stack.place(here, database()).install() for _ in range(2))
        for one in (ours, floor):
            members = marketplaces.make_products(one, 2)
            marketplaces.make_packs(one, asked.events, members)
        product_id = members[0]
        turn = [0]

        def cascade() -> float:
            turn[0] += 1
            return _cascade(ours, product_id, Status.OFFLINE_TEMPORARY if turn[0] % 2 else Status.ONLINE)

        rounds.interleave(
            report,
            asked.rounds + asked.rounds % 2,
            floor=lambda: _bare(floor, product_id),
            ours=cascade,
            unit="s",
            target=rounds.at_most(LARGEST_RATIO),
        )
        for one in (ours, floor):
            one.database.dispose()
    return report


def _cascade(installation: Installation, product_id: str, status: Status) -> float:
    """The seller's change is committed beforehand; what follows from it is measured."""

    def change(work: Work) -> None:
        standing = Standings(work.session).get(SubjectKind.PRODUCT, product_id)
        if standing is None:
            raise LookupError(product_id)
        change_status(work, standing, Asked(side=Side.SELLER, status=status), CAUSE)

    carry_out(installation, change)
    begun = time.perf_counter()
    finished = run_cascades(installation, "benchmark")
    took_s = time.perf_counter() - begun
    if finished != 1:
        raise RuntimeError(f"{finished} cascades were finished")
    return took_s


def _bare(installation: Installation, product_id: str) -> float:
    """State and sequence of every pack that contains the product, and one event each: two statements, one commit."""
    concerned = Pack.id.in_(select(PackMember.pack_id).where(PackMember.product_id == product_id))
    now, columns = installation.now(), OutgoingEvent.__table__.c
    change = update(Pack).where(concerned).values(shown=~Pack.shown, sequence=Pack.sequence + 1, changed_at=now)
    told = select(
        literal("evt_") + random_hex(),
        case((Pack.shown, literal("pack.shown")), else_=literal("pack.hidden")),
        literal(SubjectKind.PACK.value),
        Pack.id,
        Pack.sequence,
        json_object(literal("pack_id"), Pack.id, literal("seller_id"), Pack.seller_id, literal("status"), Pack.status),
        literal(CAUSE.as_json(), columns.cause.type),
        literal(now, columns.created_at.type),
    ).where(concerned)
    begun = time.perf_counter()
    with installation.database.session() as session:
        session.execute(change.execution_options(synchronize_session=False))
        session.execute(insert(OutgoingEvent).from_select(_COLUMNS, told))
    return time.perf_counter() - begun


def main() -> None:
    """`python -m benchmarks.fanout`"""
    asked = rounds.options(__doc__ or "", events=10_000, rounds=6).parse_args()
    rounds.run(asked, lambda kind: measure(asked, kind))


if __name__ == "__main__":
    main()
