"""Bulk status preview: what a change of status of several products will do, before it is confirmed.

Each product is judged by the same rule as the change itself; packs and customers are counted once for all products
together, by a fixed number of statements. Nothing is locked and nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Effect, Side, Status
from ...domain.civil_days import Zone
from ...models.products import Product, SubjectKind
from ..catalog.cards import ProductCard, product_card, products_query
from ..catalog.holds_view import HoldsView, holds_fingerprint, read_all_holds
from .status_preview import Consequences, consequences_for, judge_shown, packs_with

REFUSED = (Effect.REFUSED_HELD_BY_OTHERS, Effect.REFUSED_WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class PreviewedProduct:
    """One product of a bulk preview. `mark` is the `holds_fingerprint` of what is shown."""

    card: ProductCard
    holds_view: HoldsView
    effect: Effect
    after: Status
    mark: str

    @property
    def is_refused(self) -> bool:
        """Whether it cannot be changed by this side."""
        return self.effect in REFUSED

    @property
    def is_changed(self) -> bool:
        """Whether the change has an effect on it."""
        return not self.is_refused and self.effect is not Effect.NO_EFFECT


@dataclass(frozen=True, kw_only=True)
class BulkPreview:
    """What the change would do now. Packs are counted once, however many of the products they contain."""

    products: Sequence[PreviewedProduct]
    pages_hidden: int
    pages_shown: int
    packs_hidden: int
    packs_shown: int
    consequences: Consequences


def preview_bulk_change(
    session: Session,
    seller_id: str | None,
    product_ids: Sequence[str],
    side: Side,
    status: Status,
    now: datetime,
    zone: Zone,
) -> BulkPreview:
    """What `side` would do to these products of a seller (None: of all); ids that are none of theirs are left out."""
    query = products_query().where(Product.id.in_(product_ids)).order_by(Product.id)
    if seller_id is not None:
        query = query.where(Product.seller_id == seller_id)
    cards = [product_card(*row) for row in session.execute(query)]
    holds = read_all_holds(session, SubjectKind.PRODUCT, {card.product_id: card.seller_id for card in cards})
    products = [_previewed(card, holds[card.product_id], side, status, now) for card in cards]
    changed = [one for one in products if one.is_changed]
    hidden = _moved(changed, before_online=True)
    shown = _moved(changed, before_online=False)
    return BulkPreview(
        products=products,
        pages_hidden=len(hidden),
        pages_shown=len(shown),
        packs_hidden=packs_with(session, hidden)[0] if hidden else 0,
        packs_shown=packs_with(session, shown, were_online=shown)[0] if shown else 0,
        consequences=consequences_for(session, [one.card.product_id for one in changed], status, now, zone),
    )


def _previewed(card: ProductCard, holds_view: HoldsView, side: Side, status: Status, now: datetime) -> PreviewedProduct:
    effect, after = judge_shown(holds_view, side, status, now)
    mark = holds_fingerprint(card.status, holds_view)
    return PreviewedProduct(card=card, holds_view=holds_view, effect=effect, after=after, mark=mark)


def _moved(products: Sequence[PreviewedProduct], *, before_online: bool) -> list[str]:
    """The products whose pages are shown or hidden by the change."""
    return [
        one.card.product_id
        for one in products
        if (one.card.status is Status.ONLINE) is before_online and (one.after is Status.ONLINE) is not before_online
    ]
