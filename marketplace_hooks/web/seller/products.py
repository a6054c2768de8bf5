"""Products of a seller: the list, and the page of one."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from ...domain.catalog.statuses import Status
from ...models.access import Role
from ...models.products import SubjectKind
from ...services.catalog.seller_offers import list_seller_products
from ..identity.authorization import audience
from ..list_pages import PAGE_SIZE, ListPage, cursor, query_text
from ..pagination import decode, encode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id
from .offer_pages import cancel, show, usual_change

LIST = "own-products"


@blueprint.get("/seller")
@audience(Role.SELLER)
def products() -> Response:
    """The seller's products, by id: those whose name holds what is searched for, in one status or in any."""
    wanted = request.args.get("status", "")
    search = query_text("q")
    status = Status(wanted) if wanted in list(Status) else None
    with current_runtime().database.read_session() as session:
        found = list_seller_products(
            session, seller_id(), search=search, status=status, after=decode(LIST, cursor()), limit=PAGE_SIZE
        )
    listed = ListPage(items=found.items, next_after=encode(LIST, found.next_after))
    return page(
        "products",
        listed=listed,
        search=search,
        status=status,
        statuses=list(Status),
        usual_change=usual_change,
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
