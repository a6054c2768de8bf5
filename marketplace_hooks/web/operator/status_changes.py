"""What will a change of status do, when the marketplace itself asks for it? The operator's page of `changing.py`."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side
from ...errors import Refused
from ...models.access import Role
from ...models.products import SubjectKind
from ..i18n.language import LazyText, gettext, lazy
from ..identity.authorization import audience
from ..status_change_page import StatusChangePage, apply_change, show_change
from .blueprint import blueprint
from .layout import page
from .products import known_product

WHY: dict[str, LazyText] = {
    "withdrawn_for_good": lazy("It has been withdrawn for good. Reinstate it first."),
    "held_by_others": lazy("You do not hold it offline, somebody else does. Only they can put it back online."),
    "changed_meanwhile": lazy("Its status has changed since you opened this page."),
    "idempotency_key_in_use": lazy("This is being carried out at this moment. Look again in a few seconds."),
}


def says(refused: Refused) -> str:
    """Why it was refused."""
    known = WHY.get(refused.code)
    return gettext("This cannot be done now.") if known is None else str(known)


MARKETPLACE = StatusChangePage(
    kind=SubjectKind.PRODUCT,
    side=Side.MARKETPLACE,
    find=known_product,
    seller_id=lambda: None,
    show=page,
    says=says,
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
