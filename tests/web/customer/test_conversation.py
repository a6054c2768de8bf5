"""One request as its customer sees it: its head, its clocks, what came of it, and every move that they can make."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import Kind
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.offers import make_offer

from ...support.customers import publish_release
from ...support.html_reader import visible_text
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, browser_of
from ...support.recorded_statements import counting_queries
from ...support.support_desk import (
    CAUSE,
    FIX,
    PURCHASE,
    REQUEST,
    due,
    in_transaction,
    messages,
    publish_message,
    publish_request,
    refund_state,
    request,
    set_up_request,
)

PAGE = f"/support/{REQUEST}"
DAY = 86_400


@pytest.fixture(autouse=True)
def _submitted(desk: Marketplace) -> None:
    set_up_request(desk)


def refuses(uow: UnitOfWork, ground: Ground = Ground.SOURCE_MODIFIED) -> Any:
    evidence = {"files": ["controllers/front/gallery.php"]}
    return moves.refuse(
        uow,
        REQUEST,
        ground=ground,
        text="A file was changed",
        evidence=evidence,
        by="seller-1",
        cause=CAUSE,
    )


def resolves(uow: UnitOfWork) -> Any:
    return moves.resolve(uow, REQUEST, how="explanation", release_id=None, text="Clear the cache.", cause=CAUSE)


def offers(uow: UnitOfWork, release_id: str = "paid-1", cents: int = 2900) -> Any:
    amount = {"amount_cents": cents, "currency": "EUR"}
    return make_offer(uow, REQUEST, release_id=release_id, amount=amount, text="A new version", cause=CAUSE)


def proposes(uow: UnitOfWork) -> Any:
    return moves.change_kind(uow, REQUEST, Kind.QUESTION, confirms=False, cause=CAUSE)


def move(customer: Browser, name: str, **fields: str) -> str:
    """Open the request, make a move, and read what the page then says."""
    customer.get(PAGE)
    return customer.post(f"{PAGE}/{name}", **fields).visible_text


def test_both_clocks_are_told_with_their_days_and_why(customer: Browser) -> None:
    words = customer.get(PAGE).visible_text
    assert "The seller has until the end of Tuesday, 3 March 2026 to respond personally." in words
    assert "The seller has until the end of Monday, 13 April 2026 to fix it; otherwise the price is refunded." in words
    assert "Why this date" in words
    assert "Not counted: weekends (12 days)." in words
    assert "30 business days, from Tuesday, 3 March 2026 to Monday, 13 April 2026." in words
    assert "Next deadline for the seller: 3 March 2026 (in 1 day)" in customer.get("/support").visible_text


@pytest.mark.parametrize("status", [ONLINE, OFFLINE, WITHDRAWN])
def test_both_sides_read_that_business_care_is_active_whatever_the_product(desk: Marketplace, status: str) -> None:
    if status != ONLINE:
        desk.change_status("mod-1", status)
        desk.run_all_now()
    customer = browser_of(desk, "customer", "customer-1", language="fr").get(PAGE).visible_text
    seller = browser_of(desk, "seller", "seller-1", language="fr").get(f"/seller/requests/{REQUEST}").visible_text
    for words in (customer, seller):
        assert "Business Care en cours" in words
        assert "2 mars 2027" in words


@pytest.mark.parametrize("status", [ONLINE, OFFLINE, WITHDRAWN])
def test_an_inactive_one_says_since_when_and_how_to_take_it_up_again(
    customer: Browser, desk: Marketplace, clock: time_machine.Traveller, status: str
) -> None:
    if status != ONLINE:
        desk.change_status("mod-1", status)
        desk.run_all_now()
    customer.get(f"/account/purchases/{PURCHASE}/renewal")
    if status != WITHDRAWN:
        customer.post(f"/account/purchases/{PURCHASE}/renewal")
    clock.shift(366 * DAY)
    desk.run_all_now()
    words = customer.get(PAGE).visible_text
    assert "Business Care not active Since 3 March 2027." in words
    if status == WITHDRAWN:
        assert "cannot be reactivated" in words
    else:
        assert "Reactivate for €133.65" in words


def test_announced_closures_stand_on_the_conversation_the_form_and_the_product(
    customer: Browser, desk: Marketplace
) -> None:
    desk.publish(
        "seller.closure_declared",
        closure_id="c-1",
        seller_id="seller-1",
        first_day="2026-04-01",
        last_day="2026-04-10",
        declared_at="2026-03-02T10:00:00Z",
    )
    desk.run_all_now()
    for path in (PAGE, f"/support/new?purchase={PURCHASE}", "/products/mod-1"):
        assert "from 1 April 2026 to 10 April 2026" in customer.get(path).visible_text, path


def test_a_message_is_sent_once_and_shown_as_hers(customer: Browser, desk: Marketplace) -> None:
    customer.get(PAGE)
    sent = {**customer.page.form(f"{PAGE}/answer").fields.to_dict(), "body": "Here is\nmore."}
    assert [customer.client.post(f"{PAGE}/answer", data=sent).status_code for _ in range(2)] == [303, 303]
    assert [(one.side, one.body) for one in messages(desk)] == [("customer", "Here is\nmore.")]
    assert "Here is more." in customer.get(PAGE).visible_text


def test_an_empty_message_is_asked_for_again(customer: Browser, desk: Marketplace) -> None:
    customer.get(PAGE)
    page = customer.post(f"{PAGE}/answer", body="  ")
    assert (page.status, "Write your message." in page.visible_text) == (422, True)
    assert messages(desk) == []


def test_the_sellers_answer_stands_in_the_thread_and_internal_notes_do_not(
    customer: Browser, desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(3600)
    publish_message(desk)
    publish_message(desk, "note-1", body="Difficult customer", visibility="internal")
    words = customer.get(PAGE).visible_text
    assert "la galerie cherche un dossier" in words
    assert "Difficult customer" not in words
    assert "The seller responded personally, on time." in words


def test_a_refusal_shows_its_ground_its_evidence_and_how_to_contest_it(customer: Browser, desk: Marketplace) -> None:
    in_transaction(desk, refuses)
    words = customer.get(PAGE).visible_text
    assert "The customer has changed the source code" in words
    assert "A file was changed" in words
    assert "controllers/front/gallery.php" in words
    assert "Paused because the request was refused." in words
    assert "You contested the refusal. The marketplace will decide" in move(
        customer, "contest", text="I changed nothing."
    )
    assert request(desk).handling == "contested"


def test_an_overturned_refusal_is_told_as_such_and_not_as_unanswered(customer: Browser, desk: Marketplace) -> None:
    in_transaction(desk, refuses)
    in_transaction(desk, lambda uow: moves.contest(uow, REQUEST, text="No", cause=CAUSE))
    in_transaction(desk, lambda uow: moves.overturn(uow, REQUEST, reason="Right", cause=CAUSE))
    words = customer.get(PAGE).visible_text
    assert "The marketplace overturned the refusal: your request is back with the seller." in words
    assert ("Refusal overturned" in words, "who has not responded yet" in words) == (True, False)
    assert "Refusal overturned" in customer.get("/support").visible_text
    in_transaction(desk, lambda uow: refuses(uow, Ground.CONFLICTING_DEVELOPMENT))
    assert "The seller refused your request." in customer.get(PAGE).visible_text


def test_contesting_needs_words_and_what_was_written_elsewhere_stays(customer: Browser, desk: Marketplace) -> None:
    in_transaction(desk, refuses)
    customer.get(PAGE)
    page = customer.post(f"{PAGE}/contest", text="")
    assert (page.status, "Explain why you disagree." in page.visible_text) == (422, True)
    assert request(desk).handling == "refused"


def test_the_time_to_contest_can_be_over(customer: Browser, desk: Marketplace, clock: time_machine.Traveller) -> None:
    in_transaction(desk, refuses)
    clock.shift(31 * DAY)
    customer.get(f"/support/new?purchase={PURCHASE}")
    token = customer.page.form("/support/new").fields["form_token"]
    answer = customer.client.post(f"{PAGE}/contest", data={"form_token": token, "text": "Late"})
    both_states = "It is now “Refused” and cannot become “Refusal contested”."
    assert answer.status_code == 409
    assert f"Nothing was changed: the time limit for this has passed. {both_states}" in visible_text(answer.text)
    assert "Contest the refusal" not in visible_text(answer.text)


def test_a_resolution_can_be_said_not_to_be_a_fix(customer: Browser, desk: Marketplace) -> None:
    in_transaction(desk, resolves)
    assert "Clear the cache." in customer.get(PAGE).visible_text
    assert "The seller has been notified that the problem is not fixed" in move(
        customer, "not-fixed", text="Still empty"
    )
    assert request(desk).handling == "acknowledged"


@pytest.mark.parametrize(
    ("answer", "words"),
    [("yes", "You accepted it. Your request is resolved once you buy"), ("no", "You declined it")],
)
def test_an_offer_is_accepted_or_declined_and_the_fix_stays_owed(
    customer: Browser, desk: Marketplace, answer: str, words: str
) -> None:
    publish_release(desk, "paid-1", product_id="mod-1", kind="paid", fixes=[])
    desk.run_all_now()
    in_transaction(desk, offers)
    assert "The seller offers a paid update for €29.00" in customer.get(PAGE).visible_text
    move(customer, "offer", accepted=answer)
    assert words in customer.get(PAGE).visible_text
    assert request(desk).handling == "acknowledged"


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize(("release_id", "cents"), [("paid-2", 2900), ("paid-1", 2800)])
def test_an_offer_that_was_replaced_since_the_page_was_read_is_not_answered(
    customer: Browser, desk: Marketplace, answer: str, release_id: str, cents: int
) -> None:
    for id_ in ("paid-1", "paid-2"):
        publish_release(desk, id_, product_id="mod-1", kind="paid", fixes=[])
    desk.run_all_now()
    in_transaction(desk, offers)
    customer.get(PAGE)
    in_transaction(desk, lambda uow: offers(uow, release_id, cents))
    refused = customer.post(f"{PAGE}/offer", accepted=answer)
    assert refused.status == 409
    assert "Nothing was changed: the seller has replaced the offer. Read the new one below." in refused.visible_text
    assert request(desk).offer["answer"] is None
    assert customer.post(f"{PAGE}/offer", accepted=answer).status == 200
    assert request(desk).offer["answer"] == {"yes": "accepted", "no": "declined"}[answer]


@pytest.mark.parametrize(("kind", "is_owed"), [("question", False), ("anomaly", True)])
def test_a_proposed_kind_is_confirmed_or_turned_down(
    customer: Browser, desk: Marketplace, kind: str, is_owed: bool
) -> None:
    in_transaction(desk, proposes)
    assert "The seller proposes another type: Question" in customer.get(PAGE).visible_text
    move(customer, "kind", kind=kind)
    found = request(desk)
    assert (found.kind, found.proposed_kind) == (kind, None)
    assert ("No longer required." in customer.get(PAGE).visible_text) is not is_owed


def test_the_fix_is_chosen_over_the_refund(customer: Browser, desk: Marketplace, clock: time_machine.Traveller) -> None:
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    text = customer.get(PAGE).visible_text
    assert "The fix is overdue, so the price must be refunded." in text
    assert "If you choose the fix, the seller has until the end of Tuesday, 26 May 2026 to deliver it." in text
    assert "Still owed €99.00" in text
    text = move(customer, "prefer-fix")
    assert "You chose the fix. The seller has a new deadline, and you can still request the refund." in text
    assert "New fix deadline: Tuesday, 26 May 2026." in customer.get(PAGE).visible_text
    assert refund_state(desk) == "deferred"
    assert "The refund has been requested." in move(customer, "ask-refund")
    assert refund_state(desk) == "requested"


def test_a_request_is_taken_back(customer: Browser, desk: Marketplace) -> None:
    assert "You withdrew the request." in move(customer, "withdraw")
    assert request(desk).handling == "withdrawn_by_customer"
    assert f"{PAGE}/answer" not in [form.action for form in customer.page.forms]


def test_a_move_that_came_too_late_is_a_sentence(customer: Browser, desk: Marketplace) -> None:
    customer.get(PAGE)
    form = customer.page.form(f"{PAGE}/withdraw").fields.to_dict()
    in_transaction(desk, lambda uow: moves.withdraw(uow, REQUEST, CAUSE))
    answer = customer.client.post(f"{PAGE}/withdraw", data=form)
    assert answer.status_code == 409
    both_states = "It is already “Withdrawn by the customer”. You withdrew this request."
    assert f"Nothing was changed, because the request has changed in the meantime. {both_states}" in visible_text(
        answer.text
    )
    assert customer.client.post(f"{PAGE}/unheard-of", data=form).status_code == 404


@pytest.fixture
def incomplete(desk: Marketplace) -> str:
    """A request in which the shop's version is missing."""
    customer = browser_of(desk, "customer", "customer-1")
    customer.get(f"/support/new?purchase={PURCHASE}")
    fields = {"purchase_id": PURCHASE, "subject": "Another", "body": "Thing", "shop_url": "https://www.shop.example/"}
    from marketplace_hooks.services.support.submission import NewRequest, submit

    def act(uow: UnitOfWork) -> str:
        asked = NewRequest(
            request_id="req-2", customer_id="customer-1", product_id="mod-1", submitted_at=uow.now, **fields
        )
        return submit(uow, asked, CAUSE).id

    return in_transaction(desk, act)


