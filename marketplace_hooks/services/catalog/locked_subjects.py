"""Locked subjects: the products, packs and sellers that a transaction changes, with their holds, packs and withdrawals.

Everything a batch needs is locked and loaded by one statement for each table, always in the same order (sellers,
products, packs, each by id), and read after the locks: a decision on these facts holds until the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import String, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Side, Status, SubjectState, status_of
from ...models.inbox import InboxEvent, is_waiting
from ...models.packs import Pack, PackMember
from ...models.products import Product, Seller, SideState, SubjectKind, Withdrawal

SubjectKey = tuple[SubjectKind, str]


@dataclass(kw_only=True)
class LockedSubject:
    """One product, pack or seller, locked until the transaction ends, with everything a change is judged on.

    `account` is the state of the seller's account, whose hold counts for all that the seller sells. `packs` are the
    ids of the packs that contain a product; `members` the products of a pack, in order.
    """

    kind: SubjectKind
    row: Any
    sides: dict[Side, SideState] = field(default_factory=dict)
    account: SideState | None = None
    withdrawal: Withdrawal | None = None
    in_packs: bool = False
    members: list[str] = field(default_factory=list)

    @property
    def held_by(self) -> list[Side]:
        """The sides with an open hold, in a fixed order."""
        return [state.side for state in self.holds()]

    def holds(self) -> list[SideState]:
        """The open holds: the subject's own, and its seller's account's."""
        states = [*self.sides.values(), *([self.account] if self.account else [])]
        return sorted((state for state in states if state.held), key=lambda state: list(Side).index(state.side))

    def side(self, side: Side, session: Session) -> SideState:
        """The state of one side, made when that side has never asked for anything."""
        found = self.sides.get(side)
        if found is None:
            found = SideState(subject_kind=self.kind, subject_id=self.row.id, side=side, version=0, held=False)
            session.add(found)
            self.sides[side] = found
        return found

    def facts_for(self, side: SideState) -> SubjectState:
        """The facts on which a change asked by `side` is judged."""
        slot = (side.scheduled_status, side.scheduled_at)
        return SubjectState(
            withdrawn=self.withdrawal is not None,
            held_by=self.held_by,
            version=side.version,
            changed_here_at=side.changed_here_at,
            scheduled=None if slot[0] is None or slot[1] is None else (slot[0], slot[1]),
        )

    def derived_status(self) -> Status:
        """The status that follows from holds and withdrawal (`rules.md` 1)."""
        return status_of(withdrawn=self.withdrawal is not None, held_by=self.held_by)

    def slots(self) -> Iterator[SideState]:
        """The sides whose one slot for a scheduled change is taken."""
        return (state for state in self.sides.values() if state.scheduled_status is not None)


