"""Bulk changes by the marketplace: products of any sellers are taken offline or put back online with one preview."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side
from ...models.access import Role
from ...services.catalog.cards import Visibility
from ..bulk_change_page import BulkChangePage, apply_bulk_change, show_bulk_change, show_bulk_result
from ..identity.authorization import audience
from .blueprint import blueprint
from .layout import page

MARKETPLACE = BulkChangePage(
    side=Side.MARKETPLACE,
    role=Role.OPERATOR,
    seller_id=lambda: None,
    visibility=lambda: Visibility(everything=True),
    show=page,
    products="mh_operator.products",
    product="mh_operator.product",
    preview="mh_operator.change_many",
    confirmation="mh_operator.confirm_many",
    result="mh_operator.changed_many",
)


@blueprint.get("/operator/changes/<status>")
@audience(Role.OPERATOR)
def change_many(status: str) -> BaseResponse:
    """What the change of the chosen products would do, and the form that confirms it."""
    return show_bulk_change(MARKETPLACE, status)


@blueprint.post("/operator/changes/<status>")
@audience(Role.OPERATOR)
def confirm_many(status: str) -> BaseResponse:
    """Carry it out once; then show what was done."""
    return apply_bulk_change(MARKETPLACE, status)


@blueprint.get("/operator/changes/<status>/<name>")
@audience(Role.OPERATOR)
def changed_many(status: str, name: str) -> Response:
    """What was done: each product with why it was not changed, and how far the follow-up steps have got."""
    return show_bulk_result(MARKETPLACE, status, name)
