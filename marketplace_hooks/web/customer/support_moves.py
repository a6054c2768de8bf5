"""Support moves of the customer: answer, contest a refusal, withdraw, accept an offer, provide what is missing.

One form for each move. An impossible one shows the request as it stands, with why (409).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from werkzeug.wrappers import Response as BaseResponse

from ...domain.merchant_sites import parse
from ...domain.support.state_machine import Kind
from ...domain.written_text import says_something
from ...errors import NotFound
from ...models.access import Role
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import messages, moves, offers, proposals, submission
from ...services.support.eligibility_checks import GivenSite, check_for_information
from ...services.support.refund_deferral import ask_again, defer_refund
from ...services.support.requests import visible_request
from ...services.support.transitions import locked_request
from ..actors import cause_of, message_of, viewer_of
from ..form_actions import run_form
from ..form_idempotency import form_key
from ..form_reader import CheckboxField, ChoiceField, PageForm, TextInputField
from ..i18n.language import LazyText, gettext, lazy
from ..identity.authorization import audience, signed_in
from ..rate_limits import limit_writing
from ..state import current_runtime
from .blueprint import blueprint
from .conversation import show_request
from .new_request import request_url
from .new_request_form import LONGEST_URL, SiteForm

LONGEST_MESSAGE = 50_000


class CustomerMoveForm(PageForm):
    """The fields of all moves; each form has some of them."""

    body = TextInputField(longest=LONGEST_MESSAGE, is_cut=True)
    text = TextInputField(is_cut=True)
    accepted = CheckboxField()
    release_id = TextInputField(is_cut=True)
    amount_cents = TextInputField()
    currency = TextInputField()
    kind = ChoiceField(Kind)


class InformationForm(SiteForm):
    """What was missing from a request: the shop's address, or what it runs."""

    shop_url = TextInputField(longest=LONGEST_URL, is_cut=True)


Act = Callable[[UnitOfWork, str, CustomerMoveForm, Cause], object]


@dataclass(frozen=True, kw_only=True)
class CustomerMove:
    """One thing that a customer can do about a request."""

    act: Act
    done: LazyText


def _answer(uow: UnitOfWork, request_id: str, form: CustomerMoveForm, cause: Cause) -> object:
    message = message_of(
        signed_in(), request_id, message_id=f"msg_{form_key()}", body=form.body.data, received_at=uow.now
    )
    return messages.post_message(uow, message, cause)


def _confirm_kind(uow: UnitOfWork, request_id: str, form: CustomerMoveForm, cause: Cause) -> object:
    """Confirm the kind that the seller proposes, or keep the present one: then the proposal is gone."""
    kind = form.kind.data or locked_request(uow.session, request_id).kind
    return moves.change_kind(uow, request_id, kind, confirms=True, cause=cause)


def _answer_offer(uow: UnitOfWork, request_id: str, form: CustomerMoveForm, cause: Cause) -> object:
    """Answer the offer that the page showed."""
    cents = form.amount_cents.data
    amount = {
        "amount_cents": int(cents) if cents.isdecimal() and len(cents) <= 10 else None,
        "currency": form.currency.data,
    }
    seen = offers.OfferSeen(release_id=form.release_id.data, amount=amount)
    return offers.answer_offer(uow, request_id, accepted=form.accepted.data, seen=seen, cause=cause)


