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
from ..i18n.language import lazy
from ..identity.authorization import audience
from ..labels.operations import SUBJECTS
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, checked_id, cursor, is_backward, list_page
from ..list_query import Filter, ListQuery, settled_choice, state_options
from ..pagination import decode_number
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-cascades"
_KINDS = tuple((kind.value, SUBJECTS[kind.value]) for kind in SubjectKind)
QUERY = ListQuery(
    filters=(
        settled_choice("kind", lazy("About"), _KINDS, SubjectKind.PRODUCT),
        Filter(name="id", label=lazy("ID")),
        Filter(name="state", label=lazy("State"), type="choice", options=state_options(CascadeState)),
    ),
    sorts=NEWEST_FIRST,
)


@blueprint.get("/operator/cascades")
@audience(Role.OPERATOR)
def cascades() -> Response:
    """All cascades, newest first."""
    asked = QUERY.read()
    id_ = asked.get("id")
    with current_runtime().database.read_session() as session:
        found, _ = event_log.find_cascades(
            session,
            state=asked.member("state", CascadeState),
            subject=None if id_ is None else (asked.get("kind") or "", id_),
            before=decode_number(LIST, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        return page("cascades", listed=list_page(LIST, found, lambda one: one.number), asked=asked)


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
