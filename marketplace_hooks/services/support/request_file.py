"""Case file of a support request: everything needed to decide on a contested refusal, in one document (`rules.md` 19).

Both sides read the same facts as the marketplace; only internal notes, which are for the seller and the marketplace,
are left out of the customer's, as they are in the conversation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...models.inspections import Inspection
from ...models.products import Seller
from ...models.purchases import Purchase
from ...models.releases import Release
from ...models.support import SupportRequest
from ..catalog.names import customer_names, product_titles
from .requests import Viewer, request_detail


def request_file(
    session: Session, request: SupportRequest, viewer: Viewer, *, now: datetime, settings: Settings
) -> dict[str, Any]:
    """The request whole, as its page shows it to this viewer, with who and what it is about."""
    seller = session.get(Seller, request.seller_id)
    return {
        **request_detail(session, request, viewer, now=now, settings=settings),
        "generated_at": now,
        "resolved_at": request.resolved_at,
        "release_number": _release_number(session, request),
        "product_title": product_titles(session, [request.product_id]).get(request.product_id, {}),
        "customer_name": customer_names(session, [request.customer_id]).get(request.customer_id),
        "seller_name": None if seller is None else seller.name,
        "purchase": _purchase(session, request),
        "inspection": _inspection(session, request),
    }


def _release_number(session: Session, request: SupportRequest) -> str | None:
    """The number of the version that the resolution names, else the offer."""
    release_id = (request.resolution or request.offer or {}).get("release_id")
    release = None if release_id is None else session.get(Release, release_id)
    return None if release is None else release.number


def _purchase(session: Session, request: SupportRequest) -> dict[str, Any] | None:
    purchase = None if request.purchase_id is None else session.get(Purchase, request.purchase_id)
    if purchase is None:
        return None
    return {"purchased_at": purchase.purchased_at, "shop_url": purchase.shop_url}


def _inspection(session: Session, request: SupportRequest) -> dict[str, Any] | None:
    """When the site was inspected, and how far; what it found is in the checks."""
    if request.check_id is None:
        return None
    inspection = session.scalar(select(Inspection).where(Inspection.id == request.check_id))
    if inspection is None:
        return None
    return {
        "url": inspection.url,
        "state": inspection.state,
        "outcome": inspection.outcome,
        "created_at": inspection.created_at,
        "finished_at": inspection.finished_at,
    }
