"""Releases that may settle a request: those its customer may download, and the paid ones that may be offered.

A release fixes nothing for whoever may not download it: it is free, or paid and bought by the request's purchase. What
fixes an accepted request may be downloaded, though Business Care has expired since it was sent. An offer names a paid
release of the same product that can be bought now, at its own price or less (`rules.md` 17, 22).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.business_care.entitlement import EntitlementQuestion
from ...domain.catalog.statuses import Status
from ...domain.releases.downloads import DownloadVerdict
from ...errors import PayloadRejected
from ...models.products import Product
from ...models.releases import Release, ReleaseKind, ReleasePurchase
from ...models.support import SupportRequest
from ..business_care.holders import Holder
from ..core.unit_of_work import UnitOfWork
from ..releases.downloads import find_download, list_downloads

LISTED = 50
"""How many versions a seller chooses from, the newest."""


def download_verdict(uow: UnitOfWork, request: SupportRequest, release_id: str) -> DownloadVerdict | None:
    """Whether the request's customer may download a release now as its fix, and why not; None: no such release."""
    if request.purchase_id is None:
        return None
    question = EntitlementQuestion(at=uow.now, zone=uow.zone)
    found = find_download(uow.session, _holder(request.purchase_id), release_id, question, is_owed_fix=True)
    return None if found is None else found.verdict


def downloadable_releases(session: Session, request: SupportRequest, now: datetime, zone: ZoneInfo) -> list[Release]:
    """The product's last versions that the request's customer may download now, newest first."""
    if request.purchase_id is None:
        return []
    question = EntitlementQuestion(at=now, zone=zone)
    listed, _ = list_downloads(session, _holder(request.purchase_id), question, is_owed_fix=True, limit=LISTED)
    query = select(Release).where(Release.id.in_([one.release_id for one in listed if one.is_available]))
    return list(session.scalars(query.order_by(Release.published_at.desc(), Release.id.desc())))


def offerable_releases(session: Session, request: SupportRequest, now: datetime, zone: ZoneInfo) -> list[Release]:
    """The product's last paid versions that the request's customer can buy now, newest first."""
    if session.get_one(Product, request.product_id).status is not Status.ONLINE:
        return []
    bought = select(ReleasePurchase.release_id).where(ReleasePurchase.purchase_id == request.purchase_id)
    query = (
        select(Release)
        .where(
            Release.product_id == request.product_id,
            Release.published_at <= now,
            Release.kind == constant(ReleaseKind.PAID),
            Release.id.not_in(bought),
        )
        .order_by(Release.published_at.desc(), Release.id.desc())
        .limit(LISTED)
    )
    return list(session.scalars(query))


def require_downloadable(uow: UnitOfWork, request: SupportRequest, release_id: str | None) -> None:
    """Raise `PayloadRejected` unless the request's customer may download the release now."""
    if release_id is None:
        _reject("no release is named", "release_id", "Required: the release that fixes it.", code="release_required")
    verdict = download_verdict(uow, request, release_id)
    if verdict is None:
        message = "is not a published release of this product"
        _reject("unknown release", "release_id", message, code="unknown_release")
    elif verdict is not DownloadVerdict.AVAILABLE:
        message = f"cannot be downloaded by this customer: {verdict}"
        _reject("the customer may not download this release", "release_id", message, code="release_not_downloadable")


def require_offerable(uow: UnitOfWork, request: SupportRequest, release_id: str, amount: Mapping[str, Any]) -> None:
    """Raise `PayloadRejected` unless the customer can buy this release now, and for no more than it costs everybody."""
    release = uow.session.get(Release, release_id)
    if release is None or release.product_id != request.product_id or release.published_at > uow.now:
        message = "is not a published release of this product"
        _reject("unknown release", "release_id", message, code="unknown_release")
    if release.kind is not ReleaseKind.PAID or release.price_cents is None:
        _reject("a free release is not sold", "release_id", "is a free release", code="release_not_paid")
    if uow.session.get_one(Product, request.product_id).status is not Status.ONLINE:
        message = "its product is not on sale"
        _reject("the release cannot be bought now", "release_id", message, code="release_not_on_sale")
    if uow.session.get(ReleasePurchase, (release_id, request.purchase_id)) is not None:
        message = "was bought by this customer already"
        _reject("the release was bought already", "release_id", message, code="release_already_bought")
    if amount["currency"] != release.currency:
        message = f"the release is sold in {release.currency}"
        _reject("another currency", "amount.currency", message, code="offer_currency")
    if amount["amount_cents"] > release.price_cents:
        message = f"is more than the release's own price, {release.price_cents}"
        _reject("the offer exceeds the price", "amount.amount_cents", message, code="offer_above_price")


def _holder(purchase_id: str) -> Holder:
    return Holder(purchase_id=purchase_id, customer_id=None)


def _reject(detail: str, path: str, message: str, *, code: str) -> NoReturn:
    raise PayloadRejected(detail, errors=[{"path": path, "message": message}], code=code)
