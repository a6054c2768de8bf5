"""What can the marketplace do about one request: overturn, uphold, extend, refund, say its kind, leave a note?

Each is one form of the request's page; the services carry it out, the same as for the API. What has become impossible
meanwhile is said, and the page shows how things stand now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ...domain.support.state_machine import Kind
from ...errors import Conflict, NotFound
from ...models.access import Role
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import moves, refunds
from ...services.support.manual_refunds import settle_by_hand
from ...services.support.messages import post_message
from ...services.support.transitions import locked_request
from ..actors import cause_of, message_of
from ..flash import flash
from ..form_idempotency import form_key, run_form_once
from ..i18n.language import LazyText, gettext, lazy
from ..identity.authorization import audience, signed_in
from ..labels.conflicts import both_states
from ..list_pages import checked_id
from .blueprint import blueprint
from .support_requests import kind_of, shown_request

LONGEST_TEXT = 10_000
MOST_DAYS = 250


@dataclass(frozen=True, kw_only=True)
class Form:
    """What was filled in."""

    request_id: str
    text: str
    days: int | None
    kind: Kind | None
    with_period: bool
    is_internal: bool


Act = Callable[[UnitOfWork, Form, Cause], object]


@dataclass(frozen=True, kw_only=True)
class Move:
    """One thing that can be done. `needs` are the fields that must be filled in."""

    act: Act
    done: LazyText
    needs: tuple[str, ...] = ("text",)


def _note(uow: UnitOfWork, form: Form, cause: Cause) -> object:
    posted = message_of(
        signed_in(),
        form.request_id,
        message_id=f"msg_{form_key()}",
        body=form.text,
        received_at=uow.now,
        visibility="internal" if form.is_internal else "public",
    )
    return post_message(uow, posted, cause)


def _refund(uow: UnitOfWork, form: Form, cause: Cause) -> object:
    found = locked_request(uow.session, form.request_id)
    return refunds.approve_refund(uow, found, with_period=form.with_period, reason=form.text, cause=cause)


def _extend(uow: UnitOfWork, form: Form, cause: Cause) -> object:
    return moves.extend_fix(uow, form.request_id, days=form.days or 0, reason=form.text, cause=cause)


def _confirm_kind(uow: UnitOfWork, form: Form, cause: Cause) -> object:
    kind = form.kind or locked_request(uow.session, form.request_id).kind
    return moves.change_kind(uow, form.request_id, kind, confirms=True, cause=cause)


MOVES: Mapping[str, Move] = {
    "overturn": Move(
        act=lambda uow, form, cause: moves.overturn(uow, form.request_id, reason=form.text, cause=cause),
        done=lazy("The refusal is overturned: the seller owes the fix again."),
    ),
    "uphold": Move(
        act=lambda uow, form, cause: moves.uphold(uow, form.request_id, reason=form.text, cause=cause),
        done=lazy("The refusal is upheld, and the request is closed."),
    ),
    "extension": Move(act=_extend, done=lazy("The seller has more time. Both sides see why."), needs=("text", "days")),
    "refund": Move(act=_refund, done=lazy("The refund has been asked for.")),
    "settled": Move(
        act=lambda uow, form, cause: settle_by_hand(uow, locked_request(uow.session, form.request_id), cause),
        done=lazy("The refund is marked as done."),
        needs=(),
    ),
    "kind": Move(act=_confirm_kind, done=lazy("The kind of the request is settled."), needs=("kind",)),
    "note": Move(act=_note, done=lazy("Your message has been added.")),
}


@blueprint.post("/operator/requests/<request_id>/<move>")
@audience(Role.OPERATOR)
def move_request(request_id: str, move: str) -> BaseResponse:
    """Carry one move out, once, and show the request as it then stands."""
    wanted = MOVES.get(move)
    if wanted is None:
        raise NotFound("there is no such move")
    form = _filled(checked_id(request_id))
    errors = _errors(form, wanted)
    if errors:
        return shown_request(request_id, status=422, errors=errors, move=move)
    cause = cause_of(signed_in(), form.text if move != "note" else "")

    def act(uow: UnitOfWork) -> str:
        wanted.act(uow, form, cause)
        return "done"

    try:
        run_form_once(act)
    except Conflict as refused:
        flash("warning", _why_not(refused))
    else:
        flash("good", str(wanted.done))
    back = url_for("mh_operator.support_request", request_id=request_id)
    return redirect(url_for("mh_operator.refunds") if request.form.get("back") == "refunds" else back, 303)


def _filled(request_id: str) -> Form:
    told = request.form.get("text", "").replace("\r\n", "\n").strip()
    days = request.form.get("days", "").strip()
    return Form(
        request_id=request_id,
        text="".join(letter for letter in told if letter.isprintable() or letter in "\n\t"),
        days=int(days) if days.isascii() and days.isdecimal() and len(days) <= 4 else None,
        kind=kind_of(request.form.get("kind", "")),
        with_period=request.form.get("with_period") == "yes",
        is_internal=request.form.get("visibility", "internal") == "internal",
    )


def _errors(form: Form, move: Move) -> dict[str, str]:
    found = {}
    if "text" in move.needs and not form.text:
        found["text"] = gettext("Write something: both sides can read why.")
    if len(form.text) > LONGEST_TEXT:
        found["text"] = gettext("This is too long. Say it in fewer words.")
    if "days" in move.needs and not (form.days and 1 <= form.days <= MOST_DAYS):
        found["days"] = gettext("Enter a number of business days between 1 and %(most)s.", most=MOST_DAYS)
    if "kind" in move.needs and form.kind is None:
        found["kind"] = gettext("Choose what the request is about.")
    return found


def _why_not(refused: Conflict) -> str:
    if refused.code == "nothing_to_refund":
        return gettext("Nothing was done: there is nothing to give back.")
    if refused.code == "clock_not_running":
        stopped = gettext("Nothing was done: the clock of the fix does not run any more.")
        return f"{stopped} {both_states(refused)}".rstrip()
    if refused.code == "idempotency_key_in_use":
        return gettext("This is being carried out at this moment. Look again in a few seconds.")
    return gettext("Nothing was done: somebody has changed it meanwhile. %(states)s", states=both_states(refused))
