"""Release publishing: records releases and their purchases, and announces a new release to its holders.

Every holder of an active Business Care gets the event, whether the product is online or not (`rules.md` 15, 22): by
set statements over chunks of subscriptions, never by a loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, update

from ...database.engine import insert_new
from ...database.types import json_object
from ...domain.civil_days import day_of
from ...errors import PayloadRejected
from ...models.cascades import Cascade
from ...models.outbox import OutgoingEvent
from ...models.purchases import Purchase
from ...models.releases import Release, ReleaseKind, ReleasePurchase
from ...models.subscriptions import Subscription
from ..business_care.holders import is_entitled, next_chunk, publish_to_holders
from ..catalog.cascades import RELEASE_PUBLISHED, Step, close_if_done, start_cascade
from ..catalog.locked_subjects import LockedSubject
from ..core.unit_of_work import Cause, UnitOfWork

_CHANGING = ("number", "compatible_from", "compatible_to", "download_url", "sha256", "manifest", "fixes")


def publish_release(
    uow: UnitOfWork, locked: LockedSubject, data: Mapping[str, Any], cause: Cause, *, sent_at: datetime
) -> bool | None:
    """Record a release as described at `sent_at`; the first time, announce it to the product's holders.

    A release whose `published_at` is still to come is announced then. True: new; None: described anew; False: a newer
    description is known. Raises `PayloadRejected` when product, kind, price or publication are not those known here.
    """
    known = uow.session.get(Release, data["release_id"], with_for_update=True, populate_existing=True)
    columns = {name: data[name] for name in _CHANGING}
    price = (data["price"] if data["kind"] == ReleaseKind.PAID else None) or {}
    fixed = {
        "product_id": locked.row.id,
        "kind": ReleaseKind(data["kind"]),
        "price_cents": price.get("amount_cents"),
        "currency": price.get("currency"),
        "published_at": data["published_at"],
    }
    if known is not None:
        _refuse_contradiction(known, fixed)
        if known.described_at is not None and sent_at <= known.described_at:
            return False
        for name, value in columns.items():
            setattr(known, name, value)
        known.described_at = sent_at
        return None
    uow.session.add(Release(id=data["release_id"], described_at=sent_at, **fixed, **columns))
    uow.session.flush()
    starts_at = data["published_at"] if data["published_at"] > uow.now else None
    cascade = start_cascade(uow, locked, cause, change=RELEASE_PUBLISHED, about=data["release_id"], starts_at=starts_at)
    close_if_done(uow, locked, cascade, cause)
    return True


def _refuse_contradiction(known: Release, data: Mapping[str, Any]) -> None:
    faults = [
        {"path": f"data.{name}", "message": f"is {getattr(known, name)} in the release known here"}
        for name, value in data.items()
        if getattr(known, name) != value
    ]
    if faults:
        raise PayloadRejected("the release is known with other facts", errors=faults)


def record_release_purchase(uow: UnitOfWork, release: Release, purchase: Purchase, data: Mapping[str, Any]) -> bool:
    """Record that the holder of a purchase bought a paid release; False when it is known.

    Raises `PayloadRejected` for a release of another product, a free one, or another currency than the release's.
    """
    faults = []
    if release.product_id != purchase.product_id:
        faults.append(("release_id", f"is a release of {release.product_id}, the purchase is of {purchase.product_id}"))
    elif release.kind is not ReleaseKind.PAID:
        faults.append(("release_id", "is a free release: nobody buys it"))
    elif data["amount"]["currency"] != release.currency:
        faults.append(("amount.currency", f"the release is sold in {release.currency}"))
    if faults:
        raise PayloadRejected(
            "the release cannot have been bought so",
            errors=[{"path": f"data.{path}", "message": message} for path, message in faults],
        )
    row = {
        "release_id": release.id,
        "purchase_id": purchase.id,
        "amount_cents": data["amount"]["amount_cents"],
        "currency": data["amount"]["currency"],
        "purchased_at": data["purchased_at"],
    }
    statement = insert_new(uow.session, ReleasePurchase).returning(ReleasePurchase.release_id)
    return uow.session.execute(statement, [row]).first() is not None


def announce_release(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
    """Announce the release that the cascade is about to the next chunk of its product's holders.

    Entitlement is judged when the chunk is done: a holder who has just been refunded gets nothing.
    """
    release = uow.session.get_one(Release, cascade.about)
    holds = and_(Subscription.product_id == release.product_id, is_entitled(uow.now, day_of(uow.now, uow.zone)))
    chunk = next_chunk(uow.session, progress, holds, limit)
    if chunk is None:
        return
    values = {"notified_by": cascade.id, "sequence": Subscription.sequence + 1}
    count_up = update(Subscription).where(chunk.within).values(values)
    counted = uow.session.execute(count_up.execution_options(synchronize_session=False))
    progress.done += int(counted.rowcount)  # type: ignore[attr-defined] # a cursor result
    _publish(uow, cascade, release, chunk.marked(release.product_id, Subscription.notified_by == cascade.id))
    progress.cursor = chunk.last


def _publish(uow: UnitOfWork, cascade: Cascade, release: Release, marked: ColumnElement[bool]) -> None:
    """Publish the release to each holder of the chunk; a paid one is offered at its price."""
    price: ColumnElement[Any] = literal(None, OutgoingEvent.__table__.c.data.type)
    if release.price_cents is not None:
        amount = (literal("amount_cents"), literal(release.price_cents), literal("currency"), literal(release.currency))
        price = json_object(*amount)
    data = {"release_id": release.id, "number": release.number, "kind": release.kind.value, "price": price}
    publish_to_holders(uow, cascade, marked, "release.available", data)
