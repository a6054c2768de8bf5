"""Cascade progress: how far the steps that follow from a change of status have got.

The page shows a row's state, so that it can be left and opened again; htmx reads its middle part again while the
cascade runs, and without htmx the browser reads the whole page again.
"""

from __future__ import annotations

from flask import Response
from sqlalchemy import select

from ...models.access import Role
from ...models.cascades import CascadeState
from ...models.packs import Pack
from ...models.products import SubjectKind
from ...services.catalog.cards import Visibility
from ...services.catalog.cascade_progress import read_cascade_progress
from ...services.catalog.names import product_titles
from ..csrf import wants_fragment
from ..identity.authorization import audience
from ..labels.reasons import standard_reason_label
from ..labels.statuses import actor_label
from ..list_pages import checked_id
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, seller_id


@blueprint.get("/seller/progress/<cascade_id>")
@audience(Role.SELLER)
def progress(cascade_id: str) -> Response:
    """The steps of one cascade."""
    with current_runtime().database.read_session() as session:
        found = read_cascade_progress(session, checked_id(cascade_id), Visibility(seller_id=seller_id()))
        if found.subject.kind is SubjectKind.PRODUCT:
            title = product_titles(session, [found.subject.id]).get(found.subject.id, {})
        else:
            title = session.scalar(select(Pack.title).where(Pack.id == found.subject.id)) or {}
    reason = str(found.cause.get("reason", ""))
    return page(
        "cascade_steps" if wants_fragment() else "cascade_progress",
        found=found,
        title=title,
        by=actor_label(str(found.cause.get("actor", "")), Role.SELLER),
        reason=standard_reason_label(reason) or reason,
        runs=found.state is CascadeState.RUNNING,
    )
