"""What becomes of what somebody wrote into a form that was open for too long?

It is not carried out, for its token proves nothing any more; but nothing that was typed is lost: the form is shown
again as it was filled in, with a new token.
"""

from __future__ import annotations

from flask import Response, make_response, request

from ..csrf import ExpiredForm
from ..i18n.language import gettext
from ..layout import show_refusal
from ..state import current_runtime
from .blueprint import blueprint
from .conversation import show
from .new_request import show_again

_WORDY = {"answer": "body", "contest": "contest-text", "not-fixed": "not-fixed-text"}
"""The moves in which something is written, and where."""


@blueprint.errorhandler(ExpiredForm)
def show_what_was_written(stale: ExpiredForm) -> Response:
    """The same form again; for those in which nothing was written, the page that every room shows."""
    move = (request.view_args or {}).get("move")
    if request.endpoint == "mh_customer.write_request":
        with current_runtime().database.reading() as session:
            return show_again(session)
    if request.endpoint == "mh_customer.make_move" and move in _WORDY:
        said = gettext("This form had been open for too long. Everything is still here: send it again.")
        page = show(str((request.view_args or {})["request_id"]), errors={_WORDY[move]: said}, written=request.form)
        return make_response(page, 400)
    return show_refusal(stale)
