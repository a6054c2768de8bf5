"""Assignments by the seller: which person of theirs handles a request."""

from __future__ import annotations

from werkzeug.wrappers import Response as BaseResponse

from ...models.access import Role
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support.assignment import LONGEST_NAME, assign_request
from ..form_reader import PageForm, TextInputField
from ..i18n.language import gettext
from ..identity.authorization import audience
from .blueprint import blueprint
from .support_moves import run_move
from .support_requests import show_request


class AssignmentForm(PageForm):
    """Who handles a request; empty: nobody in particular."""

    assignee = TextInputField(longest=LONGEST_NAME)


@blueprint.post("/seller/requests/<request_id>/assignment")
@audience(Role.SELLER)
def assign(request_id: str) -> BaseResponse:
    """Assign the request to a person of one's own side, or to nobody."""
    form = AssignmentForm.read()
    if form.errors:
        return show_request(request_id, status=422, errors=form.messages)
    assignee = form.assignee.data or None

    def act(uow: UnitOfWork, cause: Cause) -> None:
        assign_request(uow, request_id, assignee, side="seller")

    removed = gettext("The assignment has been removed.")
    return run_move(request_id, act, gettext("Assigned to %(name)s.", name=assignee) if assignee else removed)
