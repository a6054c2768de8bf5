"""Acts of a seller's machine: nothing moves until a person confirms them, and then they count at their receipt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.customers import set_up_release
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import (
    FIX,
    REQUEST,
    clocks,
    due,
    explain,
    in_transaction,
    publish_request,
    published_types,
    refund_state,
    request,
    set_up_request,
    set_up_support,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
URL = f"/support-requests/{REQUEST}"
PAGE = f"/seller/requests/{REQUEST}"
REFUSAL: dict[str, Any] = {"ground": "source_modified", "text": "You changed a.php", "evidence": {"files": ["a.php"]}}
EXPLANATION: dict[str, Any] = {"how": "explanation", "text": "The separator is under Advanced."}
AMOUNT = {"amount_cents": 2900, "currency": "EUR"}
OFFER: dict[str, Any] = {"release_id": "paid-1", "amount": AMOUNT, "text": ""}
RUNNING = {"acknowledgement": "running", "fix": "running"}


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_support(marketplace)
    set_up_release(marketplace, "paid-1", kind="paid", fixes=[])
    clock.shift(HOUR)
    set_up_request(marketplace)
    return marketplace


@pytest.fixture
def page(desk: Marketplace) -> Browser:
    return browser_of(desk, "seller", "seller-1")


def confirm(page: Browser, counts: str = "yes") -> str:
    page.get(PAGE)
    return page.post(f"{PAGE}/confirmations", counts=counts).visible_text


@pytest.mark.parametrize(("act", "body"), [("refusal", REFUSAL), ("resolution", EXPLANATION), ("offer", OFFER)])
def test_an_act_by_token_moves_nothing(desk: Marketplace, seller: Caller, act: str, body: dict[str, Any]) -> None:
    answer = seller.post(f"{URL}/{act}", body)
    assert answer.status_code == 200, answer.text
    [proposal] = answer.get_json()["proposals"]
    assert (proposal["act"], proposal["text"]) == (act, body["text"])
    assert (request(desk).handling, clocks(desk)) == ("accepted", RUNNING)
    assert "acknowledged" not in published_types(desk)


def test_what_waits_for_a_person_is_published_and_read_by_the_marketplace(desk: Marketplace, seller: Caller) -> None:
    operator = browser_of(desk, "operator", "odette")
    path = f"/operator/requests/{REQUEST}"
    waits = "Awaiting the seller’s confirmation"
    assert waits not in operator.get(path).visible_text
    [proposal] = seller.post(f"{URL}/refusal", REFUSAL).get_json()["proposals"]
    page = operator.get(path).visible_text
    for expected in (waits, "You changed a.php", "The customer has changed the source code", "a.php"):
        assert expected in page
    [published] = [one.data for one in desk.outgoing(REQUEST, "support_request") if one.type.endswith(".proposed")]
    assert (published["proposal_id"], published["act"]) == (proposal["proposal_id"], "refusal")


@pytest.mark.parametrize(
    ("act", "body", "fix"),
    [("refusal", REFUSAL, "frozen"), ("resolution", EXPLANATION, "met"), ("offer", OFFER, "running")],
)
def test_confirmed_on_the_page_it_counts_at_its_receipt(
    desk: Marketplace,
    seller: Caller,
    page: Browser,
    clock: time_machine.Traveller,
    act: str,
    body: dict[str, Any],
    fix: str,
) -> None:
    seller.post(f"{URL}/{act}", body)
    clock.move_to(due(desk, FIX) + HOUR)
    desk.run_all_now()
    assert clocks(desk) == {"acknowledgement": "missed", "fix": "missed"}
    assert "It counts from when it was received" in confirm(page)
    is_offer = act == "offer"
    assert clocks(desk) == {"acknowledgement": "met", "fix": "missed" if is_offer else fix}
    assert refund_state(desk) == ("due" if is_offer else "none")


def test_confirmed_after_the_refund_was_requested_it_meets_the_fix_and_leaves_the_refund_to_the_marketplace(
    desk: Marketplace, seller: Caller, page: Browser, clock: time_machine.Traveller
) -> None:
    seller.post(f"{URL}/resolution", EXPLANATION)
    missed_at = due(desk, FIX)
    for later in (HOUR, 5 * DAY):
        clock.move_to(missed_at + later)
        desk.run_all_now()
    assert refund_state(desk) == "requested"
    confirm(page)
    assert (clocks(desk)["fix"], refund_state(desk)) == ("met", "requested")


def test_a_claim_that_falls_away_leaves_that_of_another_missed_fix_of_the_purchase(
    desk: Marketplace, seller: Caller, page: Browser, clock: time_machine.Traveller
) -> None:
    seller.post(f"{URL}/resolution", EXPLANATION)
    publish_request(desk, "request-2")
    clock.move_to(due(desk, FIX) + HOUR)
    desk.run_all_now()
    assert (refund_state(desk), refund_state(desk, "request-2")) == ("due", "none")
    confirm(page)
    assert (refund_state(desk), refund_state(desk, "request-2")) == ("none", "due")


def test_declined_it_changes_nothing_and_is_judged_once(desk: Marketplace, seller: Caller, page: Browser) -> None:
    seller.post(f"{URL}/resolution", EXPLANATION)
    assert "Declined: nothing has changed." in confirm(page, "no")
    assert (request(desk).handling, clocks(desk)) == ("accepted", RUNNING)
    assert seller.get(URL).get_json()["proposals"] == []


def test_the_page_shows_what_is_to_be_confirmed(desk: Marketplace, seller: Caller, page: Browser) -> None:
    seller.post(f"{URL}/refusal", REFUSAL)
    words = page.get(PAGE).visible_text
    assert "The customer has changed the source code" in words
    assert "Evidence: Files: a.php" in words


def test_the_customer_reads_the_evidence_of_a_proposed_refusal(desk: Marketplace, seller: Caller) -> None:
    seller.post(f"{URL}/refusal", REFUSAL)
    shown = browser_of(desk, "customer", "customer-1").get(f"/support/{REQUEST}").visible_text
    assert "You changed a.php" in shown
    assert "The evidence: Files: a.php" in " ".join(shown.split())


@pytest.mark.parametrize("role", ["seller", "operator", "platform"])
def test_no_token_confirms_a_proposal(desk: Marketplace, calls: MakeCaller, seller: Caller, role: str) -> None:
    [proposal] = seller.post(f"{URL}/resolution", EXPLANATION).get_json()["proposals"]
    caller = seller if role == "seller" else calls(role)
    body = {"proposal_id": proposal["proposal_id"], "counts": True}
    assert problem_of(caller.post(f"{URL}/confirmations", body)) == (403, "person_required")
    assert clocks(desk) == RUNNING


def test_the_platform_vouches_for_a_person(desk: Marketplace, calls: MakeCaller, seller: Caller) -> None:
    [proposal] = seller.post(f"{URL}/resolution", EXPLANATION).get_json()["proposals"]
    body = {"proposal_id": proposal["proposal_id"], "counts": True, "author_type": "human"}
    answer = calls("platform").post(f"{URL}/confirmations", body)
    assert (answer.status_code, clocks(desk)) == (200, {"acknowledgement": "met", "fix": "met"})


def test_the_customer_contests_a_proposed_refusal_at_once(
    desk: Marketplace, calls: MakeCaller, seller: Caller, operator: Caller
) -> None:
    seller.post(f"{URL}/refusal", REFUSAL)
    customer = calls("customer", "customer-1")
    assert [one["text"] for one in customer.get(URL).get_json()["proposals"]] == [REFUSAL["text"]]
    contested = customer.post(f"{URL}/contest", {"text": "I changed nothing"}).get_json()
    assert (contested["handling"], contested["refusal"]["text"]) == ("contested", REFUSAL["text"])
    assert clocks(desk) == {"acknowledgement": "running", "fix": "frozen"}
    assert operator.post(f"{URL}/overturn", {"text": "Right"}).status_code == 200
    assert clocks(desk) == RUNNING
    assert seller.post(f"{URL}/refusal", REFUSAL).status_code == 422
    assert "acknowledged" not in published_types(desk)


def proposal_ids(caller: Caller) -> list[str]:
    return [one["proposal_id"] for one in caller.get(URL).get_json()["proposals"]]


def test_a_resolution_after_which_it_was_not_fixed_undoes_no_miss(
    desk: Marketplace, calls: MakeCaller, seller: Caller, page: Browser, clock: time_machine.Traveller
) -> None:
    [proposed] = [one["proposal_id"] for one in seller.post(f"{URL}/resolution", EXPLANATION).get_json()["proposals"]]
    clock.shift(DAY)
    in_transaction(desk, explain)
    clock.shift(DAY)
    assert calls("customer", "customer-1").post(f"{URL}/not-fixed", {"text": "Still broken"}).status_code == 200
    assert proposal_ids(seller) == []
    clock.move_to(due(desk, FIX) + HOUR)
    desk.run_all_now()
    confirmed = {"proposal_id": proposed, "counts": True, "author_type": "human"}
    assert calls("platform").post(f"{URL}/confirmations", confirmed).status_code == 200
    assert (request(desk).handling, clocks(desk)["fix"], refund_state(desk)) == ("acknowledged", "missed", "due")


def test_a_refusal_for_a_reason_that_was_waived_can_no_longer_be_contested(
    desk: Marketplace, calls: MakeCaller, seller: Caller
) -> None:
    seller.post(f"{URL}/refusal", REFUSAL)
    seller.post(f"{URL}/resolution", EXPLANATION)
    assert seller.post(f"{URL}/waiver", {"ground": "other_merchant_site"}).status_code == 200
    assert len(proposal_ids(seller)) == 2
    assert seller.post(f"{URL}/waiver", {"ground": "source_modified"}).status_code == 200
    assert [one["act"] for one in seller.get(URL).get_json()["proposals"]] == ["resolution"]
    assert calls("customer", "customer-1").post(f"{URL}/contest", {"text": "I did not"}).status_code == 409
    assert clocks(desk) == RUNNING


def test_a_refusal_that_does_not_apply_to_the_new_type_can_no_longer_be_contested(
    desk: Marketplace, calls: MakeCaller, seller: Caller
) -> None:
    seller.post(f"{URL}/refusal", {**REFUSAL, "ground": "site_work_or_third_party"})
    customer = calls("customer", "customer-1")
    assert customer.post(f"{URL}/kind", {"kind": "installation"}).status_code == 200
    assert customer.get(URL).get_json()["proposals"] == []
    assert customer.post(f"{URL}/contest", {"text": "It is not"}).status_code == 409


def test_the_same_refusal_proposed_twice_is_contested_and_overturned_once(
    desk: Marketplace, calls: MakeCaller, seller: Caller, operator: Caller
) -> None:
    for _ in range(2):
        seller.post(f"{URL}/refusal", REFUSAL)
    customer = calls("customer", "customer-1")
    assert customer.post(f"{URL}/contest", {"text": "I changed nothing"}).status_code == 200
    assert operator.post(f"{URL}/overturn", {"text": "Right"}).status_code == 200
    assert proposal_ids(customer) == []
    assert customer.post(f"{URL}/contest", {"text": "I did not"}).status_code == 409
    assert (request(desk).handling, clocks(desk)) == ("accepted", RUNNING)
