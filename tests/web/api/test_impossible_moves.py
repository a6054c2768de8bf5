"""Every move of a request from every state: what no table allows is a 409 that names both states. `deadlines.md`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update
from werkzeug.test import TestResponse

from marketplace_hooks.domain.support.refunds import RefundPath
from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import ClockName, ClockState, Handling, Kind, Move, RefundState
from marketplace_hooks.errors import Conflict
from marketplace_hooks.models.support import Clock, RefundClaim, SellerClosure
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.closures import MAX_CLOSURES, declare_own_closure
from marketplace_hooks.services.support.manual_refunds import settle_by_hand
from marketplace_hooks.services.support.messages import NewMessage, confirm_message, post_message
from marketplace_hooks.services.support.submission import NewRequest, send_as_is, submit
from marketplace_hooks.services.support.transitions import locked_request, make_move

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.customers import SHOP
from ...support.marketplace import Marketplace
from ...support.support_desk import CAUSE, PURCHASE, in_transaction

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
AMOUNT = {"amount_cents": 2900, "currency": "EUR"}
TEXT = {"text": "Because"}
CLOSURES = "/sellers/seller-1/closures"

MOVES: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "refuse": ("seller", "refusal", {"ground": "source_modified", "text": "Changed", "evidence": {"files": ["a.php"]}}),
    "waive_ground": ("seller", "waiver", {"ground": "source_modified"}),
    "propose_kind": ("seller", "kind", {"kind": "question"}),
    "settle_kind": ("customer", "kind", {"kind": "anomaly"}),
    "resolve": ("seller", "resolution", {"how": "explanation", "text": "Done"}),
    "offer": ("seller", "offer", {"release_id": "unheard-of", "amount": AMOUNT, "text": "Newer"}),
    "reopen": ("customer", "not-fixed", {}),
    "contest": ("customer", "contest", TEXT),
    "overturn": ("operator", "overturn", TEXT),
    "uphold": ("operator", "uphold", TEXT),
    "inform": ("customer", "information", {"shop_url": SHOP}),
    "send_as_is": ("customer", "send-as-is", {}),
    "withdraw": ("customer", "withdrawal", {}),
}
"""By whom, where, and what is sent."""

POSSIBLE: Mapping[str, frozenset[str]] = {
    "needs_information": frozenset({"inform", "send_as_is", "settle_kind", "propose_kind", "waive_ground", "withdraw"}),
    "not_entitled": frozenset(),
    "accepted": frozenset({"refuse", "resolve", "offer", "propose_kind", "settle_kind", "waive_ground", "withdraw"}),
    "acknowledged": frozenset(
        {"refuse", "resolve", "offer", "propose_kind", "settle_kind", "waive_ground", "withdraw"}
    ),
    "refused": frozenset({"contest", "waive_ground", "withdraw"}),
    "contested": frozenset({"overturn", "uphold", "waive_ground", "withdraw"}),
    "resolved": frozenset({"reopen", "waive_ground", "withdraw"}),
    "closed": frozenset(),
    "abandoned": frozenset(),
    "withdrawn_by_customer": frozenset(),
}
"""By hand from `deadlines.md`; `submitted` is left in the transaction in which it is entered."""

LEADS_TO = {
    "refuse": "refused",
    "waive_ground": "accepted",
    "propose_kind": "acknowledged",
    "settle_kind": "acknowledged",
    "resolve": "resolved",
    "offer": "acknowledged",
    "reopen": "acknowledged",
    "contest": "contested",
    "overturn": "accepted",
    "uphold": "closed",
    "inform": "accepted",
    "send_as_is": "accepted",
    "withdraw": "withdrawn_by_customer",
}


@pytest.fixture
def sides(calls: MakeCaller, seller: Caller, operator: Caller) -> dict[str, Caller]:
    return {"seller": seller, "operator": operator, "customer": calls("customer", "customer-1")}


def refused(answer: TestResponse, *, code: str = "impossible_move") -> tuple[str, str]:
    """The two states of a 409, both of which its detail names too."""
    content = answer.get_json()
    assert problem_of(answer) == (409, code), answer.text
    state = str(content["state"])
    asked = str(content["asked"])
    assert f"is {state} and cannot become {asked}" in content["detail"]
    return state, asked


def submit_accepted(uow: UnitOfWork, name: str, **more: Any) -> str:
    """A request of this name, accepted as it is unless `more` says otherwise."""
    asked = {"customer_id": "customer-1", "product_id": "mod-1", "purchase_id": PURCHASE, "shop_url": SHOP}
    asked |= {"subject": f"About {name}", "body": "Empty", "submitted_at": uow.now, "as_it_is": True, **more}
    return submit(uow, NewRequest(request_id=name, **asked), CAUSE).id


def is_refused(uow: UnitOfWork, name: str) -> None:
    ground = Ground.SOURCE_MODIFIED
    moves.refuse(uow, name, ground=ground, text="Changed", evidence={"files": ["a.php"]}, by="seller-1", cause=CAUSE)


def is_contested(uow: UnitOfWork, name: str) -> None:
    is_refused(uow, name)
    moves.contest(uow, name, text="No", cause=CAUSE)


def is_resolved(uow: UnitOfWork, name: str) -> None:
    moves.resolve(uow, name, how="explanation", release_id=None, text="Done", cause=CAUSE)


def is_upheld(uow: UnitOfWork, name: str) -> None:
    is_contested(uow, name)
    moves.uphold(uow, name, reason="Right", cause=CAUSE)


def is_abandoned(uow: UnitOfWork, name: str) -> None:
    request = locked_request(uow.session, name)
    make_move(request, Move.ABANDON)
    moves.close(uow, request, "abandoned", CAUSE)


def add_judged_message(uow: UnitOfWork, name: str, *, counts: bool) -> None:
    """A message of the seller's side, of which a person has judged whether it acknowledges."""
    message_id = f"{name}-{'counts' if counts else 'not'}"
    message = NewMessage(
        request_id=name,
        message_id=message_id,
        side="seller",
        author="seller-1",
        author_type=None,
        received_at=uow.now,
        body=f"We have received your request {message_id}.",
    )
    post_message(uow, message, CAUSE)
    confirm_message(uow, name, message_id, counts=counts, actor="operator", cause=CAUSE)


