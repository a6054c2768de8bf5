"""Cascades: the steps that follow from changes of statuses, how far each has got and why it runs."""

from __future__ import annotations

from flask import Response

from ...models.access import Role
from ...models.cascades import CascadeState
from ...models.products import SubjectKind
from ...services.catalog.cards import Visibility
from ...services.catalog.cascade_progress import read_cascade_progress
from ...services.operations import event_log
from ...services.operations.event_trace import trace_cascade
from ..csrf import wants_fragment
from ..identity.authorization import audience
from ..labels.states import state_tag
from ..list_pages import PAGE_SIZE, ListPage, checked_id, cursor, query_choice, query_text
from ..pagination import decode_number, encode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-cascades"


@blueprint.get("/operator/cascades")
@audience(Role.OPERATOR)
def cascades() -> Response:
    """All cascades, the newest first."""
    kind = query_choice("kind", SubjectKind)
    id_ = query_text("id")
    state = query_choice("state", CascadeState)
    about = (kind or SubjectKind.PRODUCT, id_) if id_ is not None else None
    with current_runtime().database.read_session() as session:
        found, before = event_log.find_cascades(
            session, state=state, subject=about, before=decode_number(LIST, cursor()), limit=PAGE_SIZE
        )
        return page(
            "cascades",
            listed=ListPage(items=found, next_after=encode(LIST, before)),
            kind=kind,
            id=id_,
            state=state,
            states=[(one.value, state_tag(one)[1]) for one in CascadeState],
            is_narrowed=id_ is not None or state is not None,
        )


@blueprint.get("/operator/cascades/<cascade_id>")
@audience(Role.OPERATOR)
def cascade(cascade_id: str) -> Response:
    """One cascade: its steps, its cause and the events that it published."""
    with current_runtime().database.read_session() as session:
        found = read_cascade_progress(session, checked_id(cascade_id), Visibility(everything=True))
        error = event_log.cascade_error(session, found.id) if found.state is CascadeState.FAILED else None
        return page(
            "cascade_steps" if wants_fragment() else "cascade",
            found=found,
            error=error,
            chain=trace_cascade(session, found.id),
            runs=found.state is CascadeState.RUNNING,
        )
