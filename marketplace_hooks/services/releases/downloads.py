"""Downloads: which releases the holder of a purchase may download now, why not the others, and their signed links.

Two statements whatever there is to list: the facts of the purchase, and the releases of its product. Nothing is
written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.keyset import Rows, read_rows
from ...domain.business_care.entitlement import EntitlementQuestion, PurchaseFacts, Remedy
from ...domain.releases.downloads import DownloadVerdict, ReleaseFacts, judge_download
from ...domain.releases.signed_links import signed_link
from ...errors import Forbidden, NotConfigured, NotFound
from ...models.releases import Release, ReleaseKind, ReleasePurchase
from ...models.support import SupportRequest
from ..business_care.entitlements import PurchaseFilter, read_purchases
from ..business_care.holders import Holder

ReleasePosition = tuple[datetime, str]
"""Where a list goes on: after the release published then, of that id."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """A release of the purchased product, and whether its holder may have it."""

    release_id: str
    number: str
    kind: ReleaseKind
    published_at: datetime
    compatible_from: str | None
    compatible_to: str | None
    sha256: str
    price_cents: int | None
    currency: str | None
    verdict: DownloadVerdict
    remedy: Remedy | None

    @property
    def is_available(self) -> bool:
        """Whether it may be downloaded now."""
        return self.verdict is DownloadVerdict.AVAILABLE


def list_downloads(
    session: Session,
    holder: Holder,
    question: EntitlementQuestion,
    *,
    purchase: PurchaseFacts | None = None,
    is_owed_fix: bool = False,
    after: ReleasePosition | None = None,
    is_backward: bool = False,
    limit: int = 20,
) -> tuple[Rows[Download], ReleasePosition | None]:
    """The published releases of the purchase's product, the newest first, and where the list goes on.

    `purchase` are the holder's facts where they were read already. `is_owed_fix`: each is judged as the fix of an
    accepted request. Raises `NotFound` for a purchase that does not exist or is somebody else's.
    """
    if purchase is None:
        purchase = _purchase(session, holder, question)
    query = _published(holder.purchase_id, purchase.product, question.at)
    order = (Release.published_at, Release.id)
    options: dict[str, Any] = {"position": after, "is_descending": True, "is_backward": is_backward}
    rows = read_rows(session, query, order, limit=limit + 1, **options)
    shown = rows.nearest(limit, is_backward=is_backward)
    found = shown.mapped(_judged(row, purchase, question, is_owed_fix=is_owed_fix) for row in shown)
    last = found[-1] if len(rows) > limit else None
    return found, None if last is None else (last.published_at, last.release_id)


def link_to(
    session: Session, settings: Settings, holder: Holder, release_id: str, question: EntitlementQuestion
) -> str:
    """The signed address of a release, good for five minutes.

    Raises `NotFound` for a release that is not of the purchase's product, or not published yet; `Forbidden`, with the
    verdict as its code, when it may not be downloaded; `NotConfigured` without a `DOWNLOAD_SECRET`.
    """
    found = find_download(session, holder, release_id, question)
    if found is None:
        raise NotFound(f"the product has no release {release_id}")
    if not found.is_available:
        raise Forbidden(_WHY[found.verdict], code=found.verdict, remedy=found.remedy)
    if settings.download_secret is None:
        raise NotConfigured("links cannot be signed: DOWNLOAD_SECRET is not set")
    url = session.get_one(Release, release_id).download_url
    return signed_link(url, settings.download_secret, question.at)


def find_download(
    session: Session, holder: Holder, release_id: str, question: EntitlementQuestion, *, is_owed_fix: bool = False
) -> Download | None:
    """One release, and whether the purchase's holder may have it; None: the product has no such release yet.

    `is_owed_fix`: it is judged as the fix of an accepted request. Raises `NotFound` for a purchase that does not exist
    or is somebody else's.
    """
    purchase = _purchase(session, holder, question)
    query = _published(holder.purchase_id, purchase.product, question.at).where(Release.id == release_id)
    row = session.execute(query).one_or_none()
    return None if row is None else _judged(row, purchase, question, is_owed_fix=is_owed_fix)


_WHY = {
    DownloadVerdict.REFUNDED: "the purchase was refunded",
    DownloadVerdict.PAYMENT_DISPUTED: "the bank has reversed the payment",
    DownloadVerdict.NOT_BOUGHT: "a paid release is for those who bought it",
    DownloadVerdict.NO_BUSINESS_CARE: "the purchase has no Business Care",
    DownloadVerdict.NOT_STARTED: "Business Care has not started yet",
    DownloadVerdict.PAYMENT_PENDING: "the renewal is not paid yet, and the release was not published while it was",
    DownloadVerdict.BUSINESS_CARE_OVER: "the release was not published while Business Care was active",
}
_REMEDIES = {
    DownloadVerdict.NOT_BOUGHT: Remedy.BUY,
    DownloadVerdict.PAYMENT_PENDING: Remedy.WAIT_FOR_PAYMENT,
}


def _purchase(session: Session, holder: Holder, question: EntitlementQuestion) -> PurchaseFacts:
    asked = PurchaseFilter(purchase_id=holder.purchase_id, customer_id=holder.customer_id)
    found = read_purchases(session, asked, question.at)
    if not found:
        raise NotFound(f"there is no purchase {holder.purchase_id}")
    return found[0]


def _published(purchase_id: str, product_id: str, now: datetime) -> Select[Any, Any, Any]:
    """The releases of a product that are published, with when the purchase's holder bought each, and what it fixed."""
    bought = and_(ReleasePurchase.release_id == Release.id, ReleasePurchase.purchase_id == purchase_id)
    fixed = (
        select(SupportRequest.number)
        .where(SupportRequest.purchase_id == purchase_id)
        .where(SupportRequest.resolution["release_id"].as_string() == Release.id)
        .limit(1)
        .scalar_subquery()
    )
    query = select(Release, ReleasePurchase.purchased_at, fixed).outerjoin(ReleasePurchase, bought)
    return query.where(Release.product_id == product_id, Release.published_at <= now)


def _judged(
    row: Row[Any, Any, Any], purchase: PurchaseFacts, question: EntitlementQuestion, *, is_owed_fix: bool
) -> Download:
    release, bought_at, fixed_request = row
    facts = ReleaseFacts(
        is_paid=release.kind is ReleaseKind.PAID,
        published_at=release.published_at,
        bought_at=bought_at,
        is_owed_fix=is_owed_fix or fixed_request is not None,
    )
    verdict = judge_download(facts, purchase, question)
    remedy = _REMEDIES.get(verdict)
    if verdict is DownloadVerdict.BUSINESS_CARE_OVER and purchase.reactivable and purchase.terminated_at is None:
        remedy = Remedy.REACTIVATE
    return Download(
        release_id=release.id,
        number=release.number,
        kind=release.kind,
        published_at=release.published_at,
        compatible_from=release.compatible_from,
        compatible_to=release.compatible_to,
        sha256=release.sha256,
        price_cents=release.price_cents,
        currency=release.currency,
        verdict=verdict,
        remedy=remedy,
    )