REACH: Mapping[Handling, Callable[[UnitOfWork, str], object]] = {
    Handling.ACCEPTED: lambda uow, name: None,
    Handling.ACKNOWLEDGED: lambda uow, name: add_judged_message(uow, name, counts=True),
    Handling.REFUSED: is_refused,
    Handling.CONTESTED: is_contested,
    Handling.RESOLVED: is_resolved,
    Handling.CLOSED: is_upheld,
    Handling.WITHDRAWN_BY_CUSTOMER: lambda uow, name: moves.withdraw(uow, name, CAUSE),
    Handling.NEEDS_INFORMATION: lambda uow, name: None,
    Handling.ABANDONED: is_abandoned,
    Handling.NOT_ENTITLED: lambda uow, name: None,
}


def one_of_each(uow: UnitOfWork) -> dict[str, str]:
    """A request in each state in which one may rest, and how it stands."""
    for handling, reach in REACH.items():
        is_incomplete = handling in (Handling.NEEDS_INFORMATION, Handling.ABANDONED)
        at = uow.now - 365 * DAY if handling is Handling.NOT_ENTITLED else uow.now
        reach(uow, submit_accepted(uow, handling, as_it_is=not is_incomplete, submitted_at=at))
    return {name: locked_request(uow.session, name).handling.value for name in REACH}


def impossible_ones() -> Iterator[tuple[str, str]]:
    for state, possible in POSSIBLE.items():
        yield from ((state, move) for move in MOVES if move not in possible)


def test_no_request_moves_as_the_table_does_not_say(desk: Marketplace, sides: dict[str, Caller]) -> None:
    assert in_transaction(desk, one_of_each) == {state: state for state in POSSIBLE}
    for state, move in impossible_ones():
        role, path, body = MOVES[move]
        answer = sides[role].post(f"/support-requests/{state}/{path}", dict(body))
        assert refused(answer) == (state, LEADS_TO[move]), (state, move)
    assert in_transaction(
        desk, lambda uow: {one: locked_request(uow.session, one).handling.value for one in POSSIBLE}
    ) == {state: state for state in POSSIBLE}


