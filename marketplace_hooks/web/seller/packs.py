"""Packs of a seller: the list, and the page of one."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from ...models.access import Role
from ...models.products import SubjectKind
from ...services.catalog.seller_offers import list_seller_packs
from ..identity.authorization import audience
from ..list_pages import PAGE_SIZE, ListPage, cursor, query_text
from ..pagination import decode, encode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id
from .offer_pages import cancel, show

LIST = "own-packs"


@blueprint.get("/seller/packs")
@audience(Role.SELLER)
def packs() -> Response:
    """The seller's packs, by id: those whose name holds what is searched for."""
    search = query_text("q")
    with current_runtime().database.read_session() as session:
        found = list_seller_packs(session, seller_id(), search=search, after=decode(LIST, cursor()), limit=PAGE_SIZE)
    return page("packs", listed=ListPage(items=found.items, next_after=encode(LIST, found.next_after)), search=search)


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
