"""Pack revisions: what a pack cost and contained at any instant, as of the purchase that was made then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...models.packs import Pack, PackMember, PackRevision
from ..core.unit_of_work import UnitOfWork
from .locked_subjects import LockedSubject


def keep_revision(
    uow: UnitOfWork, described: Mapping[str, Any], described_at: datetime, *, beside: LockedSubject | None
) -> None:
    """Store a description of a pack that exists, whether it is the newest or an older one that arrives late.

    `beside` is the pack as it stood until then, if it did: it is stored too where an earlier version of this service
    has not done so.
    """
    row = {
        "pack_id": described["pack_id"],
        "version": described["version"],
        "described_at": described_at,
        "price_cents": described["price"]["amount_cents"],
        "currency": described["price"]["currency"],
        "product_ids": list(dict.fromkeys(described["product_ids"])),
    }
    rows = [row] if beside is None else [_as_it_stands(beside.row, beside.members), row]
    uow.session.execute(insert_new(uow.session, PackRevision), rows)


def pack_in_force(session: Session, pack_id: str, at: datetime) -> PackRevision | None:
    """The pack as it was sold at an instant, or as it was first described if that was later; None if it is unknown."""
    pack = session.get(Pack, pack_id)
    if pack is None:
        return None
    query = select(PackRevision).where(PackRevision.pack_id == pack_id).order_by(PackRevision.version)
    revisions = list(session.scalars(query))
    if pack.description_version not in {one.version for one in revisions}:
        members = select(PackMember.product_id).where(PackMember.pack_id == pack_id).order_by(PackMember.position)
        revisions.append(PackRevision(**_as_it_stands(pack, session.scalars(members).all())))
    in_force = [one for one in revisions if one.described_at <= at]
    return in_force[-1] if in_force else min(revisions, key=lambda one: (one.described_at, one.version))


def _as_it_stands(pack: Pack, members: Sequence[str]) -> dict[str, Any]:
    return {
        "pack_id": pack.id,
        "version": pack.description_version,
        "described_at": pack.changed_at,
        "price_cents": pack.price_cents,
        "currency": pack.currency,
        "product_ids": list(members),
    }
