"""Support moves of the marketplace: overturn, uphold, extend, refund, settle the kind, leave a note.

Each is one form of the request's page. An impossible one shows the request as it stands, with why (409).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.support.state_machine import Kind
from ...domain.written_text import says_something
from ...errors import NotFound
from ...models.access import Role
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import moves, refunds
from ...services.support.assignment import LONGEST_NAME, assign_request
from ...services.support.manual_refunds import settle_by_hand
from ...services.support.messages import post_message
from ...services.support.transitions import locked_request
from ..actors import cause_of, message_of
from ..form_actions import run_form
from ..form_idempotency import form_key
from ..form_reader import CheckboxField, ChoiceField, NumberField, PageForm, TextInputField
from ..i18n.language import LazyText, gettext, lazy
from ..identity.authorization import audience, signed_in
from ..identity.fresh_sign_in import require_fresh_sign_in
from ..list_pages import checked_id
from .blueprint import blueprint
from .support_requests import show_request

MOST_DAYS = 250


class OperatorMoveForm(PageForm):
    """The fields of all moves; each form has some of them."""

    text = TextInputField()
    days = NumberField()
    kind = ChoiceField(Kind)
    assignee = TextInputField(longest=LONGEST_NAME)
    with_period = CheckboxField()
    visibility = ChoiceField(("internal", "public"))
    back = ChoiceField(("refunds",))


Act = Callable[[UnitOfWork, str, OperatorMoveForm, Cause], object]


@dataclass(frozen=True, kw_only=True)
class OperatorMove:
    """One thing that can be done. `needs` are the fields that must be filled in; what `pays` needs a fresh sign-in."""

    act: Act
    done: LazyText
    needs: tuple[str, ...] = ("text",)
    pays: bool = False


def _note(uow: UnitOfWork, request_id: str, form: OperatorMoveForm, cause: Cause) -> object:
    posted = message_of(
        signed_in(),
        request_id,
        message_id=f"msg_{form_key()}",
        body=form.text.data,
        received_at=uow.now,
        visibility=form.visibility.data or "internal",
    )
    return post_message(uow, posted, cause)


def _refund(uow: UnitOfWork, request_id: str, form: OperatorMoveForm, cause: Cause) -> object:
    found = locked_request(uow.session, request_id)
    return refunds.approve_refund(uow, found, with_period=form.with_period.data, reason=form.text.data, cause=cause)


def _extend(uow: UnitOfWork, request_id: str, form: OperatorMoveForm, cause: Cause) -> object:
    return moves.extend_fix(uow, request_id, days=form.days.data or 0, reason=form.text.data, cause=cause)


def _confirm_kind(uow: UnitOfWork, request_id: str, form: OperatorMoveForm, cause: Cause) -> object:
    kind = form.kind.data or locked_request(uow.session, request_id).kind
    return moves.change_kind(uow, request_id, kind, confirms=True, cause=cause)


def _assign(uow: UnitOfWork, request_id: str, form: OperatorMoveForm, cause: Cause) -> object:
    return assign_request(uow, request_id, form.assignee.data or None, side="marketplace")


MOVES: Mapping[str, OperatorMove] = {
    "overturn": OperatorMove(
        act=lambda uow, request_id, form, cause: moves.overturn(uow, request_id, reason=form.text.data, cause=cause),
        done=lazy("The refusal is overturned: the fix is due again."),
    ),
    "uphold": OperatorMove(
        act=lambda uow, request_id, form, cause: moves.uphold(uow, request_id, reason=form.text.data, cause=cause),
        done=lazy("The refusal is upheld, and the request is closed."),
    ),
    "extension": OperatorMove(
        act=_extend, done=lazy("The seller has more time. Both sides see why."), needs=("text", "days")
    ),
    "refund": OperatorMove(act=_refund, done=lazy("The refund has been requested."), pays=True),
    "settled": OperatorMove(
        act=lambda uow, request_id, form, cause: settle_by_hand(uow, locked_request(uow.session, request_id), cause),
        done=lazy("The refund is marked as done."),
        needs=(),
        pays=True,
    ),
    "kind": OperatorMove(act=_confirm_kind, done=lazy("The type of request has been changed."), needs=("kind",)),
    "assignment": OperatorMove(act=_assign, done=lazy("The assignment has been saved."), needs=()),
    "note": OperatorMove(act=_note, done=lazy("Your message has been added.")),
}


@blueprint.post("/operator/requests/<request_id>/<move>")
@audience(Role.OPERATOR)
def move_request(request_id: str, move: str) -> BaseResponse:
    """Make one move, once, and show the request as it then stands."""
    wanted = MOVES.get(move)
    if wanted is None:
        raise NotFound("there is no such move")
    form = OperatorMoveForm.read()
    _require_fields(form, wanted)
    if form.errors:
        return show_request(request_id, status=422, errors=form.messages, move=move)
    if wanted.pays:
        require_fresh_sign_in()
    cause = cause_of(signed_in(), form.text.data if move != "note" else "")
    back = url_for("mh_operator.support_request", request_id=request_id)
    return run_form(
        lambda uow: wanted.act(uow, checked_id(request_id), form, cause),
        message=str(wanted.done),
        next_url=url_for("mh_operator.refunds") if form.back.data else back,
        refused=lambda why, status: show_request(request_id, status=status, refused=why),
    )


def _require_fields(form: OperatorMoveForm, move: OperatorMove) -> None:
    if "text" in move.needs and not says_something(form.text.data):
        form.add_error("text", gettext("Enter an explanation: both sides will read it."))
    if "days" in move.needs and not (form.days.data and 1 <= form.days.data <= MOST_DAYS):
        message = gettext("Enter a number of business days between 1 and %(most)s.", most=MOST_DAYS)
        form.add_error("days", message)
    if "kind" in move.needs and form.kind.data is None:
        form.add_error("kind", gettext("Choose a type of request."))
