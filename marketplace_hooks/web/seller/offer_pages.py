"""Product and pack pages of a seller: its status, its history, and what can be asked for now."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side, Status
from ...errors import NotFound
from ...models.products import SubjectKind
from ...services.catalog.cards import Visibility
from ...services.catalog.holds_view import HoldsView, temporary_change
from ...services.catalog.pages import PackPage, ProductPage, pack_page, product_page
from ...services.catalog.status_history import read_status_history
from ...services.catalog.status_requests import StatusChangeTarget, request_cancellation
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.operations.product_support import read_product_support
from ..form_actions import run_form
from ..i18n.language import gettext
from ..list_pages import checked_id
from ..state import current_runtime
from .layout import page, seller_id
from .template_context import history_entry

ENTRIES = 20
_PAGES = {SubjectKind.PRODUCT: "mh_seller.product", SubjectKind.PACK: "mh_seller.pack"}
_CHANGES = {SubjectKind.PRODUCT: "mh_seller.change", SubjectKind.PACK: "mh_seller.change_pack"}


def own_product(session: Session, product_id: str) -> ProductPage:
    """The product, if the reader sells it. Raises `NotFound`."""
    found = product_page(
        session, checked_id(product_id), visibility=Visibility(seller_id=seller_id()), now=current_runtime().now()
    )
    if found is None or found.card.seller_id != seller_id():
        raise NotFound(f"there is no product {product_id}")
    return found


def own_pack(session: Session, pack_id: str) -> PackPage:
    """The pack, if the reader sells it. Raises `NotFound`."""
    found = pack_page(session, checked_id(pack_id))
    if found is None or found.card.seller_id != seller_id():
        raise NotFound(f"there is no pack {pack_id}")
    return found


def show(kind: SubjectKind, id_: str, *, refused: str | None = None, status: int = 200) -> Response:
    """The page of a product or a pack; `refused` says why something was not possible."""
    runtime = current_runtime()
    now = runtime.now()
    support = None
    with runtime.database.read_session() as session:
        found = own_pack(session, id_) if kind is SubjectKind.PACK else own_product(session, id_)
        past = read_status_history(session, kind, id_, limit=ENTRIES)
        if isinstance(found, ProductPage):
            support = read_product_support(session, found.card, now, runtime.settings)
    held_by = {hold.side for hold in found.holds_view.holds}
    return page(
        kind.value,
        status,
        found=found,
        card=found.card,
        past=[history_entry(one) for one in past],
        moves=_moves(kind, id_, found.holds_view),
        held_by_others=bool(held_by) and Side.SELLER not in held_by,
        refused=refused,
        support=support,
    )


def cancel(kind: SubjectKind, id_: str) -> BaseResponse:
    """Cancel what the seller has scheduled for it."""
    target = StatusChangeTarget(kind=kind, id=checked_id(id_), seller_id=seller_id())

    def act(uow: UnitOfWork) -> None:
        request_cancellation(uow, target, Side.SELLER, Cause(actor=Side.SELLER, reason=""))

    return run_form(
        act,
        message=gettext("The scheduled change is cancelled."),
        next_url=url_for(_PAGES[kind], **_named(kind, id_)),
        refused=lambda why, status: show(kind, id_, refused=why, status=status),
    )


def _moves(kind: SubjectKind, id_: str, holds_view: HoldsView) -> list[dict[str, Any]]:
    """The changes that the seller can ask for now, the one that can be undone first."""
    temporary = temporary_change(holds_view, Side.SELLER)
    if temporary is None:
        return []
    return [
        {"status": status, "url": url_for(_CHANGES[kind], **_named(kind, id_), status=status.value)}
        for status in (temporary, Status.OFFLINE_PERMANENT)
    ]


def _named(kind: SubjectKind, id_: str) -> dict[str, Any]:
    return {f"{kind}_id": id_}
