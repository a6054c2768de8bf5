"""Sessions: who is signed in, and signing somebody out."""

from __future__ import annotations

from flask import Response, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...models.access import Role
from ...services.access import sessions as service
from ...services.core.unit_of_work import UnitOfWork
from ..form_actions import run_form
from ..form_reader import PageForm, TextInputField
from ..i18n.language import gettext, lazy
from ..identity.authorization import audience
from ..identity.sessions import PERSONAL_ROLES
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, cursor, is_backward, list_page
from ..list_query import Filter, ListQuery
from ..navigation import ROLES
from ..pagination import decode_position, position_key
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-sessions"
QUERY = ListQuery(
    filters=(
        Filter(
            name="role",
            label=lazy("Role"),
            type="choice",
            options=tuple((role.value, ROLES[role]) for role in PERSONAL_ROLES),
        ),
        Filter(name="subject", label=lazy("ID of the seller or customer")),
    ),
    sorts=NEWEST_FIRST,
)


class EndSessionForm(PageForm):
    """Which session to end; empty: all that the list is narrowed to."""

    session_id = TextInputField()


@blueprint.get("/operator/sessions")
@audience(Role.OPERATOR)
def sessions() -> Response:
    """The sessions that are alive, newest first."""
    return _show()


@blueprint.post("/operator/sessions")
@audience(Role.OPERATOR)
def end_sessions() -> BaseResponse:
    """End one session, or every session of the person that the list is narrowed to."""
    session_id = EndSessionForm.read().session_id.data
    asked = QUERY.read()
    role = asked.member("role", Role)
    subject = asked.get("subject")

    def act(uow: UnitOfWork) -> None:
        if role is not None and subject is not None and not session_id:
            service.end_sessions_of(uow, role, subject)
        else:
            service.end_session(uow, session_id)

    return run_form(
        act,
        message=gettext("This user has been signed out."),
        next_url=url_for("mh_operator.sessions", role=role, subject=subject),
        refused=lambda why, status: _show(status=status, refused=why),
    )


def _show(*, status: int = 200, refused: str | None = None) -> Response:
    runtime = current_runtime()
    asked = QUERY.read()
    with runtime.database.read_session() as session:
        found = service.list_sessions(
            session,
            runtime.settings,
            runtime.now(),
            role=asked.member("role", Role),
            subject=asked.get("subject"),
            before=decode_position(LIST, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(LIST, found, lambda one: position_key(one.created_at, one.id))
    return page("sessions", status, refused=refused, listed=listed, asked=asked)
