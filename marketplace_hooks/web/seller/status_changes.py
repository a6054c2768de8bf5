"""Status changes by a seller: the pages that take a product or a pack offline, put it back or withdraw it."""

from __future__ import annotations

from dataclasses import replace

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side
from ...models.access import Role
from ...models.products import SubjectKind
from ..identity.authorization import audience
from ..status_change_page import StatusChangePage, apply_change, show_change
from .blueprint import blueprint
from .layout import page, seller_id
from .offer_pages import own_pack, own_product

PRODUCTS = StatusChangePage(
    kind=SubjectKind.PRODUCT,
    side=Side.SELLER,
    find=own_product,
    seller_id=seller_id,
    show=page,
    page="mh_seller.product",
    change="mh_seller.confirm_change",
    progress="mh_seller.progress",
)
PACKS = replace(
    PRODUCTS, kind=SubjectKind.PACK, find=own_pack, page="mh_seller.pack", change="mh_seller.confirm_pack_change"
)


@blueprint.get("/seller/products/<product_id>/change/<status>")
@audience(Role.SELLER)
def change(product_id: str, status: str) -> Response:
    """What the change would do, and the form that asks for it."""
    return show_change(PRODUCTS, product_id, status)


@blueprint.post("/seller/products/<product_id>/change/<status>")
@audience(Role.SELLER)
def confirm_change(product_id: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once; then show what follows from it."""
    return apply_change(PRODUCTS, product_id, status)


@blueprint.get("/seller/packs/<pack_id>/change/<status>")
@audience(Role.SELLER)
def change_pack(pack_id: str, status: str) -> Response:
    """The same of a pack: its products stay as they are."""
    return show_change(PACKS, pack_id, status)


@blueprint.post("/seller/packs/<pack_id>/change/<status>")
@audience(Role.SELLER)
def confirm_pack_change(pack_id: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once."""
    return apply_change(PACKS, pack_id, status)
