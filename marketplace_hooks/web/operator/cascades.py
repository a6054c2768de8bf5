"""What still follows from the changes of statuses, how far has each got, and why?"""

from __future__ import annotations

from flask import Response

from ...models.access import Role
from ...models.cascades import CascadeState
from ...models.products import SubjectKind
from ...services.catalog.cascade_progress import read_cascade_progress
from ...services.catalog.pages import Visibility
from ...services.operations import event_log
from ...services.operations.event_trace import trace_cascade
from ..csrf import wants_fragment
from ..identity.authorization import audience
from ..labels.states import tag_of
from ..list_pages import A_PAGE, Paged, asked, asked_word, known_id
from ..pagination import encode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import number_after, page

LIST = "operator-cascades"


@blueprint.get("/operator/cascades")
@audience(Role.OPERATOR)
def cascades() -> Response:
    """All cascades, the newest first."""
    kind = asked_word("kind", SubjectKind)
    id_ = asked("id")
    state = asked_word("state", CascadeState)
    about = (kind or SubjectKind.PRODUCT, id_) if id_ is not None else None
    with current_runtime().database.reading() as session:
        found, before = event_log.find_cascades(
            session, state=state, subject=about, before=number_after(LIST), limit=A_PAGE
        )
        return page(
            "cascades",
            listed=Paged(items=found, next_after=encode(LIST, before)),
            kind=kind,
            id=id_,
            state=state,
            states=[(one.value, tag_of(one)[1]) for one in CascadeState],
            is_narrowed=id_ is not None or state is not None,
        )


@blueprint.get("/operator/cascades/<cascade_id>")
@audience(Role.OPERATOR)
def cascade(cascade_id: str) -> Response:
    """One cascade: its steps, why it runs, and what it has told."""
    with current_runtime().database.reading() as session:
        found = read_cascade_progress(session, known_id(cascade_id), Visibility(everything=True))
        error = event_log.cascade_error(session, found.id) if found.state is CascadeState.FAILED else None
        return page(
            "cascade_steps" if wants_fragment() else "cascade",
            found=found,
            error=error,
            chain=trace_cascade(session, found.id),
            runs=found.state is CascadeState.RUNNING,
        )
