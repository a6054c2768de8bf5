"""Acknowledgements to judge: an operator says whether a doubtful reply is a personal answer.

A message that counts does so at the instant of its receipt.
"""

from __future__ import annotations

from flask import Response, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...models.access import Role
from ...services.catalog.names import product_titles
from ...services.support.messages import confirm_message
from ...services.support.work_queue import replies_to_confirm
from ..actors import cause_of
from ..form_actions import run_form
from ..form_reader import ChoiceField, PageForm, TextInputField
from ..i18n.language import gettext
from ..identity.authorization import audience, signed_in
from ..labels.operations import SIGNS
from ..labels.sorts import OLDEST_FIRST
from ..list_pages import LONGEST_ID, PAGE_SIZE, checked_id, cursor, is_backward, list_page
from ..list_query import ListQuery
from ..pagination import decode_number
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page

LIST = "operator-replies"
QUERY = ListQuery(sorts=OLDEST_FIRST)


class JudgementForm(PageForm):
    """Whether a message counts as the seller's answer."""

    counts = ChoiceField(("yes", "no"))
    request_id = TextInputField(longest=LONGEST_ID)
    message_id = TextInputField(longest=LONGEST_ID)


@blueprint.get("/operator/replies")
@audience(Role.OPERATOR)
def replies() -> Response:
    """The messages that a person must judge, the longest waiting first."""
    return _show()


@blueprint.post("/operator/replies")
@audience(Role.OPERATOR)
def judge_reply() -> BaseResponse:
    """Record what the operator says of one message."""
    identity = signed_in()
    form = JudgementForm.read()
    if form.counts.data is None:
        return _show(status=422, refused=gettext("Choose yes or no. Nothing was changed."))
    counts = form.counts.data == "yes"
    yes = gettext("The message counts as the seller’s response, from when it was received.")
    return run_form(
        lambda uow: confirm_message(
            uow,
            checked_id(form.request_id.data),
            checked_id(form.message_id.data),
            counts=counts,
            actor=identity.subject or identity.role,
            cause=cause_of(identity),
        ),
        message=yes if counts else gettext("The message does not count as the seller’s response."),
        next_url=url_for("mh_operator.replies"),
        refused=lambda why, status: _show(status=status, refused=why),
    )


def _show(*, status: int = 200, refused: str | None = None) -> Response:
    QUERY.read()
    with current_runtime().database.read_session() as session:
        after = decode_number(LIST, cursor())
        found = replies_to_confirm(session, after=after, is_backward=is_backward(), limit=PAGE_SIZE + 1)
        titles = product_titles(session, {one.request.product_id for one in found})
        listed = list_page(LIST, found, lambda one: one.message.id)
        now = current_runtime().now()
        return page("acknowledgements", status, listed=listed, titles=titles, signs=SIGNS, now=now, refused=refused)
