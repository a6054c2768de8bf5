"""Tables of packs, their members and dated descriptions, and the SQL condition that decides whether one is visible."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, Json, constant
from ..domain.catalog.statuses import Status
from ..domain.catalog.visibility import FEWEST_MEMBERS
from .descriptions import Described
from .products import Product


class Pack(Described, Base):
    """Several products sold as one. `status` comes from the pack's own holds and withdrawal alone.

    Whether its page may be seen also depends on its members: ask `pack_is_visible()`, which reads their status as it
    stands, so that a pack vanishes with the very commit that hides a member. `shown` is only what our outgoing events
    last said.
    """

    __tablename__ = "mh_packs"

    __table_args__ = (
        Index("ix_mh_packs_seller", "seller_id", "id"),
        Index("ix_mh_packs_status", "status", "id"),
    )

    def searchable_texts(self) -> list[str]:
        """The titles."""
        return list(self.title.values())


class PackMember(Base):
    """One product in one pack, at its place."""

    __tablename__ = "mh_pack_members"

    pack_id: Mapped[str] = mapped_column(ForeignKey("mh_packs.id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("mh_products.id"), primary_key=True)
    position: Mapped[int]

    __table_args__ = (Index("ix_mh_pack_members_product", "product_id", "pack_id"),)


class PackRevision(Base):
    """One dated description of a pack: what it cost and contained from `described_at` on, when its event was sent.

    Never changed, only followed by the next. A pack described by an earlier version of this service may have none.
    """

    __tablename__ = "mh_pack_revisions"

    pack_id: Mapped[str] = mapped_column(ForeignKey("mh_packs.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    described_at: Mapped[datetime] = mapped_column(Instant)
    price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    product_ids: Mapped[list[str]] = mapped_column(Json)


def pack_is_visible(*, were_online: Collection[str] = ()) -> ColumnElement[bool]:
    """SQL for: no hold and no withdrawal of its own, at least two members, and none of them blocks (`rules.md` 6).

    `were_online` are products that are taken for online, whatever they are: what would be seen if they were?
    """
    members = select(func.count()).where(PackMember.pack_id == Pack.id).correlate(Pack).scalar_subquery()
    blocked = (
        select(PackMember.pack_id)
        .join(Product, Product.id == PackMember.product_id)
        .where(PackMember.pack_id == Pack.id, Product.status != constant(Status.ONLINE))
        .correlate(Pack)
    )
    if were_online:
        blocked = blocked.where(Product.id.not_in(were_online))
    return (Pack.status == constant(Status.ONLINE)) & (members >= FEWEST_MEMBERS) & ~blocked.exists()
