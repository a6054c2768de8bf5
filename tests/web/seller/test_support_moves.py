"""Support moves of a seller: each runs once however often its form is sent; an impossible one says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.services.support.offers import answer_offer

from ...support.customers import money, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, Page, browser_of, post_without_form
from ...support.prepared import prepared
from ...support.recorded_statements import counting_queries
from ...support.support_desk import (
    ANSWER,
    CAUSE,
    FIX,
    REQUEST,
    clocks,
    due,
    in_transaction,
    messages,
    publish_message,
    publish_request,
    request,
)

HOUR = timedelta(hours=1)
PATH = f"/seller/requests/{REQUEST}"


@pytest.fixture
def desk(shop: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_desk(shop)
    clock.shift(HOUR)
    return shop


@prepared
def set_up_desk(shop: Marketplace) -> None:
    """A customer asks for support of `mod-1`; a free version and a paid one are published."""
    set_up_purchase(shop)
    for number, kind in (("2.1.0", "free"), ("3.0.0", "paid")):
        price = {"price": money(4_900)} if kind == "paid" else {}
        shop.publish(
            "release.published",
            release_id=f"release-{number}",
            product_id="mod-1",
            number=number,
            kind=kind,
            published_at=datetime.now(UTC).isoformat(),
            fixes=[],
            **price,
        )
    shop.run_all_now()
    publish_request(shop)


def fills(browser: Browser, page: str, **fields: Any) -> Page:
    """Open one of the request's forms and send it."""
    browser.get(PATH + page)
    return browser.post(PATH + page, **fields)


def test_a_personal_answer_takes_charge_of_the_request(desk: Marketplace, browser: Browser) -> None:
    browser.get(PATH)
    page = browser.post(f"{PATH}/messages", body=ANSWER)
    assert page.path == PATH
    assert "Your response has been sent." in page.visible_text
    assert ANSWER in page.visible_text
    assert clocks(desk)["acknowledgement"] == "met"
    assert request(desk).handling == "acknowledged"


def test_an_answer_that_says_nothing_takes_charge_of_nothing_and_says_why(desk: Marketplace, browser: Browser) -> None:
    browser.get(PATH)
    page = browser.post(f"{PATH}/messages", body="> what you wrote")
    assert "Not a first response" in page.visible_text
    assert "Reason: no text." in page.visible_text
    assert clocks(desk)["acknowledgement"] == "running"


def test_a_note_stays_on_the_sellers_side(desk: Marketplace, browser: Browser) -> None:
    browser.get(PATH)
    page = browser.post(f"{PATH}/messages", body="Ask Paul", visibility="internal")
    assert "Internal note" in page.visible_text
    assert [one.visibility for one in messages(desk)] == ["internal"]
    assert clocks(desk)["acknowledgement"] == "running"


def test_an_empty_answer_is_asked_for_again(desk: Marketplace, browser: Browser) -> None:
    browser.get(PATH)
    page = browser.post(f"{PATH}/messages", body=" \n ")
    assert (page.status, "Write your response first" in page.visible_text) == (422, True)
    assert messages(desk) == []


def test_an_answer_that_is_sent_twice_stands_once(desk: Marketplace, browser: Browser) -> None:
    form = browser.get(PATH).form(f"{PATH}/messages").fields.to_dict()
    for _ in range(2):
        assert browser.send("POST", f"{PATH}/messages", follow=False, data={**form, "body": ANSWER}).status == 303
    assert len(messages(desk)) == 1


def test_another_answer_under_the_same_form_is_another_one(desk: Marketplace, browser: Browser) -> None:
    form = browser.get(PATH).form(f"{PATH}/messages").fields.to_dict()
    for body in (ANSWER, "And another thing, which I had forgotten to say."):
        browser.send("POST", f"{PATH}/messages", follow=False, data={**form, "body": body})
    assert len(messages(desk)) == 2


def test_a_refusal_names_the_ground_in_words_and_pauses_the_fix(desk: Marketplace, browser: Browser) -> None:
    words = browser.get(f"{PATH}/refusal").visible_text
    for ground in (
        "It is not about an advertised feature",
        "It is about another merchant site",
        "It is about work on the site or a third-party service",
        "The site’s PrestaShop version is not compatible",
        "Additional code conflicts with the product",
        "The customer has changed the source code",
    ):
        assert ground in words
    page = browser.post(
        f"{PATH}/refusal", ground="source_modified", text="You have changed a.php", evidence="a.php, line 3"
    )
    assert page.path == PATH
    assert "Refused: The customer has changed the source code" in page.visible_text
    assert "Evidence: a.php, line 3" in page.visible_text
    assert "The customer can contest it until" in page.visible_text
    assert clocks(desk)["fix"] == "frozen"
    assert "Paused because the request was refused" in page.visible_text
    assert request(desk).refusal["by"] == "seller-1"


