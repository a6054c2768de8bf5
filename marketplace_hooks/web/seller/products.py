"""Products of a seller: the list, and the page of one."""

from __future__ import annotations

from functools import partial

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Side, Status
from ...models.access import Role
from ...models.products import SubjectKind
from ...services.catalog.holds_view import usual_change
from ...services.catalog.seller_offers import list_products_with_holds
from ..i18n.language import lazy
from ..identity.authorization import audience
from ..labels.sorts import BY_ID
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import Filter, ListQuery, state_options
from ..pagination import decode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id
from .offer_pages import cancel, show

LIST = "own-products"
QUERY = ListQuery(
    filters=(
        Filter(name="q", label=lazy("Product name"), type="search"),
        Filter(
            name="status", label=lazy("Status"), type="choice", options=state_options(Status), any=lazy("Any status")
        ),
    ),
    sorts=BY_ID,
    others=("choose",),
)


@blueprint.get("/seller")
@audience(Role.SELLER)
def products() -> Response:
    """The seller's products, by id: those whose name holds what is searched for, in one status or in any."""
    asked = QUERY.read()
    with current_runtime().database.read_session() as session:
        found = list_products_with_holds(
            session,
            seller_id(),
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
        usual_change=partial(usual_change, side=Side.SELLER),
        all_chosen=request.args.get("choose") == "all",
    )


@blueprint.get("/seller/products/<product_id>")
@audience(Role.SELLER)
def product(product_id: str) -> Response:
    """One product: who holds it and why, what is scheduled, its packs, its past."""
    return show(SubjectKind.PRODUCT, product_id)


@blueprint.post("/seller/products/<product_id>/scheduled/cancellation")
@audience(Role.SELLER)
def cancel_change(product_id: str) -> BaseResponse:
    """Cancel what the seller has scheduled for it."""
    return cancel(SubjectKind.PRODUCT, product_id)