def test_what_is_missing_is_given(customer: Browser, desk: Marketplace, incomplete: str) -> None:
    page = customer.get(f"/support/{incomplete}")
    assert "Your shop’s PrestaShop version." in page.visible_text
    page = customer.post(f"/support/{incomplete}/information", platform_version="")
    assert (page.status, "Enter your PrestaShop version" in page.visible_text) == (422, True)
    page = customer.post(f"/support/{incomplete}/information", platform_version="8.1.7")
    assert "Your information was added to the request." in page.visible_text
    assert request(desk, incomplete).handling == "accepted"


def test_what_is_missing_stays_so_and_it_is_sent_as_it_is(
    customer: Browser, desk: Marketplace, incomplete: str
) -> None:
    customer.get(f"/support/{incomplete}")
    customer.post(f"/support/{incomplete}/send-as-is")
    assert request(desk, incomplete).handling == "accepted"


def test_the_requests_of_others_are_not_found(customer: Browser, stranger: Browser, desk: Marketplace) -> None:
    assert stranger.get(PAGE).status == 404
    stranger.get("/support/new?product=mod-1")
    token = stranger.page.form("/support/new").fields["form_token"]
    for name in ("answer", "withdraw", "information", "prefer-fix"):
        sent = {"form_token": token, "body": "x", "text": "x", "platform_version": "8.1"}
        assert stranger.client.post(f"{PAGE}/{name}", data=sent).status_code == 404, name
    assert messages(desk) == []
    assert PAGE not in stranger.get("/support").links


