"""What will a change of status do, is it really wanted, and for what reason? The seller's page of `changing.py`."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...domain.statuses import Side
from ...store.access import Role
from ..changing import Asker, carry_out_change, show_change
from ..sign_in import audience
from . import blueprint
from .products import own_product
from .sentences import sentence_of
from .showing import page, seller_id

SELLER = Asker(
    side=Side.SELLER,
    find=own_product,
    seller_id=seller_id,
    show=page,
    says=sentence_of,
    product="mh_seller.product",
    change="mh_seller.confirm_change",
    progress="mh_seller.progress",
)


@blueprint.get("/seller/products/<product_id>/change/<status>")
@audience(Role.SELLER)
def change(product_id: str, status: str) -> Response:
    """What the change would do, and the form that asks for it."""
    return show_change(SELLER, product_id, status)


@blueprint.post("/seller/products/<product_id>/change/<status>")
@audience(Role.SELLER)
def confirm_change(product_id: str, status: str) -> BaseResponse:
    """Carry it out, or schedule it, once; then show what follows from it."""
    return carry_out_change(SELLER, product_id, status)
