"""What can a customer do about one of her requests? One form for each move; an impossible one says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response, current_app, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ...domain.declarations import Declared
from ...domain.requests import Handling, RefundState
from ...domain.sites import parse
from ...errors import Conflict, NotFound, PayloadRejected
from ...services import answers, conversations, refunds, support
from ...services.checks import start_check
from ...services.declaring import declare
from ...services.desk import request_seen
from ...services.requests import known_request
from ...services.work import Cause, Work
from ...store.access import Role
from ...store.support import SupportRequest
from ..filled import text_of
from ..forms import tell
from ..i18n import Marked, gettext, lazy
from ..impossible_words import both_states
from ..repeats import carry_out_once, word_of_form
from ..sign_in import audience, signed_in
from ..speaking import cause_of, message_of, viewer_of
from ..state import state
from . import blueprint
from .asking import request_url
from .conversation import kind_of, show
from .purchases import customer_id
from .request_words import STANDS
from .writing import LONGEST_URL, Entered, read_declaration

LONGEST_TEXT = 10_000
LONGEST_MESSAGE = 50_000
Act = Callable[[Work, str, Cause], object]


def _answer(work: Work, request_id: str, cause: Cause) -> None:
    message = message_of(
        signed_in(),
        request_id,
        message_id=f"msg_{word_of_form()}",
        body=text_of("body", LONGEST_MESSAGE),
        received_at=work.now,
    )
    conversations.post_message(work, message, cause)


def _not_fixed(work: Work, request_id: str, cause: Cause) -> None:
    answers.not_fixed(work, request_id, text=cause.reason, cause=cause)


def _contest(work: Work, request_id: str, cause: Cause) -> None:
    answers.contest(work, request_id, text=cause.reason, cause=cause)


def _withdraw(work: Work, request_id: str, cause: Cause) -> None:
    answers.withdraw(work, request_id, cause)


def _offer(work: Work, request_id: str, cause: Cause) -> None:
    answers.answer_offer(work, request_id, accepted=request.form.get("accepted") == "yes", cause=cause)


def _prefer_fix(work: Work, request_id: str, cause: Cause) -> None:
    refunds.waive_refund(work, known_request(work.session, request_id), cause)


def _kind(work: Work, request_id: str, cause: Cause) -> None:
    """Confirm the kind that the seller proposes, or keep the present one: then the proposal is gone."""
    asked = known_request(work.session, request_id)
    kind = kind_of(request.form.get("kind", "")) or asked.kind
    answers.change_kind(work, request_id, kind, confirms=True, cause=cause)


def _send_as_is(work: Work, request_id: str, cause: Cause) -> None:
    support.send_as_is(work, request_id, cause)


_MOVES: Mapping[str, tuple[Act, Marked]] = {
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
    said, shop_url = Entered(draft_id=""), text_of("shop_url", LONGEST_URL)
    read_declaration(said)
    if shop_url and parse(shop_url) is None:
        said.errors["shop_url"] = gettext("This address cannot be read.")
    if not shop_url and said.declared is None and not said.errors:
        said.errors["platform_version"] = gettext("Say which version your shop runs, or give the list of its modules.")
    if said.errors:
        return make_response(show(request_id, errors=said.errors, written=request.form), 422)

    def complete(work: Work, id_: str, cause: Cause) -> None:
        asked = known_request(work.session, id_)
        check_id = asked.check_id
        if asked.handling is Handling.NEEDS_INFORMATION:
            check_id = _check_with(work, asked, shop_url or asked.shop_url, said.declared)
        support.complete_information(work, id_, shop_url=shop_url or None, check_id=check_id, cause=cause)

    return _carried_out(request_id, complete, gettext("What you gave was added to your request."))


def _check_with(work: Work, asked: SupportRequest, shop_url: str | None, declared: Declared | None) -> str | None:
    """The request's check with what she declares beside it; another one where there was none, or of another address."""
    check_id = asked.check_id
    if check_id is None or shop_url != asked.shop_url:
        purchase = support.purchase_of(work.session, asked.purchase_id or "", customer_id())
        here = state(current_app).installation
        started = start_check(here, work, purchase, shop_url=shop_url, credentials=None, declared=None)
        check_id = started.check_id
    if declared is not None:
        declare(work, check_id, declared)
    return check_id


def _carried_out(request_id: str, act: Act, done: str) -> BaseResponse:
    identity = signed_in()
    cause = cause_of(identity, text_of("text", LONGEST_TEXT))

    def carry(work: Work) -> str:
        request_seen(work.session, request_id, viewer_of(identity))
        act(work, request_id, cause)
        return request_id

    try:
        carry_out_once(carry)
    except Conflict as impossible:
        tell("warning", why_impossible(impossible))
    except PayloadRejected:
        tell("warning", gettext("Nothing was changed: what was asked for does not fit this request."))
    else:
        tell("good", done)
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
