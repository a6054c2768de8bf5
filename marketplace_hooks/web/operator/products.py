"""Products, hidden ones too: their status and history, and reinstating one that was withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side, Status
from ...errors import NotFound
from ...models.access import Role
from ...models.products import SubjectKind
from ...services.catalog.holds_view import temporary_change, usual_change
from ...services.catalog.pages import ProductPage, product_page
from ...services.catalog.seller_offers import EVERYTHING, list_products_with_holds
from ...services.catalog.status_history import read_status_history
from ...services.catalog.status_requests import StatusChangeTarget, request_reinstatement
from ..actors import cause_of
from ..form_actions import run_form
from ..form_reader import PageForm, TextInputField
from ..i18n.language import gettext, lazy
from ..identity.authorization import audience, signed_in
from ..labels.sorts import BY_ID
from ..list_pages import PAGE_SIZE, checked_id, cursor, is_backward, list_page
from ..list_query import Filter, ListQuery, state_options
from ..pagination import decode
from ..state import current_runtime
from .audit import read_trail
from .blueprint import blueprint
from .layout import page

LIST = "operator-products"
QUERY = ListQuery(
    filters=(
        Filter(name="q", label=lazy("Product name"), type="search"),
        Filter(name="seller", label=lazy("Seller ID")),
        Filter(
            name="status", label=lazy("Status"), type="choice", options=state_options(Status), any=lazy("Any status")
        ),
    ),
    sorts=BY_ID,
    others=("choose",),
)
ENTRIES = 20
LONGEST_REASON = 2_000


class ReinstatementForm(PageForm):
    """Why a product is reinstated."""

    reason = TextInputField(required=lazy("Enter a reason"), longest=LONGEST_REASON)


@blueprint.get("/operator/products")
@audience(Role.OPERATOR)
def products() -> Response:
    """All products, hidden ones too, by id: by words of the name, status and seller."""
    asked = QUERY.read()
    with current_runtime().database.read_session() as session:
        found = list_products_with_holds(
            session,
            asked.get("seller"),
            search=asked.get("q"),
            status=asked.member("status", Status),
            after=decode(LIST, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(LIST, found.items, lambda one: one.card.product_id)
    return page(
        "products",
        listed=listed,
        asked=asked,
        usual_change=partial(usual_change, side=Side.MARKETPLACE),
        all_chosen=request.args.get("choose") == "all",
    )


@blueprint.get("/operator/products/<product_id>")
@audience(Role.OPERATOR)
def product(product_id: str) -> Response:
    """One product: who holds it and why, what is scheduled, its packs, its history."""
    with current_runtime().database.read_session() as session:
        found = known_product(session, product_id)
        past = read_status_history(session, SubjectKind.PRODUCT, product_id, limit=ENTRIES)
        trail = read_trail(session, "product", product_id)
    temporary = temporary_change(found.holds_view, Side.MARKETPLACE)
    return page("product", found=found, card=found.card, past=past, trail=trail, temporary=temporary)


@blueprint.get("/operator/products/<product_id>/reinstatement")
@audience(Role.OPERATOR)
def reinstatement(product_id: str) -> Response:
    """The form that reinstates a product, with what that does and does not do."""
    return _show_reinstatement(product_id)


@blueprint.post("/operator/products/<product_id>/reinstatement")
@audience(Role.OPERATOR)
def confirm_reinstatement(product_id: str) -> BaseResponse:
    """Bring the product back, offline, with a reason."""
    form = ReinstatementForm.read()
    if form.errors:
        return _show_reinstatement(product_id, status=422, errors=form.messages)
    target = StatusChangeTarget(kind=SubjectKind.PRODUCT, id=checked_id(product_id))
    cause = cause_of(signed_in(), form.reason.data)
    return run_form(
        lambda uow: request_reinstatement(uow, target, cause),
        message=gettext("The product is reinstated but still offline. Put it back online when it can be sold again."),
        next_url=url_for("mh_operator.product", product_id=product_id),
        refused=lambda why, status: _show_reinstatement(product_id, status=status),
    )


def known_product(session: Session, product_id: str) -> ProductPage:
    """The product, hidden or not. Raises `NotFound`."""
    found = product_page(session, checked_id(product_id), visibility=EVERYTHING, now=current_runtime().now())
    if found is None:
        raise NotFound(f"there is no product {product_id}")
    return found


def _show_reinstatement(product_id: str, *, status: int = 200, errors: Mapping[str, str] | None = None) -> Response:
    with current_runtime().database.read_session() as session:
        found = known_product(session, product_id)
    return page("reinstatement", status, found=found, card=found.card, errors=errors or {})
