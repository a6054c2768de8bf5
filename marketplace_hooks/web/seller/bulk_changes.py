"""Bulk changes by a seller: several of the seller's products are taken offline or put back online with one preview."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side
from ...models.access import Role
from ...services.catalog.cards import Visibility
from ..bulk_change_page import BulkChangePage, apply_bulk_change, show_bulk_change, show_bulk_result
from ..identity.authorization import audience
from .blueprint import blueprint
from .layout import page, seller_id

SELLER = BulkChangePage(
    side=Side.SELLER,
    role=Role.SELLER,
    seller_id=seller_id,
    visibility=lambda: Visibility(seller_id=seller_id()),
    show=page,
    products="mh_seller.products",
    product="mh_seller.product",
    preview="mh_seller.change_many",
    confirmation="mh_seller.confirm_many",
    result="mh_seller.changed_many",
)


@blueprint.get("/seller/changes/<status>")
@audience(Role.SELLER)
def change_many(status: str) -> BaseResponse:
    """What the change of the chosen products would do, and the form that confirms it."""
    return show_bulk_change(SELLER, status)


@blueprint.post("/seller/changes/<status>")
@audience(Role.SELLER)
def confirm_many(status: str) -> BaseResponse:
    """Carry it out once; then show what was done."""
    return apply_bulk_change(SELLER, status)


@blueprint.get("/seller/changes/<status>/<name>")
@audience(Role.SELLER)
def changed_many(status: str, name: str) -> Response:
    """What was done: each product with why it was not changed, and how far the follow-up steps have got."""
    return show_bulk_result(SELLER, status, name)
