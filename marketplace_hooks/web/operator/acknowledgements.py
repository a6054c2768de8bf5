"""Does this message acknowledge the request? A person says so, and it counts at its original receipt."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...errors import Conflict
from ...models.access import Role
from ...services.catalog.names import product_titles
from ...services.core.unit_of_work import run_in_transaction
from ...services.support.messages import confirm_message
from ...services.support.work_queue import replies_to_confirm
from ..actors import cause_of
from ..flash import flash
from ..i18n.language import gettext
from ..identity.authorization import audience, signed_in
from ..labels.operator import SIGNS
from ..list_pages import PAGE_SIZE, checked_id, list_page
from ..state import current_runtime
from .blueprint import blueprint
from .layout import cursor_number, page

LIST = "operator-replies"


@blueprint.get("/operator/replies")
@audience(Role.OPERATOR)
def replies() -> Response:
    """The messages that a person must judge, the longest waiting first."""
    with current_runtime().database.reading() as session:
        found = replies_to_confirm(session, after=cursor_number(LIST), limit=PAGE_SIZE + 1)
        titles = product_titles(session, {one.request.product_id for one in found})
        listed = list_page(LIST, found, lambda one: one.message.id)
        return page("replies", listed=listed, titles=titles, signs=SIGNS, now=current_runtime().now())


@blueprint.post("/operator/replies")
@audience(Role.OPERATOR)
def judge_reply() -> BaseResponse:
    """Keep what the operator says of one message."""
    identity = signed_in()
    told = request.form.get("counts", "")
    request_id, message_id = (checked_id(request.form.get(name, "")) for name in ("request_id", "message_id"))
    if told not in ("yes", "no"):
        flash("bad", gettext("Say yes or no: nothing was changed."))
        return redirect(url_for("mh_operator.replies"), 303)
    counts = told == "yes"
    actor = identity.subject or identity.role
    try:
        run_in_transaction(
            current_runtime(),
            lambda uow: confirm_message(
                uow, request_id, message_id, counts=counts, actor=actor, cause=cause_of(identity)
            ),
        )
    except Conflict:
        flash("warning", gettext("Somebody has judged this message meanwhile. What they said stands."))
    else:
        yes = gettext("The message counts as the seller’s answer, at the instant at which it was received.")
        flash("good", yes if counts else gettext("The message does not count as the seller’s answer."))
    return redirect(url_for("mh_operator.replies"), 303)