def test_the_form_says_where_the_check_found_the_opposite_and_demands_what_it_demands(
    desk: Marketplace, browser: Browser
) -> None:
    page = browser.get(f"{PATH}/refusal")
    assert "The check found the opposite" in page.visible_text
    evidence = page.text.partition('for="evidence"')[2].partition("</label>")[0]
    assert "(optional)" not in evidence
    wrong = browser.post(f"{PATH}/refusal", ground="other_merchant_site", text="Another shop", evidence=" \u200b ")
    assert (wrong.status, "evidence-error" in wrong.ids, request(desk).refusal) == (422, True, None)


def test_what_the_check_has_found_goes_with_the_refusal_by_itself(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk, "request-2", shop_url="https://elsewhere.example", subject="Elsewhere")
    path = "/seller/requests/request-2"
    assert "Found by the check" in browser.get(f"{path}/refusal").visible_text
    browser.post(f"{path}/refusal", ground="other_merchant_site", text="Another shop")
    refusal = request(desk, "request-2").refusal
    assert refusal["evidence"] == {"merchant_site": {"code": "SHOP_SCOPE_MISMATCH"}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ground": "none", "text": "No", "evidence": "x"}, "Choose a reason for the refusal"),
        ({"ground": "source_modified", "text": "", "evidence": "x"}, "Explain your refusal to the customer"),
        ({"ground": "source_modified", "text": "No", "evidence": ""}, "Add evidence"),
    ],
)
def test_a_refusal_needs_a_ground_a_text_and_evidence(
    desk: Marketplace, browser: Browser, fields: dict[str, str], message: str
) -> None:
    page = fills(browser, "/refusal", **fields)
    assert page.status == 422
    assert message in page.visible_text
    assert request(desk).refusal is None


def test_a_ground_that_was_waived_cannot_be_chosen_any_more(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk, "request-2", shop_url="https://elsewhere.example", subject="Elsewhere")
    path = "/seller/requests/request-2"
    browser.get(f"{path}/refusal")
    refusal = browser.page
    browser.get(path)
    page = browser.post(f"{path}/waiver")
    assert "You waived this reason" in page.visible_text
    assert "The check found a reason to refuse" not in page.visible_text
    browser._page = refusal
    page = browser.post(f"{path}/refusal", ground="other_merchant_site", text="Another shop")
    assert page.status == 422
    assert "This reason does not apply to this request" in page.visible_text
    assert request(desk, "request-2").refusal is None


def test_another_kind_is_proposed_and_waits_for_a_word(desk: Marketplace, browser: Browser) -> None:
    browser.get(PATH)
    page = browser.post(f"{PATH}/kind", kind="question")
    assert "You proposed: Question." in page.visible_text
    assert (request(desk).kind, request(desk).proposed_kind) == ("anomaly", "question")
    assert clocks(desk)["fix"] == "running"


def test_a_request_is_resolved_by_a_version(desk: Marketplace, browser: Browser) -> None:
    page = fills(browser, "/resolution", how="release", release_id="release-2.1.0", text="It is in 2.1.0")
    assert "Resolved by a version" in page.visible_text
    assert clocks(desk) == {"acknowledgement": "met", "fix": "met"}
    assert request(desk).resolution["release_id"] == "release-2.1.0"


def test_a_request_is_resolved_by_an_explanation(desk: Marketplace, browser: Browser) -> None:
    page = fills(browser, "/resolution", how="explanation", text="Empty the cache")
    assert "Resolved by an explanation Empty the cache" in page.visible_text
    assert request(desk).handling == "resolved"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Choose how it was resolved"),
        ({"how": "release", "release_id": ""}, "Choose the version that fixes it"),
        ({"how": "release", "release_id": "somebody-elses"}, "Choose the version that fixes it"),
        ({"how": "explanation"}, "Explain to the customer how it was resolved"),
    ],
)
def test_a_resolution_says_how(desk: Marketplace, browser: Browser, fields: dict[str, str], message: str) -> None:
    page = fills(browser, "/resolution", **fields)
    assert (page.status, message in page.visible_text) == (422, True)
    assert request(desk).handling == "accepted"


@pytest.mark.parametrize("written", ["39,90", "39.90", " 39.9 € "])
def test_a_paid_update_is_proposed_and_the_fix_stays_owed(desk: Marketplace, browser: Browser, written: str) -> None:
    page = fills(browser, "/offer", release_id="release-3.0.0", amount=written, text="With new pictures")
    assert "Your offer: a paid update for €39.90" in page.visible_text
    assert request(desk).offer["amount"] == money(3_990)
    assert clocks(desk)["fix"] == "running"


def test_an_offer_that_was_accepted_is_not_replaced(desk: Marketplace, browser: Browser) -> None:
    fills(browser, "/offer", release_id="release-3.0.0", amount="39.90")
    browser.get(f"{PATH}/offer")
    in_transaction(desk, lambda uow: answer_offer(uow, REQUEST, accepted=True, cause=CAUSE))
    page = browser.post(f"{PATH}/offer", release_id="release-3.0.0", amount="49")
    assert page.status == 409
    assert "The customer accepted your offer and can buy the version at any time" in page.visible_text
    assert request(desk).offer["amount"] == money(3_990)
    assert "Propose a paid update" not in browser.get(PATH).visible_text


