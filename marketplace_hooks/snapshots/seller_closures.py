"""Closures of imported sellers: their customers could see each one from the day on which it was declared.

A closure that is known here stays as it is. Deadlines that run are computed anew, and nobody is notified of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..database.types import among
from ..domain.support.deadlines import Closure
from ..models.support import SellerClosure
from ..services.core.unit_of_work import UnitOfWork
from ..services.support.announced_closures import as_stored
from ..services.support.sla_clocks import recompute_deadlines
from .entities import Entity

COMPARED = ("closure_id", "first_day", "last_day", "declared_at")
"""What both sides can know of a closure: when customers could see it here is ours alone."""


def record_closures(uow: UnitOfWork, entities: Sequence[Entity]) -> None:
    """Add the closures of these sellers that are not known."""
    given = {closure["closure_id"]: (entity, closure) for entity in entities for closure in entity.data["closures"]}
    if not given:
        return
    known = owners_of_closures(uow.session, sorted(given))
    new = [pair for closure_id, pair in given.items() if closure_id not in known]
    uow.session.add_all(_row(entity, closure) for entity, closure in new)
    uow.session.flush()
    for seller_id in sorted({entity.id for entity, _ in new}):
        recompute_deadlines(uow, seller_id)


def _row(entity: Entity, closure: Mapping[str, Any]) -> SellerClosure:
    declared_at = closure["declared_at"]
    return SellerClosure(
        id=closure["closure_id"],
        seller_id=entity.id,
        first_day=closure["first_day"],
        last_day=closure["last_day"],
        declared_at=declared_at,
        announced_at=closure["announced_at"] or declared_at,
        described_at=max(entity.timestamp, declared_at),
        announced_before=[
            as_stored(Closure(one["first_day"], one["last_day"], one["announced_at"]))
            for one in closure["announced_before"]
        ]
        or None,
    )


def owners_of_closures(session: Session, closure_ids: Sequence[str]) -> dict[str, str]:
    """The seller of each of these closures that is known here."""
    query = select(SellerClosure.id, SellerClosure.seller_id).where(among(SellerClosure.id, closure_ids))
    return {row.id: row.seller_id for row in session.execute(query)}
