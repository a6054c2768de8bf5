"""Which products does this seller sell, in which state is each, and what has happened to one of them?"""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.statuses import Side, Status
from ...errors import NotFound, Refused
from ...services.asking import Target, ask_cancellation
from ...services.assortment import own_products
from ...services.catalogue import ProductPage, Sight, product_page
from ...services.history import history_of
from ...services.work import Cause, Work
from ...store.access import Role
from ...store.products import SubjectKind
from ..cursors import encode
from ..forms import tell
from ..i18n import gettext
from ..repeats import carry_out_once
from ..sign_in import audience
from . import blueprint
from .sentences import sentence_of
from .showing import A_PAGE, Paged, asked, cursor, here, known_id, page, seller_id
from .words import what_happened

LIST = "own-products"
ENTRIES = 20


@blueprint.get("/seller")
@audience(Role.SELLER)
def products() -> Response:
    """The seller's products, by id: those whose name holds what is searched for, in one status or in any."""
    wanted, search = request.args.get("status", ""), asked("q")
    status = Status(wanted) if wanted in list(Status) else None
    with here().database.reading() as session:
        found = own_products(session, seller_id(), search=search, status=status, after=cursor(LIST), limit=A_PAGE)
    listed = Paged(items=found.items, next_after=encode(LIST, found.next_after))
    return page("products", listed=listed, search=search, status=status, statuses=list(Status))


@blueprint.get("/seller/products/<product_id>")
@audience(Role.SELLER)
def product(product_id: str) -> Response:
    """One product: who holds it and why, what is scheduled, its packs, its past."""
    return shown_product(product_id)


@blueprint.post("/seller/products/<product_id>/scheduled/cancellation")
@audience(Role.SELLER)
def cancel_change(product_id: str) -> BaseResponse:
    """Cancel what the seller has scheduled for it."""
    target = Target(kind=SubjectKind.PRODUCT, id=known_id(product_id), seller_id=seller_id())

    def act(work: Work) -> str:
        ask_cancellation(work, target, Side.SELLER, Cause(actor=Side.SELLER, reason=""))
        return ""

    try:
        carry_out_once(act)
    except Refused as refused:
        if refused.code == NotFound.code:
            raise
        return shown_product(product_id, refused=sentence_of(refused), status=409)
    tell("good", gettext("The scheduled change is cancelled."))
    return redirect(url_for("mh_seller.product", product_id=product_id), 303)


def shown_product(product_id: str, *, refused: str | None = None, status: int = 200) -> Response:
    """The product's page, with why something could not be done."""
    with here().database.reading() as session:
        found = own_product(session, product_id)
        past = history_of(session, SubjectKind.PRODUCT, product_id, limit=ENTRIES)
    held_by = {hold.side for hold in found.holdings.holds}
    return page(
        "product",
        status,
        found=found,
        card=found.card,
        past=[what_happened(one) for one in past],
        moves=moves_of(found),
        held_by_others=bool(held_by) and Side.SELLER not in held_by,
        refused=refused,
    )


def own_product(session: Session, product_id: str) -> ProductPage:
    """The product, if the seller of this room sells it. Raises `NotFound`."""
    found = product_page(session, known_id(product_id), sight=Sight(seller_id=seller_id()), now=here().now())
    if found is None or found.card.seller_id != seller_id():
        raise NotFound(f"there is no product {product_id}")
    return found


def moves_of(found: ProductPage) -> list[dict[str, Any]]:
    """What the seller can ask of this product now, the usual one first."""
    if found.holdings.withdrawal is not None:
        return []
    holds = any(hold.side is Side.SELLER for hold in found.holdings.holds)
    usual = Status.ONLINE if holds else Status.OFFLINE_TEMPORARY
    return [
        {"status": status, "url": url_for("mh_seller.change", product_id=found.card.product_id, status=status.value)}
        for status in (usual, Status.OFFLINE_PERMANENT)
    ]
