"""Correction of a rejected event: its content as a form, with each fault at its place, sent as a new event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...errors import PayloadRejected, Refused
from ...events.correction import is_correctable, send_corrected
from ...models.access import Role
from ...services.core.unit_of_work import UnitOfWork
from ..flash import flash
from ..form_actions import refused_page
from ..form_idempotency import run_form_once
from ..i18n.language import gettext
from ..identity.authorization import audience
from ..list_pages import checked_id
from ..state import current_runtime
from .blueprint import blueprint
from .event_content import content_of, editable_text, typed_content
from .events import named_source, note_reading, received, show_event
from .layout import page


@blueprint.get("/operator/events/<event_id>/correction")
@audience(Role.OPERATOR)
def correction(event_id: str) -> Response:
    """The form of a corrected copy, filled with what was received."""
    with current_runtime().database.read_session() as session:
        event = received(session, event_id).event
        if not is_correctable(event):
            return page("correction", event=event, is_correctable=False)
        note_reading(event)
        return page(
            "correction",
            event=event,
            is_correctable=True,
            text=editable_text(event),
            content=content_of(event, whole=True),
        )


@blueprint.post("/operator/events/<event_id>/correction")
@audience(Role.OPERATOR)
def confirm_correction(event_id: str) -> BaseResponse:
    """Send the corrected copy, and show what becomes of it; or what is still wrong with it."""
    source = named_source()
    text = request.form.get("body", "").replace("\r\n", "\n")

    def act(uow: UnitOfWork) -> str:
        return send_corrected(uow, checked_id(event_id), text.encode(), source=source).event_id

    try:
        copy_id = run_form_once(act)
    except PayloadRejected as rejected:
        return _correct_again(event_id, text, rejected.errors)
    except Refused as refused:
        return refused_page(refused, lambda why, status: show_event(event_id, status=status, refused=why))
    flash("good", gettext("The corrected copy was received as a new event, shown here. Its progress appears below."))
    return redirect(url_for("mh_operator.event", event_id=copy_id, source=source), 303)


def _correct_again(event_id: str, text: str, errors: Sequence[Mapping[str, Any]]) -> Response:
    with current_runtime().database.read_session() as session:
        event = received(session, event_id).event
        return page(
            "correction",
            422,
            event=event,
            is_correctable=is_correctable(event),
            text=text,
            content=typed_content(text, errors),
        )
