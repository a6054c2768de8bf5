"""Support requests: the marketplace finds those that are late or contested, and makes every move that it may."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.jobs.scheduler import recover_missed
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.services.support import moves
from marketplace_hooks.web.pagination import encode

from ...support.marketplace import Marketplace, sample
from ...support.page_client import Browser
from ...support.recorded_statements import counting_queries
from ...support.support_desk import (
    CAUSE,
    FIX,
    REQUEST,
    clocks,
    due,
    in_transaction,
    messages,
    now,
    publish_message,
    refund_claim,
    refund_state,
    request,
    set_up_request,
    set_up_support,
)

PAGE = f"/operator/requests/{REQUEST}"


@pytest.fixture
def shop(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_support(marketplace)
    set_up_request(marketplace)
    return marketplace


def is_contested(shop: Marketplace) -> None:
    refusal = {
        "ground": Ground.SITE_WORK_OR_THIRD_PARTY,
        "text": "A third party.",
        "evidence": {"note": "The carrier’s mail of 2 March"},
        "by": "seller-1",
    }
    in_transaction(shop, lambda uow: moves.refuse(uow, REQUEST, cause=CAUSE, **refusal))
    in_transaction(shop, lambda uow: moves.contest(uow, REQUEST, text="It is your module.", cause=CAUSE))


def test_open_requests_with_a_missed_clock_are_listed_until_they_end(
    shop: Marketplace, operator: Browser, clock: time_machine.Traveller
) -> None:
    assert "No open request is overdue" in operator.get("/operator/requests?overdue=yes").visible_text
    clock.shift(timedelta(days=3))
    shop.run_all_now()
    recover_missed(shop.runtime, "tests")
    page = operator.get("/operator/requests?overdue=yes")
    assert (PAGE in page.links, "First response" in page.visible_text) == (True, True)
    in_transaction(shop, lambda uow: moves.withdraw(uow, REQUEST, CAUSE))
    assert PAGE not in operator.get("/operator/requests?overdue=yes").links


def test_a_contested_refusal_is_listed_and_overturned_with_a_reason(shop: Marketplace, operator: Browser) -> None:
    is_contested(shop)
    assert PAGE in operator.get("/operator/requests?state=contested").links
    page = operator.get(PAGE)
    assert ("A third party." in page.visible_text, "It is your module." in page.visible_text) == (True, True)
    wrong = operator.post(f"{PAGE}/overturn", text=" ")
    assert (wrong.status, "text-overturn" in wrong.ids) == (422, True)
    assert request(shop).handling == "contested"
    done = operator.post(f"{PAGE}/overturn", text="The module is the seller’s own.")
    assert "The refusal is overturned" in done.visible_text
    assert "Refusal overturned" in operator.get(PAGE).visible_text
    assert (request(shop).handling.value, clocks(shop)["fix"]) == ("accepted", "running")
    assert "The module is the seller’s own." in done.visible_text
    assert "No refusal is contested" in operator.get("/operator/requests?state=contested").visible_text


def test_who_decides_a_contest_reads_what_was_announced_checked_and_shown(shop: Marketplace, operator: Browser) -> None:
    is_contested(shop)
    page = operator.get(PAGE).visible_text
    announced = sample("product.upserted")["data"]["listing"]
    versions = f"PrestaShop {announced['compatible_from']} to {announced['compatible_to']}"
    for text in ("Advertised on the purchase date", versions, "Checks", "The carrier’s mail of 2 March"):
        assert text in page, text
    assert "No check can establish this: a person decides." in page


def test_a_refusal_that_stands_closes_the_request_once(shop: Marketplace, operator: Browser) -> None:
    is_contested(shop)
    operator.get(PAGE)
    operator.post(f"{PAGE}/uphold", text="The site was changed.")
    assert request(shop).handling == "closed"
    assert [form.action for form in operator.page.forms if "uphold" in form.action] == []


def test_the_seller_is_given_more_days_and_both_sides_read_why(shop: Marketplace, operator: Browser) -> None:
    before = due(shop, FIX)
    operator.get(PAGE)
    assert operator.post(f"{PAGE}/extension", text="x", days="0").status == 422
    assert operator.post(f"{PAGE}/extension", text="The parcel is late.", days="5").status == 200
    assert due(shop, FIX) == before + timedelta(days=7)
    assert "The parcel is late." in operator.page.visible_text


def test_the_kind_that_the_seller_proposes_is_confirmed(shop: Marketplace, operator: Browser) -> None:
    in_transaction(shop, lambda uow: moves.change_kind(uow, REQUEST, "question", confirms=False, cause=CAUSE))
    assert "Confirm the type proposed by the seller: Question" in operator.get(PAGE).visible_text
    operator.post(f"{PAGE}/kind", kind="question")
    assert (request(shop).kind.value, request(shop).proposed_kind, clocks(shop)["fix"]) == ("question", None, "void")


def test_a_note_is_read_by_the_seller_and_not_by_the_customer_and_acknowledges_nothing(
    shop: Marketplace, operator: Browser
) -> None:
    operator.get(PAGE)
    operator.post(f"{PAGE}/note", text="Look at the logs of 2 March.", visibility="internal")
    [note] = messages(shop)
    assert (note.side, note.visibility, note.author) == ("marketplace", "internal", "odette")
    assert clocks(shop)["acknowledgement"] == "running"
    operator.post(f"{PAGE}/note", text="We are looking at it.", visibility="public")
    assert [one.visibility for one in messages(shop)] == ["internal", "public"]


def test_a_form_that_is_sent_twice_is_carried_out_once(shop: Marketplace, operator: Browser) -> None:
    shown = operator.get(PAGE)
    for _ in range(2):
        operator._page = shown
        operator.post(f"{PAGE}/note", text="Once.", visibility="internal")
    assert len(messages(shop)) == 1


def test_a_refund_is_approved_without_the_seller(shop: Marketplace, operator: Browser) -> None:
    operator.get(PAGE)
    done = operator.post(f"{PAGE}/refund", text="A gesture.")
    assert "The refund has been requested." in done.visible_text
    assert refund_state(shop) == "requested"
    assert "Approve a refund without the seller" not in done.visible_text


def test_a_refund_by_hand_is_listed_until_it_is_marked_as_done_and_ends_the_business_care(
    shop: Marketplace, operator: Browser, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=250))
    operator.get(PAGE)
    operator.post(f"{PAGE}/refund", text="Late, but owed.")
    assert refund_state(shop) == "manual"
    page = operator.get("/operator/refunds")
    assert (PAGE in page.links, "€99.00" in page.visible_text) == (True, True)
    done = operator.post(f"{PAGE}/settled")
    assert "The refund is marked as done." in done.visible_text
    assert "No refund with this status" in done.visible_text
    found = refund_claim(shop)
    assert found is not None
    assert (found.state.value, found.settled_at is not None) == ("refunded", True)
    [purchase] = shop.all(select(Purchase))
    assert (purchase.refunded_cents, purchase.refunded_at is not None) == (9900, True)
    assert "Business Care not active" in operator.get(PAGE).visible_text


def test_what_became_impossible_meanwhile_is_said_and_changes_nothing(shop: Marketplace, operator: Browser) -> None:
    is_contested(shop)
    shown = operator.get(PAGE)
    operator.post(f"{PAGE}/uphold", text="It stands.")
    operator._page = shown
    late = operator.post(f"{PAGE}/overturn", text="It does not.")
    assert late.status == 409
    both_states = "It is now “Closed” and cannot become “Awaiting first response”."
    assert f"someone else changed it in the meantime. {both_states}" in late.visible_text
    assert request(shop).handling == "closed"


def test_a_request_is_opened_by_its_id_and_unknown_moves_are_404(
    shop: Marketplace, operator: Browser, clock: time_machine.Traveller
) -> None:
    assert PAGE in operator.get(f"/operator/requests?q={REQUEST}").links
    assert "No matching request" in operator.get("/operator/requests?q=no-such-words").visible_text
    clock.shift(timedelta(hours=1))
    publish_message(shop)
    assert "counts as a response" in operator.get(PAGE).visible_text
    assert operator.get(f"{PAGE}/steal").status in (404, 405)


def test_a_request_takes_as_few_statements_with_fifty_messages_as_with_none(
    shop: Marketplace, operator: Browser
) -> None:
    with counting_queries(shop) as few:
        operator.get(PAGE)
    refusal = {"request_id": REQUEST, "side": "seller", "author_type": "human", "visibility": "public"}
    refusal |= {"received_at": now(), "subject": "Re", "headers": [], "attachments": 0}
    for number in range(50):
        shop.publish("support.message_posted", message_id=f"message-{number}", body=f"Answer {number}.", **refusal)
    shop.run_all_now()
    with counting_queries(shop) as many:
        page = operator.get(PAGE)
    assert "Answer 49." in page.visible_text
    assert len(many) == len(few) <= 15


def test_a_cursor_that_names_no_clock_is_refused(shop: Marketplace, operator: Browser) -> None:
    cursor = encode("operator-late", f"2026-03-02T09:00:00Z|{REQUEST}:none")
    assert operator.get(f"/operator/requests?overdue=yes&after=25.{cursor}").status == 400
