"""Packs: the list, and one pack with its products."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Status
from ...domain.member_descriptions import SELLER_ID, about
from ...errors import NotFound, Withdrawn
from ...services.catalog.lists import find_packs
from ...services.catalog.pages import PackPage, pack_page
from ..identity.authorization import is_insider, may_see, visibility
from ..pagination import decode, encode
from ..state import current_runtime
from .catalog_schemas import OWNERS_ONLY, PackListSchema, PackPageSchema, flat
from .fields import PagedQuerySchema, TextField
from .operations import operation
from .responses import json_response

_LIST = PackListSchema()
_OWNERS = PackPageSchema()
_PUBLIC = PackPageSchema(exclude=(*OWNERS_ONLY, "blocking"))


class PacksQuerySchema(PagedQuerySchema):
    """Which packs."""

    q = TextField(min_length=0, max_length=200, metadata=about("Words of its title or seller; all must match.", "cart"))
    seller_id = TextField(metadata=SELLER_ID)


@operation("GET", "/packs", tag="Packs", query=PacksQuerySchema, response=PackListSchema, refusals=(400,))
def list_packs(query: dict[str, Any]) -> Response:
    """The packs on sale and, for signed-in users, their own hidden packs.

    With `q`, the best matches come first, 500 at most; otherwise all packs, by ID. Follow `next_cursor` for more.
    """
    cursors = "packs-found" if query.get("q") else "packs"
    with current_runtime().database.read_session() as session:
        page = find_packs(
            session,
            search=query.get("q"),
            seller_id=query.get("seller_id"),
            after=decode(cursors, query.get("cursor")),
            best_first=True,
            limit=query["limit"],
            visibility=visibility(),
        )
    found = {"items": page.items, "next_cursor": encode(cursors, page.next_after)}
    return json_response(_LIST, {**found, "total": page.total, "has_more_than_total": page.has_more})


@operation("GET", "/packs/<pack_id>", tag="Packs", response=PackPageSchema, refusals=(404, 410))
def get_pack(pack_id: str) -> Response:
    """One pack. Offline itself, or because of one of its products: 404; permanently disabled: 410.

    Its seller, its owners and the marketplace see it in any case, and also why it is offline.
    """
    with current_runtime().database.read_session() as session:
        page = visible_pack(session, pack_id)
    content = flat(page)
    content.blocking = page.blocking
    return json_response(_OWNERS if is_insider(page.card) else _PUBLIC, content)


def visible_pack(session: Session, pack_id: str) -> PackPage:
    """The pack, if whoever asks is shown its page. Raises `NotFound`, `Withdrawn` (`rules.md` 5, 6)."""
    page = pack_page(session, pack_id)
    if page is None or not may_see(page.card):
        if page is not None and page.card.status is Status.OFFLINE_PERMANENT:
            raise Withdrawn(f"pack {pack_id} is no longer sold")
        raise NotFound(f"there is no pack {pack_id}")
    return page
