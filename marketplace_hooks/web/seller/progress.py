"""How far has what follows from a change got?

The page is a row's state, so that it may be left and opened again; htmx asks for its middle part anew while it runs,
and without it the whole page is read again.
"""

from __future__ import annotations

from flask import Response
from sqlalchemy import select

from ...services.catalogue import Sight
from ...services.parties import titles_of
from ...services.progress import progress_of
from ...store.access import Role
from ...store.cascades import CascadeState
from ...store.packs import Pack
from ...store.products import SubjectKind
from ..forms import wants_fragment
from ..showing import here, known_id
from ..sign_in import audience
from . import blueprint
from .showing import page, seller_id
from .words import told_side


@blueprint.get("/seller/progress/<cascade_id>")
@audience(Role.SELLER)
def progress(cascade_id: str) -> Response:
    """The steps of one cascade."""
    with here().database.reading() as session:
        found = progress_of(session, known_id(cascade_id), Sight(seller_id=seller_id()))
        if found.subject.kind is SubjectKind.PRODUCT:
            title = titles_of(session, [found.subject.id]).get(found.subject.id, {})
        else:
            title = session.scalar(select(Pack.title).where(Pack.id == found.subject.id)) or {}
    return page(
        "progress_steps" if wants_fragment() else "progress",
        found=found,
        title=title,
        by=told_side(str(found.cause.get("actor", ""))),
        runs=found.state is CascadeState.RUNNING,
    )