def test_only_a_fix_clock_with_time_left_is_given_more(desk: Marketplace, sides: dict[str, Caller]) -> None:
    def runs_out(uow: UnitOfWork) -> None:
        submit_accepted(uow, "ran-out")
        submit_accepted(uow, "question", kind=Kind.QUESTION)
        late = update(Clock).where(Clock.request_id == "ran-out", Clock.name == ClockName.FIX)
        uow.session.flush()
        uow.session.execute(late.values(due_before=uow.now))

    in_transaction(desk, one_of_each)
    in_transaction(desk, runs_out)
    clock_states = {"needs_information": "none", "not_entitled": "none", "abandoned": "none", "question": "none"}
    clock_states |= {"refused": "frozen", "contested": "frozen", "resolved": "met", "closed": "void"}
    clock_states |= {"withdrawn_by_customer": "void", "ran-out": "missed"}
    for name, state in clock_states.items():
        answer = sides["operator"].post(f"/support-requests/{name}/extension", {"business_days": 3, **TEXT})
        assert refused(answer, code="clock_not_running") == (state, ClockState.RUNNING.value), name


def test_a_question_before_any_purchase_is_only_answered_and_withdrawn(
    desk: Marketplace, sides: dict[str, Caller]
) -> None:
    in_transaction(desk, lambda uow: submit_accepted(uow, "early", presale=True, purchase_id=None))
    for move in MOVES.keys() - {"withdraw"}:
        side, path, body = MOVES[move]
        state, _ = refused(sides[side].post(f"/support-requests/early/{path}", body))
        assert state == "accepted", move
    side, path, body = MOVES["withdraw"]
    assert sides[side].post(f"/support-requests/early/{path}", body).status_code == 200


def add_refund_claim(uow: UnitOfWork, name: str, state: RefundState) -> None:
    """A request whose refund stands so."""
    submit_accepted(uow, name)
    claim = RefundClaim(request_id=name, purchase_id=PURCHASE, seller_id="seller-1", state=state)
    claim.due_at = uow.now
    claim.amount_cents = 9900
    claim.currency = "EUR"
    claim.lines = [{"what": "price_paid", "amount_cents": 9900, "optional": False}]
    claim.path = RefundPath.PLATFORM
    if state is not RefundState.NONE:
        uow.session.add(claim)


def test_no_refund_is_moved_as_the_table_does_not_say(desk: Marketplace, sides: dict[str, Caller]) -> None:
    """Deferred while it is due or requested; asked for by the marketplace unless it was before; done by hand alone."""
    in_transaction(desk, lambda uow: [add_refund_claim(uow, state, state) for state in RefundState])
    for state in RefundState:
        path = f"/support-requests/{state}/refund"
        if state not in (RefundState.DUE, RefundState.REQUESTED):
            assert refused(sides["customer"].post(path, {"action": "defer"})) == (state, "deferred")
        if state in (RefundState.REQUESTED, RefundState.MANUAL, RefundState.REFUNDED):
            answer = sides["operator"].post(path, {"action": "request", **TEXT})
            assert refused(answer) == (state, "requested")
        if state is not RefundState.MANUAL:
            with pytest.raises(Conflict, match=f"the refund is {state} and cannot become refunded"):
                in_transaction(
                    desk, lambda uow, name=state: settle_by_hand(uow, locked_request(uow.session, name), CAUSE)
                )


def test_where_nothing_was_paid_no_refund_is_asked_for(desk: Marketplace, sides: dict[str, Caller]) -> None:
    in_transaction(desk, lambda uow: submit_accepted(uow, "request-1", presale=True, purchase_id=None))
    answer = sides["operator"].post("/support-requests/request-1/refund", {"action": "request", **TEXT})
    assert refused(answer, code="nothing_to_refund") == ("none", "requested")


def test_an_offer_is_answered_once_and_while_a_fix_is_awaited(desk: Marketplace, sides: dict[str, Caller]) -> None:
    def set_up(uow: UnitOfWork) -> None:
        for name, answer in (("none", None), ("accepted", "accepted"), ("declined", "declined"), ("refused", None)):
            request = locked_request(uow.session, submit_accepted(uow, f"offer-{name}"))
            if name != "none":
                request.offer = {"release_id": "paid-1", "amount": AMOUNT, "text": "", "answer": answer}
        is_refused(uow, "offer-refused")

    in_transaction(desk, set_up)
    for state in ("none", "accepted", "declined"):
        for accepted, asked in ((True, "accepted"), (False, "declined")):
            answer = sides["customer"].post(f"/support-requests/offer-{state}/offer/answer", {"accepted": accepted})
            assert refused(answer, code="no_offer") == (state, asked)
    for accepted in (True, False):
        answer = sides["customer"].post("/support-requests/offer-refused/offer/answer", {"accepted": accepted})
        assert refused(answer) == ("refused", "acknowledged")


