"""Status preview: what a change of status will do, before it is confirmed (`rules.md` 7).

Judged by the same rule as the change itself, on what is stored now; nothing is locked and nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, null, select
from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Effect, Side, Status, StatusRequest, SubjectState, judge, status_of
from ...domain.catalog.visibility import pack_is_visible as is_visible
from ...domain.civil_days import Zone, day_of
from ...domain.support.state_machine import OPEN
from ...models.packs import Pack, PackMember, pack_is_visible
from ...models.subscriptions import Subscription
from ...models.support import SupportRequest
from ..business_care.holders import is_entitled, last_day_paid, renews
from ..catalog.holds_view import HoldsView
from ..catalog.pages import PackPage, ProductPage

NAMED = 20
"""Packs that a preview names; `packs_hidden` and `packs_shown` count all."""


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """What a change does to the customers.

    Entitlements go on whatever the status becomes; `last_entitlement_day` is the latest of their last days, None when
    nobody is entitled. A renewal that its customer has cancelled already is not cancelled once more.
    """

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


def preview_change(
    session: Session, page: ProductPage | PackPage, side: Side, status: Status, now: datetime, zone: Zone
) -> Preview:
    """What `side` would do to the product or the pack of this page by asking for `status` at once."""
    if isinstance(page, PackPage):
        return preview_pack(session, page, side, status, now)
    return preview_product(session, page, side, status, now, zone)


def preview_product(
    session: Session, page: ProductPage, side: Side, status: Status, now: datetime, zone: Zone
) -> Preview:
    """What `side` would do to the product, its packs and its customers by asking for `status` at once."""
    before = page.card.status
    effect, after = judge_shown(page.holds_view, side, status, now)
    hidden = shown = 0
    ids: list[str] = []
    if before is Status.ONLINE and after is not Status.ONLINE:
        hidden, ids = packs_with(session, [page.card.product_id])
    elif before is not Status.ONLINE and after is Status.ONLINE:
        shown, ids = packs_with(session, [page.card.product_id], were_online=[page.card.product_id])
    return Preview(
        effect=effect,
        before=before,
        after=after,
        packs_hidden=hidden,
        packs_shown=shown,
        packs=ids,
        consequences=consequences_for(session, [page.card.product_id], after, now, zone),
    )


def preview_pack(session: Session, page: PackPage, side: Side, status: Status, now: datetime) -> Preview:
    """What `side` would do to the pack's own page by asking for `status` at once; its products stay as they are."""
    effect, after = judge_shown(page.holds_view, side, status, now)
    visible = is_visible(after, {product.product_id: product.status for product in page.products})
    hidden = page.card.visible and not visible
    shown = visible and not page.card.visible
    return Preview(
        effect=effect,
        before=page.card.status,
        after=after,
        packs_hidden=int(hidden),
        packs_shown=int(shown),
        packs=[page.card.pack_id] if hidden or shown else [],
        consequences=Consequences(),
    )


def judge_shown(holds_view: HoldsView, side: Side, status: Status, now: datetime) -> tuple[Effect, Status]:
    """The effect of what `side` asks on holds as they are shown, and the status that would follow from it."""
    withdrawn = holds_view.withdrawal is not None
    held_by = {hold.side for hold in holds_view.holds}
    effect = judge(SubjectState(withdrawn=withdrawn, held_by=held_by), StatusRequest(side=side, status=status), now)
    if effect is Effect.HOLD:
        held_by.add(side)
    elif effect is Effect.LIFT:
        held_by.remove(side)
    return effect, status_of(withdrawn=withdrawn or effect is Effect.WITHDRAW, held_by=held_by)


def packs_with(
    session: Session, product_ids: Sequence[str], *, were_online: Sequence[str] = ()
) -> tuple[int, list[str]]:
    """How many packs with one of these products are seen, now or if `were_online` were; and the first of them."""
    containing = select(PackMember.pack_id).where(PackMember.product_id.in_(product_ids))
    visible = pack_is_visible(were_online=were_online)
    query = select(Pack.id, func.count().over()).where(Pack.id.in_(containing), visible).order_by(Pack.id).limit(NAMED)
    rows = session.execute(query).all()
    return (rows[0][1] if rows else 0), [pack_id for pack_id, _ in rows]


def consequences_for(
    session: Session, product_ids: Sequence[str], after: Status, now: datetime, zone: Zone
) -> Consequences:
    """What the status `after` does to the customers of these products: one statement.

    A pack has no customers of its own: renewals belong to products.
    """
    entitled = is_entitled(now, day_of(now, zone))
    renewing = renews(now)
    owed = (
        select(func.count())
        .where(SupportRequest.product_id.in_(product_ids), SupportRequest.handling.in_(sorted(OPEN)))
        .scalar_subquery()
    )
    counted = select(
        owed,
        func.sum(case((renewing, 1), else_=0)),
        func.sum(case((entitled, 1), else_=0)),
        func.max(case((entitled, last_day_paid(now, day_of(now, zone))), else_=null())),
    ).where(Subscription.product_id.in_(product_ids))
    requests, renewals, entitled_count, last_day = session.execute(counted).one()
    return Consequences(
        renewals_cancelled=(renewals or 0) if after is Status.OFFLINE_PERMANENT else 0,
        entitlements_kept=entitled_count or 0,
        last_entitlement_day=last_day,
        open_requests=requests,
    )
