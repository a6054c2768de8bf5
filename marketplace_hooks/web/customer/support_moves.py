"""What can a customer do about one of her requests? One form for each move; an impossible one says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ...domain.inspections.declarations import Declaration
from ...domain.merchant_sites import parse
from ...domain.support.state_machine import Handling, RefundState
from ...errors import Conflict, NotFound, PayloadRejected
from ...models.access import Role
from ...models.support import SupportRequest
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.inspections.add_declaration import declare
from ...services.support import messages, moves, refunds, submission
from ...services.support.eligibility_checks import start_check
from ...services.support.requests import visible_request
from ...services.support.transitions import locked_request
from ..actors import cause_of, message_of, viewer_of
from ..flash import flash
from ..form_idempotency import form_key, run_form_once
from ..form_reader import text_of
from ..i18n.language import LazyText, gettext, lazy
from ..identity.authorization import audience, signed_in
from ..labels.conflicts import both_states
from ..labels.customer_requests import STANDS
from ..state import current_runtime
from .blueprint import blueprint
from .conversation import kind_of, show
from .new_request import request_url
from .new_request_form import LONGEST_URL, Entered, read_declaration
from .purchases import customer_id

LONGEST_TEXT = 10_000
LONGEST_MESSAGE = 50_000
Act = Callable[[UnitOfWork, str, Cause], object]


def _answer(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    message = message_of(
        signed_in(),
        request_id,
        message_id=f"msg_{form_key()}",
        body=text_of("body", LONGEST_MESSAGE),
        received_at=uow.now,
    )
    messages.post_message(uow, message, cause)


def _not_fixed(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    moves.report_not_fixed(uow, request_id, text=cause.reason, cause=cause)


def _contest(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    moves.contest(uow, request_id, text=cause.reason, cause=cause)


def _withdraw(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    moves.withdraw(uow, request_id, cause)


def _offer(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    moves.answer_offer(uow, request_id, accepted=request.form.get("accepted") == "yes", cause=cause)


def _prefer_fix(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    refunds.waive_refund(uow, locked_request(uow.session, request_id), cause)


def _kind(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    """Confirm the kind that the seller proposes, or keep the present one: then the proposal is gone."""
    asked = locked_request(uow.session, request_id)
    kind = kind_of(request.form.get("kind", "")) or asked.kind
    moves.change_kind(uow, request_id, kind, confirms=True, cause=cause)


def _send_as_is(uow: UnitOfWork, request_id: str, cause: Cause) -> None:
    submission.send_as_is(uow, request_id, cause)


_MOVES: Mapping[str, tuple[Act, LazyText]] = {
    "answer": (_answer, lazy("Your message was sent.")),
    "not-fixed": (_not_fixed, lazy("The seller was told that it is not fixed, and goes on with it.")),
    "contest": (_contest, lazy("You contested the refusal. The marketplace decides, and tells you.")),
    "withdraw": (_withdraw, lazy("You took the request back.")),
    "offer": (_offer, lazy("Your answer to the offer was sent.")),
    "prefer-fix": (_prefer_fix, lazy("You chose the fix: no refund is asked for.")),
    "kind": (_kind, lazy("What your request is about was settled.")),
    "send-as-is": (_send_as_is, lazy("Your request was sent to the seller as it is.")),
}


@blueprint.post("/support/<request_id>/<move>")
@audience(Role.CUSTOMER)
def make_move(request_id: str, move: str) -> Response | BaseResponse:
    """Carry one move out, once however often it is sent."""
    if move not in _MOVES:
        raise NotFound("there is no such move")
    act, done = _MOVES[move]
    errors = _missing_words(move)
    if errors:
        return make_response(show(request_id, errors=errors, written=request.form), 422)
    return _carried_out(request_id, act, str(done))


@blueprint.post("/support/<request_id>/information")
@audience(Role.CUSTOMER)
def give_information(request_id: str) -> Response | BaseResponse:
    """Take what was missing: the shop's address, or what it runs; then the request is judged again."""
    said = Entered(draft_id="")
    shop_url = text_of("shop_url", LONGEST_URL)
    read_declaration(said)
    if shop_url and parse(shop_url) is None:
        said.errors["shop_url"] = gettext("This address cannot be read.")
    if not shop_url and said.declared is None and not said.errors:
        said.errors["platform_version"] = gettext("Say which version your shop runs, or give the list of its modules.")
    if said.errors:
        return make_response(show(request_id, errors=said.errors, written=request.form), 422)

    def complete(uow: UnitOfWork, id_: str, cause: Cause) -> None:
        asked = locked_request(uow.session, id_)
        check_id = asked.check_id
        if asked.handling is Handling.NEEDS_INFORMATION:
            check_id = _check_with(uow, asked, shop_url or asked.shop_url, said.declared)
        submission.complete_information(uow, id_, shop_url=shop_url or None, check_id=check_id, cause=cause)

    return _carried_out(request_id, complete, gettext("What you gave was added to your request."))


def _check_with(
    uow: UnitOfWork, asked: SupportRequest, shop_url: str | None, declared: Declaration | None
) -> str | None:
    """The request's check with what she declares beside it; another one where there was none, or of another address."""
    check_id = asked.check_id
    if check_id is None or shop_url != asked.shop_url:
        purchase = submission.purchase_of(uow.session, asked.purchase_id or "", customer_id())
        runtime = current_runtime()
        started = start_check(runtime, uow, purchase, shop_url=shop_url, credentials=None, declared=None)
        check_id = started.check_id
    if declared is not None:
        declare(uow, check_id, declared)
    return check_id


def _carried_out(request_id: str, act: Act, done: str) -> BaseResponse:
    identity = signed_in()
    cause = cause_of(identity, text_of("text", LONGEST_TEXT))

    def carry(uow: UnitOfWork) -> str:
        visible_request(uow.session, request_id, viewer_of(identity))
        act(uow, request_id, cause)
        return request_id

    try:
        run_form_once(carry)
    except Conflict as impossible:
        flash("warning", why_impossible(impossible))
    except PayloadRejected:
        flash("warning", gettext("Nothing was changed: what was asked for does not fit this request."))
    else:
        flash("good", done)
    return redirect(request_url(request_id), 303)


def why_impossible(impossible: Conflict) -> str:
    """Why a move cannot be made any more, and where the request stands."""
    if impossible.code == "too_late":
        over = gettext("Nothing was changed: the time to do that is over.")
        return f"{over} {both_states(impossible)}".rstrip()
    if impossible.code == "no_offer":
        return gettext("Nothing was changed: no offer waits for your answer.")
    state_ = impossible.facts.get("state")
    if state_ in list(RefundState) and state_ not in list(Handling):
        return gettext("Nothing was changed: no refund is waiting for your choice.")
    if state_ in list(Handling):
        stands = f"{both_states(impossible)} {STANDS[Handling(state_)]}".lstrip()
        return gettext("Nothing was changed, because the request has moved on. %(stands)s", stands=stands)
    return gettext("Nothing was changed: that was sent already, or is not possible now.")


def _missing_words(move: str) -> dict[str, str]:
    if move == "answer" and not text_of("body", LONGEST_MESSAGE):
        return {"body": gettext("Write your message.")}
    if move == "contest" and not text_of("text", LONGEST_TEXT):
        return {"contest-text": gettext("Say why you do not agree.")}
    return {}
