"""What will a status change do, before anybody confirms it? (`domain.md` 7)

Judged by the same rule as the change itself, on what stands now; nothing is locked and nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..domain.statuses import Asked, Effect, Side, Status, WhatStands, judge, status_of
from ..domain.visibility import pack_is_visible as judge_visible
from ..store.packs import Pack, PackMember, pack_is_visible
from ..store.products import SubjectKind
from .catalogue import PackPage, ProductPage
from .holdings import Holdings

NAMED = 20
"""Packs that a preview names; `packs_hidden` and `packs_shown` count all."""


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """What a change does to the customers. `last_entitlement_day` is None when nobody is entitled."""

    renewals_cancelled: int = 0
    entitlements_kept: int = 0
    last_entitlement_day: date | None = None
    open_requests: int = 0


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the change would do now. `packs` are the ids of the first packs that vanish or come back."""

    effect: Effect
    before: Status
    after: Status
    packs_hidden: int
    packs_shown: int
    packs: Sequence[str]
    consequences: Consequences


def preview_product(session: Session, page: ProductPage, side: Side, status: Status, now: datetime) -> Preview:
    """What `side` would do to the product, its packs and its customers by asking for `status` at once."""
    before = page.card.status
    effect, after = _judged(page.holdings, side, status, now)
    hidden = shown = 0
    ids: list[str] = []
    if before is Status.ONLINE and after is not Status.ONLINE:
        hidden, ids = _packs(session, page.card.product_id, were_online=False)
    elif before is not Status.ONLINE and after is Status.ONLINE:
        shown, ids = _packs(session, page.card.product_id, were_online=True)
    return Preview(
        effect=effect,
        before=before,
        after=after,
        packs_hidden=hidden,
        packs_shown=shown,
        packs=ids,
        consequences=_consequences(session, SubjectKind.PRODUCT, page.card.product_id, after),
    )


def preview_pack(session: Session, page: PackPage, side: Side, status: Status, now: datetime) -> Preview:
    """What `side` would do to the pack's own page by asking for `status` at once; its products stay as they are."""
    effect, after = _judged(page.holdings, side, status, now)
    visible = judge_visible(after, {product.product_id: product.status for product in page.products})
    hidden, shown = page.card.visible and not visible, visible and not page.card.visible
    return Preview(
        effect=effect,
        before=page.card.status,
        after=after,
        packs_hidden=int(hidden),
        packs_shown=int(shown),
        packs=[page.card.pack_id] if hidden or shown else [],
        consequences=_consequences(session, SubjectKind.PACK, page.card.pack_id, after),
    )


def _judged(holdings: Holdings, side: Side, status: Status, now: datetime) -> tuple[Effect, Status]:
    """The effect, and the status that would follow from it."""
    withdrawn = holdings.withdrawal is not None
    held_by = {hold.side for hold in holdings.holds}
    effect = judge(WhatStands(withdrawn=withdrawn, held_by=held_by), Asked(side=side, status=status), now)
    if effect is Effect.HOLD:
        held_by.add(side)
    elif effect is Effect.LIFT:
        held_by.remove(side)
    return effect, status_of(withdrawn=withdrawn or effect is Effect.WITHDRAW, held_by=held_by)


def _packs(session: Session, product_id: str, *, were_online: bool) -> tuple[int, list[str]]:
    """How many packs with this product are seen now, or would be `were_online` the product; and the first of them."""
    containing = select(PackMember.pack_id).where(PackMember.product_id == product_id)
    seen = pack_is_visible(were_online=product_id if were_online else None)
    query = select(Pack.id, func.count().over()).where(Pack.id.in_(containing), seen).order_by(Pack.id).limit(NAMED)
    rows = session.execute(query).all()
    return (rows[0][1] if rows else 0), [pack_id for pack_id, _ in rows]


def _consequences(session: Session, kind: SubjectKind, id_: str, after: Status) -> Consequences:
    """What the status `after` does to subscriptions and requests.

    None are kept yet. The issue that brings subscriptions counts here the renewals that a withdrawal cancels, the
    entitlements that go on and until when; the one that brings support requests counts those that are open.
    """
    return Consequences()