_MOVES: Mapping[str, CustomerMove] = {
    "answer": CustomerMove(act=_answer, done=lazy("Your message was sent.")),
    "not-fixed": CustomerMove(
        act=lambda uow, id_, form, cause: moves.report_not_fixed(uow, id_, text=form.text.data, cause=cause),
        done=lazy("The seller has been notified that the problem is not fixed, and must continue working on it."),
    ),
    "contest": CustomerMove(
        act=lambda uow, id_, form, cause: proposals.contest(uow, id_, text=form.text.data, cause=cause),
        done=lazy("You contested the refusal. The marketplace will decide and let you know."),
    ),
    "withdraw": CustomerMove(
        act=lambda uow, id_, form, cause: moves.withdraw(uow, id_, cause), done=lazy("You withdrew the request.")
    ),
    "offer": CustomerMove(act=_answer_offer, done=lazy("Your answer to the offer was sent.")),
    "prefer-fix": CustomerMove(
        act=lambda uow, id_, form, cause: defer_refund(uow, locked_request(uow.session, id_), cause),
        done=lazy("You chose the fix. The seller has a new deadline, and you can still request the refund."),
    ),
    "ask-refund": CustomerMove(
        act=lambda uow, id_, form, cause: ask_again(uow, locked_request(uow.session, id_), cause),
        done=lazy("The refund has been requested."),
    ),
    "kind": CustomerMove(act=_confirm_kind, done=lazy("The type of your request has been set.")),
    "send-as-is": CustomerMove(
        act=lambda uow, id_, form, cause: submission.send_as_is(uow, id_, cause),
        done=lazy("Your request was sent to the seller as it is."),
    ),
}


@blueprint.post("/support/<request_id>/<move>")
@audience(Role.CUSTOMER)
def make_move(request_id: str, move: str) -> BaseResponse:
    """Make one move, once however often its form is sent."""
    if move not in _MOVES:
        raise NotFound("there is no such move")
    form = CustomerMoveForm.read()
    errors = _missing_texts(move, form)
    if errors:
        return show_request(request_id, status=422, errors=errors, written=form.data)
    chosen = _MOVES[move]

    def act(uow: UnitOfWork, cause: Cause) -> None:
        chosen.act(uow, request_id, form, cause)

    return _run(request_id, act, str(chosen.done), form, reason=form.text.data)


@blueprint.post("/support/<request_id>/information")
@audience(Role.CUSTOMER)
def give_information(request_id: str) -> BaseResponse:
    """Add what was missing: the shop's address, or what it runs; then the request is judged again."""
    form = InformationForm.read()
    shop_url = form.shop_url.data
    missing = _missing_from(request_id)
    needs_url = "shop_url" in missing and "platform_version" not in missing
    if (shop_url or needs_url) and parse(shop_url) is None:
        form.add_error("shop_url", gettext("Enter a valid shop address, such as www.shop.example."))
    if not shop_url and "platform_version" in missing:
        form.require_declaration()
    if form.errors:
        return show_request(request_id, status=422, errors=form.messages, written=form.data)

    def act(uow: UnitOfWork, cause: Cause) -> None:
        request = locked_request(uow.session, request_id)
        site = GivenSite(check_id=None, shop_url=shop_url or None, credentials=None, declared=form.declaration)
        check_id = check_for_information(current_runtime(), uow, request, site)
        submission.complete_information(uow, request_id, shop_url=shop_url or None, check_id=check_id, cause=cause)

    return _run(request_id, act, gettext("Your information was added to the request."), form)


def _missing_from(request_id: str) -> list[str]:
    """What is missing from a request of the customer's. Raises `NotFound` for any other."""
    with current_runtime().database.read_session() as session:
        return visible_request(session, request_id, viewer_of(signed_in())).missing


def _run(
    request_id: str, act: Callable[[UnitOfWork, Cause], object], message: str, form: PageForm, *, reason: str = ""
) -> BaseResponse:
    """Run `act` once on a request of the customer's, and go on to the request; what is refused stays in its form."""
    identity = signed_in()

    def run(uow: UnitOfWork) -> None:
        visible_request(uow.session, request_id, viewer_of(identity))
        limit_writing(identity, request_id)
        act(uow, cause_of(identity, reason))

    return run_form(
        run,
        message=message,
        next_url=request_url(request_id),
        refused=lambda why, status: show_request(request_id, status=status, refused=why, written=form.data),
    )


def _missing_texts(move: str, form: CustomerMoveForm) -> dict[str, str]:
    """The errors of a move without its text, by the ids of the fields."""
    if move == "answer" and not says_something(form.body.data):
        return {"body": gettext("Write your message.")}
    if move == "contest" and not says_something(form.text.data):
        return {"contest-text": gettext("Explain why you disagree.")}
    return {}