def test_an_offer_asks_for_no_more_than_the_price(desk: Marketplace, browser: Browser) -> None:
    page = fills(browser, "/offer", release_id="release-3.0.0", amount="49.01")
    assert (page.status, "The price cannot exceed the version’s sale price" in page.visible_text) == (422, True)
    assert request(desk).offer is None


@pytest.mark.parametrize("written", ["", "free", "0", "-5", "1.234", "1e400", "NaN"])
def test_an_offer_needs_an_amount(desk: Marketplace, browser: Browser, written: str) -> None:
    page = fills(browser, "/offer", release_id="release-3.0.0", amount=written)
    assert (page.status, "Enter an amount" in page.visible_text) == (422, True)
    assert request(desk).offer is None


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("/refusal", {"ground": "source_modified", "text": "No", "evidence": "x"}),
        ("/resolution", {"how": "explanation", "text": "Done"}),
        ("/offer", {"release_id": "release-3.0.0", "amount": "5"}),
    ],
)
def test_what_is_impossible_by_now_is_a_sentence(
    desk: Marketplace, browser: Browser, page: str, fields: dict[str, str]
) -> None:
    browser.get(PATH + page)
    desk.publish("customer.erased", customer_id="nobody")
    in_transaction(desk, lambda uow: _withdrawn(uow))
    answer = browser.post(PATH + page, **fields)
    assert answer.status == 409
    becomes = {"/refusal": "Refused", "/resolution": "Resolved", "/offer": "Being worked on"}[page]
    both_states = f"It is now “Withdrawn by the customer” and cannot become “{becomes}”."
    assert f"This can no longer be done. {both_states}" in answer.visible_text
    assert "Nothing was changed." in answer.visible_text


def _withdrawn(uow: Any) -> None:
    from marketplace_hooks.services.core.unit_of_work import Cause
    from marketplace_hooks.services.support.moves import withdraw

    withdraw(uow, REQUEST, Cause(actor="customer", reason=""))


def test_a_missed_fix_makes_a_refund_due_which_the_seller_sees(
    desk: Marketplace, browser: Browser, clock: time_machine.Traveller
) -> None:
    assert "No refund is due" in browser.get("/seller/refunds").visible_text
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    shown = browser.get(PATH).visible_text
    assert "Refund Due How the refund is calculated Price paid for the product €99.00 Still owed €99.00" in shown
    with counting_queries(desk) as queries:
        words = browser.get("/seller/refunds").visible_text
    assert "About request-1" in words
    assert "€99.00" in words
    # The refunds, the balances of all of them, the products, the customers, and what needs attention.
    assert len(queries) == 5
    assert "No refund is due" in browser_of(desk, "seller", "seller-2").get("/seller/refunds").visible_text


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("/messages", {"body": "Hello"}),
        ("/refusal", {"ground": "source_modified", "text": "No", "evidence": "x"}),
        ("/waiver", {"ground": "source_modified"}),
        ("/kind", {"kind": "question"}),
        ("/resolution", {"how": "explanation", "text": "Done"}),
        ("/offer", {"release_id": "release-3.0.0", "amount": "5"}),
    ],
)
def test_other_sellers_requests_are_left_alone(
    desk: Marketplace, other: Browser, page: str, fields: dict[str, str]
) -> None:
    assert post_without_form(other, PATH + page, **fields).status == 404
    assert messages(desk) == []
    assert request(desk).handling == "accepted"


def test_a_form_without_its_token_is_not_taken(desk: Marketplace, browser: Browser) -> None:
    browser.get(PATH)
    assert browser.post(f"{PATH}/messages", token=False, body=ANSWER).status == 400
    assert messages(desk) == []


def test_a_refund_is_listed_by_what_is_asked_for(
    desk: Marketplace, browser: Browser, clock: time_machine.Traveller
) -> None:
    publish_message(desk)
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    assert "Due" in browser.get("/seller/refunds?state=waiting").visible_text
    clock.shift(timedelta(days=5))
    desk.run_all_now()
    assert "Requested" in browser.get("/seller/refunds?state=all").visible_text


def test_a_french_seller_refuses_in_french(desk: Marketplace) -> None:
    reader = browser_of(desk, "seller", "seller-1", language="fr")
    words = reader.get(f"{PATH}/refusal").visible_text
    assert "Elle ne porte pas sur une fonctionnalité annoncée" in words
    assert "Le client a modifié le code source" in words
    page = reader.post(f"{PATH}/refusal", ground="source_modified", text="Non", evidence="a.php")
    assert "Refusée : Le client a modifié le code source" in page.visible_text.replace("\u202f", " ")
