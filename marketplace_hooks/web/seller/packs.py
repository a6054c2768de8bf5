"""Packs of a seller: the list, and the page of one."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...models.access import Role
from ...models.products import SubjectKind
from ...services.catalog.seller_offers import list_seller_packs
from ..i18n.language import lazy
from ..identity.authorization import audience
from ..labels.sorts import BY_ID
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import Filter, ListQuery
from ..pagination import decode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id
from .offer_pages import cancel, show

LIST = "own-packs"
QUERY = ListQuery(filters=(Filter(name="q", label=lazy("Pack name"), type="search"),), sorts=BY_ID)


@blueprint.get("/seller/packs")
@audience(Role.SELLER)
def packs() -> Response:
    """The seller's packs, by id: those whose name holds what is searched for."""
    asked = QUERY.read()
    with current_runtime().database.read_session() as session:
        found = list_seller_packs(
            session,
            seller_id(),
            search=asked.get("q"),
            after=decode(LIST, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(LIST, found.items, lambda one: one.card.pack_id)
    return page("packs", listed=listed, asked=asked)


@blueprint.get("/seller/packs/<pack_id>")
@audience(Role.SELLER)
def pack(pack_id: str) -> Response:
    """One pack: who holds it and why, which of its products hide it, what is scheduled, its past."""
    return show(SubjectKind.PACK, pack_id)


@blueprint.post("/seller/packs/<pack_id>/scheduled/cancellation")
@audience(Role.SELLER)
def cancel_pack_change(pack_id: str) -> BaseResponse:
    """Cancel what the seller has scheduled for it."""
    return cancel(SubjectKind.PACK, pack_id)