def test_a_form_without_its_token_changes_nothing(customer: Browser, desk: Marketplace) -> None:
    customer.get(PAGE)
    assert customer.post(f"{PAGE}/withdraw", token=False).status == 400
    assert request(desk).handling == "accepted"


def test_a_long_thread_costs_no_more_statements(customer: Browser, desk: Marketplace) -> None:
    with counting_queries(desk) as few:
        customer.get(PAGE)
    for number in range(8):
        publish_message(desk, f"m-{number}", body=f"Answer {number}")
    with counting_queries(desk) as many:
        customer.get(PAGE)
    assert len(many) == len(few) <= 12


@pytest.mark.parametrize("order", ["", "sort=newest"])
def test_the_list_of_requests_goes_on_by_a_cursor(customer: Browser, desk: Marketplace, order: str) -> None:
    for number in range(27):
        publish_request(desk, f"more-{number}")
    with counting_queries(desk) as many:
        first = customer.get(f"/support?{order}")
    assert len(many) <= 5  # a list of several pages is counted.
    [further] = [link for link in first.links if "after=" in link]
    shown = [link for page in (first, customer.get(further)) for link in page.links if link.startswith("/support/")]
    requests = [link for link in shown if link != "/support/new"]
    assert len(requests) == len(set(requests)) == 28