class LockedSubjects:
    """The subjects of one transaction, each locked and loaded once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[SubjectKey, LockedSubject | None] = {}

    def load(self, subjects: Iterable[SubjectKey]) -> None:
        """Lock and read every subject not yet known, in one statement for each table."""
        missing = {subject for subject in subjects if subject not in self._known}
        if not missing:
            return
        self._known.update(dict.fromkeys(missing))
        sellers = self._rows(Seller, [id_ for kind, id_ in missing if kind is SubjectKind.SELLER])
        products = self._rows(Product, [id_ for kind, id_ in missing if kind is SubjectKind.PRODUCT])
        packs = self._rows(Pack, [id_ for kind, id_ in missing if kind is SubjectKind.PACK])
        found = [LockedSubject(kind=SubjectKind.SELLER, row=row) for row in sellers]
        found += [LockedSubject(kind=SubjectKind.PRODUCT, row=row) for row in products]
        found += [LockedSubject(kind=SubjectKind.PACK, row=row) for row in packs]
        self._add_sides(found)
        self._add_packs(found)
        for locked in found:
            self._known[locked.kind, locked.row.id] = locked

    def get(self, kind: SubjectKind, id_: str) -> LockedSubject | None:
        """One subject; None when it is unknown."""
        self.load([(kind, id_)])
        return self._known[kind, id_]

    def add(self, locked: LockedSubject) -> None:
        """Add a new row, with the state of its seller's account."""
        self._session.add(locked.row)
        if locked.kind is SubjectKind.SELLER:
            self._session.flush()  # others point to it by foreign key.
        else:
            self.load_account(locked)
        self._known[locked.kind, locked.row.id] = locked

    def load_account(self, locked: LockedSubject) -> None:
        """Read the account of the seller who sells the product or pack now."""
        owner = self.get(SubjectKind.SELLER, locked.row.seller_id)
        locked.account = owner.sides.get(Side.ACCOUNT) if owner else None

    def mark_in_packs(self, products: list[str]) -> None:
        """These products have just been put into a pack."""
        self.load((SubjectKind.PRODUCT, id_) for id_ in products)
        for id_ in products:
            if (locked := self._known.get((SubjectKind.PRODUCT, id_))) is not None:
                locked.in_packs = True

    def invalidate(self) -> None:
        """Drop what was loaded, after a set statement that may have changed it; it is read again when next needed."""
        self._session.flush()
        self._session.expire_all()
        self._known.clear()

    def _rows(self, table: type[Any], ids: list[str]) -> list[Any]:
        if not ids:
            return []
        if table is not Seller:
            # The seller's row first: another transaction may be suspending its account.
            owners = select(table.seller_id).where(table.id.in_(ids))
            shared = select(Seller.id).where(Seller.id.in_(owners)).order_by(Seller.id)
            self._session.execute(shared.with_for_update(read=True, key_share=True)).all()
        query = select(table).where(table.id.in_(ids)).order_by(table.id)
        return list(self._session.scalars(query.with_for_update().execution_options(populate_existing=True)))

    def _add_sides(self, locked_subjects: list[LockedSubject]) -> None:
        by_subject = {(locked.kind, locked.row.id): locked for locked in locked_subjects}
        sold = [locked for locked in locked_subjects if locked.kind is not SubjectKind.SELLER]
        keys = {*by_subject, *((SubjectKind.SELLER, locked.row.seller_id) for locked in sold)}
        if not keys:
            return
        accounts: dict[str, SideState] = {}
        column = tuple_(SideState.subject_kind, SideState.subject_id)
        for state in self._session.scalars(select(SideState).where(column.in_(list(keys)))):
            if state.subject_kind is SubjectKind.SELLER:
                accounts[state.subject_id] = state
            if (locked := by_subject.get((state.subject_kind, state.subject_id))) is not None:
                locked.sides[state.side] = state
        for locked in sold:
            locked.account = accounts.get(locked.row.seller_id)
        ended = tuple_(Withdrawal.subject_kind, Withdrawal.subject_id)
        in_force = select(Withdrawal).where(ended.in_(list(by_subject)), Withdrawal.reinstated_at.is_(None))
        for withdrawal in self._session.scalars(in_force):
            by_subject[withdrawal.subject_kind, withdrawal.subject_id].withdrawal = withdrawal

    def _add_packs(self, locked_subjects: list[LockedSubject]) -> None:
        products = {one.row.id: one for one in locked_subjects if one.kind is SubjectKind.PRODUCT}
        packs = {one.row.id: one for one in locked_subjects if one.kind is SubjectKind.PACK}
        if products:
            inside = select(PackMember.product_id).where(PackMember.product_id.in_(list(products))).distinct()
            for product_id in self._session.scalars(inside):
                products[product_id].in_packs = True
        if packs:
            order = select(PackMember).where(PackMember.pack_id.in_(list(packs))).order_by(PackMember.position)
            for member in self._session.scalars(order):
                packs[member.pack_id].members.append(member.product_id)


def due_slots(session: Session, now: datetime, limit: int) -> list[SubjectKey]:
    """The subjects that have a scheduled change whose instant has come, the longest due first.

    A subject is left out while an event about it that was received before that instant is still to be applied: it may
    be the cancellation.
    """
    subject = type_coerce(SideState.subject_kind, String) + ":" + SideState.subject_id
    in_flight = (
        select(InboxEvent.id)
        .where(InboxEvent.subject == subject, is_waiting(InboxEvent), InboxEvent.received_at < SideState.scheduled_at)
        .exists()
    )
    query = (
        select(SideState.subject_kind, SideState.subject_id)
        .where(SideState.scheduled_at.is_not(None), SideState.scheduled_at <= now, ~in_flight)
        .order_by(SideState.scheduled_at)
        .limit(limit)
    )
    return [(kind, id_) for kind, id_ in session.execute(query)]
