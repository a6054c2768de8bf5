"""Expired forms of the customer: shown again as they were filled in, with a new token.

An expired token proves nothing any more, so nothing is carried out; but nothing that was typed is lost.
"""

from __future__ import annotations

from flask import Response, request

from ..csrf import ExpiredForm
from ..error_pages import show_refusal
from ..i18n.language import gettext
from ..state import current_runtime
from .blueprint import blueprint
from .conversation import show_request
from .new_request import show_again

_TEXT_FIELDS = {"answer": "body", "contest": "contest-text", "not-fixed": "not-fixed-text"}
"""The moves in which something is written, and the id of its field."""


@blueprint.errorhandler(ExpiredForm)
def show_form_again(error: ExpiredForm) -> Response:
    """The same form again; where nothing was written, the page that every area has for an expired form."""
    move = (request.view_args or {}).get("move")
    if request.endpoint == "mh_customer.write_request":
        with current_runtime().database.read_session() as session:
            return show_again(session)
    if request.endpoint == "mh_customer.make_move" and move in _TEXT_FIELDS:
        message = gettext("This form was open for too long. Nothing is lost: send it again.")
        request_id = str((request.view_args or {})["request_id"])
        return show_request(request_id, status=400, errors={_TEXT_FIELDS[move]: message}, written=request.form)
    return show_refusal(error)
