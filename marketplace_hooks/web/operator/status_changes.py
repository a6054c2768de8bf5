"""Status changes by the marketplace: the page that takes a product offline, puts it back or withdraws it."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side
from ...models.access import Role
from ...models.products import SubjectKind
from ..identity.authorization import audience
from ..status_change_page import StatusChangePage, apply_change, show_change
from .blueprint import blueprint
from .layout import page
from .products import known_product

MARKETPLACE = StatusChangePage(
    kind=SubjectKind.PRODUCT,
    side=Side.MARKETPLACE,
    find=known_product,
    seller_id=lambda: None,
    show=page,
    page="mh_operator.product",
    change="mh_operator.confirm_change",
    progress="mh_operator.cascade",
)


@blueprint.get("/operator/products/<product_id>/change/<status>")
@audience(Role.OPERATOR)
def change(product_id: str, status: str) -> Response:
    """What the change would do, and the form that asks for it."""
    return show_change(MARKETPLACE, product_id, status)


@blueprint.post("/operator/products/<product_id>/change/<status>")
@audience(Role.OPERATOR)
def confirm_change(product_id: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once; then show what follows from it."""
    return apply_change(MARKETPLACE, product_id, status)