def test_a_message_is_judged_once(desk: Marketplace, sides: dict[str, Caller]) -> None:
    def set_up(uow: UnitOfWork) -> None:
        submit_accepted(uow, "request-1")
        add_judged_message(uow, "request-1", counts=False)
        add_judged_message(uow, "request-1", counts=True)

    in_transaction(desk, set_up)
    for state, message_id in (("does_not_count", "request-1-not"), ("counts", "request-1-counts")):
        for asked, counts in (("does_not_count", False), ("counts", True)):
            body = {"message_id": message_id, "counts": counts}
            answer = sides["operator"].post("/support-requests/request-1/confirmations", body)
            assert refused(answer, code="already_judged") == (state, asked)


def test_what_came_too_late_names_both_states_too(
    desk: Marketplace, sides: dict[str, Caller], clock: time_machine.Traveller
) -> None:
    in_transaction(desk, one_of_each)
    clock.shift(60 * DAY)
    contested = sides["customer"].post("/support-requests/refused/contest", TEXT)
    assert refused(contested, code="too_late") == ("refused", "contested")
    reopened = sides["customer"].post("/support-requests/resolved/not-fixed", {})
    assert refused(reopened, code="too_late") == ("resolved", "acknowledged")


def test_an_impossible_refusal_is_impossible_whatever_its_ground(desk: Marketplace, sides: dict[str, Caller]) -> None:
    def set_up(uow: UnitOfWork) -> None:
        send_as_is(uow, submit_accepted(uow, "request-1", as_it_is=False), CAUSE)
        moves.waive_ground(uow, "request-1", Ground.SOURCE_MODIFIED)
        moves.withdraw(uow, "request-1", CAUSE)

    in_transaction(desk, set_up)
    role, path, body = MOVES["refuse"]
    answer = sides[role].post(f"/support-requests/request-1/{path}", dict(body))
    assert refused(answer) == ("withdrawn_by_customer", "refused")


def test_a_closure_that_is_over_is_neither_shortened_nor_cancelled(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    made = seller.post(CLOSURES, {"first_day": "2026-03-03", "last_day": "2026-03-05"}).get_json()
    path = f"{CLOSURES}/{made['closure_id']}"
    longer = seller.patch(path, {"last_day": "2026-03-06"})
    assert refused(longer, code="closure_only_shortens") == ("2026-03-05", "2026-03-06")
    clock.move_to(datetime(2026, 3, 6, 9, tzinfo=UTC))
    assert refused(seller.patch(path, {"last_day": "2026-03-04"}), code="closure_over") == ("over", "shortened")
    assert refused(seller.delete(path), code="closure_over") == ("over", "cancelled")


def test_one_closure_too_many_says_how_many_there_are(desk: Marketplace, seller: Caller) -> None:
    def fills(uow: UnitOfWork) -> None:
        first = declare_own_closure(uow, "seller-1", first_day=date(2026, 5, 5), last_day=date(2026, 5, 5), cause=CAUSE)
        instants = {"declared_at": uow.now, "announced_at": uow.now, "described_at": uow.now}
        days = {"first_day": first.first_day, "last_day": first.last_day}
        ids = (f"closure-{number}" for number in range(MAX_CLOSURES - 1))
        uow.session.add_all(SellerClosure(id=one, seller_id="seller-1", **days, **instants) for one in ids)

    in_transaction(desk, fills)
    answer = seller.post(CLOSURES, {"first_day": "2026-05-05", "last_day": None})
    assert refused(answer, code="too_many_closures") == ("100", "101")


def test_a_day_that_has_passed_is_a_wrong_day_and_no_move(desk: Marketplace, seller: Caller) -> None:
    answer = seller.post(CLOSURES, {"first_day": "2026-03-01", "last_day": None})
    assert problem_of(answer) == (422, "closure_in_the_past")
    content = answer.get_json()
    assert content["detail"] == (
        "today is 2026-03-02: a closure is declared in advance, and cannot begin on 2026-03-01"
    )
    assert [one["path"] for one in content["errors"]] == ["first_day"]
