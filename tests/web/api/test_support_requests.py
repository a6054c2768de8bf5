"""A support request's life through the API, who may read it, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.inspections import Inspection
from marketplace_hooks.models.products import Listing

from ...support.api_callers import Caller, MakeCaller, caller_of, problem_of
from ...support.customers import SHOP, set_up_purchase
from ...support.marketplace import Marketplace, sample
from ...support.page_client import browser_of
from ...support.support_desk import ANSWER, FIX, PURCHASE, due, set_up_support

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REFUSAL = {"ground": "source_modified", "text": "Changed", "evidence": {"files": ["a.php"]}}


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


def submit(customer: Caller, **more: Any) -> dict[str, Any]:
    asked = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty", "shop_url": SHOP, "as_it_is": True}
    answer = customer.post("/support-requests", {**asked, **more})
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.get_json()
    return content


def moved(caller: Caller, request_id: str, path: str, **body: Any) -> dict[str, Any]:
    answer = caller.post(f"/support-requests/{request_id}/{path}", body)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.get_json()
    return content


def test_a_request_lives_from_its_submission_to_its_refund(
    desk: Marketplace,
    calls: MakeCaller,
    customer: Caller,
    seller: Caller,
    operator: Caller,
    clock: time_machine.Traveller,
) -> None:
    detail = submit(customer, as_it_is=False)
    request_id = detail["request_id"]
    assert (detail["handling"], detail["missing"]) == ("needs_information", ["platform_version"])
    assert moved(customer, request_id, "send-as-is")["handling"] == "accepted"
    clock.shift(HOUR)
    thread = moved(seller, request_id, "messages", body=ANSWER)
    [message] = thread["messages"]
    assert (message["counts"], thread["clocks"]["acknowledgement"]["state"]) == (None, "to_confirm")
    confirmed = moved(operator, request_id, "confirmations", message_id=message["message_id"], counts=True)
    assert (confirmed["handling"], confirmed["clocks"]["acknowledgement"]["state"]) == ("acknowledged", "met")
    platform = calls("platform")  # it vouches that a person of the seller's side acts.
    assert moved(platform, request_id, "refusal", **REFUSAL, author_type="human")["clocks"]["fix"]["state"] == "frozen"
    assert moved(customer, request_id, "contest", text="No")["handling"] == "contested"
    assert moved(operator, request_id, "overturn", text="Right")["clocks"]["fix"]["state"] == "running"
    resolved = moved(platform, request_id, "resolution", how="explanation", text="Done", author_type="human")
    assert resolved["clocks"]["fix"]["state"] == "met"
    assert moved(customer, request_id, "not-fixed")["clocks"]["fix"]["state"] == "running"
    clock.move_to(due(desk, FIX, request_id))
    desk.run_all_now()
    owed = calls("operator").get(f"/support-requests/{request_id}").get_json()
    assert (owed["clocks"]["fix"]["state"], owed["refund"]["state"]) == ("missed", "due")
    assert owed["business_care"]["active"] is True
    clock.shift(5 * DAY)
    desk.run_all_now()
    refunded = calls("operator").get(f"/support-requests/{request_id}").get_json()["refund"]
    assert (refunded["state"], refunded["path"], refunded["amount"]["amount_cents"]) == ("requested", "platform", 9900)


def test_an_impossible_move_is_a_409_that_names_both_states(desk: Marketplace, customer: Caller) -> None:
    request_id = submit(customer)["request_id"]
    answer = customer.post(f"/support-requests/{request_id}/contest", {"text": "No"})
    assert problem_of(answer) == (409, "impossible_move")
    assert (answer.get_json()["state"], answer.get_json()["asked"]) == ("accepted", "contested")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"text": ""}, "text_says_nothing"),
        ({"text": " \u200b\n"}, "text_says_nothing"),
        ({"evidence": {}}, "evidence_shows_nothing"),
        ({"evidence": {"note": ""}}, "evidence_shows_nothing"),
        ({"evidence": {"files": []}}, "evidence_shows_nothing"),
    ],
)
def test_a_refusal_that_says_or_shows_nothing_is_a_422(
    desk: Marketplace, customer: Caller, seller: Caller, wrong: dict[str, Any], code: str
) -> None:
    request_id = submit(customer)["request_id"]
    answer = seller.post(f"/support-requests/{request_id}/refusal", {**REFUSAL, **wrong})
    assert problem_of(answer) == (422, code)
    stands = customer.get(f"/support-requests/{request_id}").get_json()
    assert (stands["handling"], stands["refusal"], stands["clocks"]["fix"]["state"]) == ("accepted", None, "running")


def test_what_a_customer_declares_with_a_request_is_judged_with_it(desk: Marketplace, customer: Caller) -> None:
    detail = submit(customer, as_it_is=False, declared={"platform_version": "8.1.7"})
    version = next(one for one in detail["checks"] if one["name"] == "platform_version")
    assert (detail["handling"], detail["missing"]) == ("accepted", [])
    assert (version["evidence"]["version"], version["evidence"]["strength"]) == ("8.1.7", "declared")
    [inspection] = desk.all(select(Inspection))
    assert (inspection.id, inspection.url) == (detail["check_id"], SHOP)


def test_credentials_with_a_request_are_for_the_check_of_its_site(desk: Marketplace, customer: Caller) -> None:
    detail = submit(customer, as_it_is=False, credentials={"webservice_key": "A" * 32})
    [inspection] = desk.all(select(Inspection))
    assert (inspection.id, inspection.with_credentials) == (detail["check_id"], True)


def test_a_request_names_a_check_or_brings_what_a_check_takes(desk: Marketplace, customer: Caller) -> None:
    asked = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty", "shop_url": SHOP, "check_id": "chk_1"}
    answer = customer.post("/support-requests", {**asked, "declared": {"platform_version": "8.1.7"}})
    assert problem_of(answer) == (422, "payload_rejected")


FILE_SAYS = ("The carrier is down.", "Mail of 2 March, line 3", "It is announced.", "We looked at it by telephone.")


def test_the_file_holds_everything_that_a_contest_is_judged_by_for_each_side(
    desk: Marketplace, calls: MakeCaller, customer: Caller, seller: Caller, operator: Caller
) -> None:
    request_id = submit(customer, body="The export does not start.")["request_id"]
    moved(seller, request_id, "messages", body="We looked at it by telephone.")
    evidence = {"note": "Mail of 2 March, line 3"}
    with desk.runtime.database.read_session() as session:
        announced = session.scalars(select(Listing)).one()
    moved_on = {"ground": "site_work_or_third_party", "text": "The carrier is down.", "evidence": evidence}
    moved(seller, request_id, "refusal", **moved_on)
    moved(customer, request_id, "contest", text="It is announced.")
    for caller in (customer, seller, operator):
        answer = caller.get(f"/support-requests/{request_id}/file")
        assert answer.status_code == 200, answer.text
        file = answer.get_json()
        assert all(text in answer.get_data(as_text=True) for text in FILE_SAYS)
        assert file["listing"]["features"] == announced.features
        assert (file["listing"]["compatible_from"], file["listing"]["compatible_to"]) == (
            announced.compatible_from,
            announced.compatible_to,
        )
        assert file["body"] == "The export does not start."
        assert file["clocks"]["fix"]["state"] == "frozen"
        assert file["ground_findings"]["site_work_or_third_party"] == "for_a_person"
        [refusal] = file["refusals"]
        assert (refusal["evidence"], refusal["contest"]) == (evidence, "It is announced.")
    assert calls("customer", "customer-2").get(f"/support-requests/{request_id}/file").status_code == 404
    assert calls("seller", "seller-2").get(f"/support-requests/{request_id}/file").status_code == 404


@pytest.mark.parametrize(("role", "subject"), [("customer", "customer-2"), ("seller", "seller-2")])
def test_requests_of_others_are_not_found(
    desk: Marketplace, calls: MakeCaller, customer: Caller, role: str, subject: str
) -> None:
    request_id = submit(customer)["request_id"]
    stranger = calls(role, subject)
    move = "withdrawal" if role == "customer" else "resolution"
    body = {} if role == "customer" else {"how": "explanation", "text": "Done"}
    assert stranger.get(f"/support-requests/{request_id}").status_code == 404
    assert stranger.post(f"/support-requests/{request_id}/{move}", body).status_code == 404
    assert stranger.get("/support-requests").get_json()["items"] == []
    assert [one["request_id"] for one in customer.get("/support-requests").get_json()["items"]] == [request_id]


def test_nobody_submits_about_the_purchase_of_another(desk: Marketplace, calls: MakeCaller) -> None:
    asked = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty", "shop_url": SHOP}
    assert calls("customer", "customer-2").post("/support-requests", asked).status_code == 404


@pytest.mark.parametrize(
    ("role", "subject", "path", "body"),
    [
        ("customer", "customer-1", "refusal", REFUSAL),
        ("customer", "customer-1", "overturn", {"text": "x"}),
        ("customer", "customer-1", "refund", {"action": "request"}),
        ("seller", "seller-1", "contest", {"text": "x"}),
        ("seller", "seller-1", "extension", {"business_days": 3, "text": "x"}),
        ("operator", None, "refusal", REFUSAL),
    ],
)
def test_each_move_is_its_own_sides(
    desk: Marketplace,
    calls: MakeCaller,
    customer: Caller,
    role: str,
    subject: str | None,
    path: str,
    body: dict[str, Any],
) -> None:
    request_id = submit(customer)["request_id"]
    assert calls(role, subject).post(f"/support-requests/{request_id}/{path}", body).status_code == 403


def test_an_internal_note_is_not_for_the_customer(desk: Marketplace, customer: Caller, seller: Caller) -> None:
    request_id = submit(customer)["request_id"]
    assert len(moved(seller, request_id, "messages", body="Note", visibility="internal")["messages"]) == 1
    assert customer.get(f"/support-requests/{request_id}").get_json()["messages"] == []


def test_a_check_of_another_host_inspects_nothing_and_proposes_the_ground(desk: Marketplace, customer: Caller) -> None:
    started = customer.post("/eligibility", {"purchase_id": PURCHASE, "shop_url": "https://other.example/"})
    assert started.status_code == 202
    found = customer.get(f"/eligibility/{started.get_json()['check_id']}").get_json()
    assert (found["state"], found["outcome"], found["grounds"]) == ("done", "refusable", ["other_merchant_site"])
    [inspection] = desk.all(select(Inspection))
    assert (inspection.state.value, inspection.outcome.value) == ("done", "nothing")


def test_the_check_of_another_purchase_is_no_evidence_here(
    desk: Marketplace, calls: MakeCaller, customer: Caller
) -> None:
    set_up_purchase(desk, "purchase-2", customer_id="customer-2")
    theirs = calls("customer", "customer-2").post(
        "/eligibility", {"purchase_id": "purchase-2", "shop_url": "https://other.example/"}
    )
    check_id = theirs.get_json()["check_id"]
    asked = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty", "shop_url": SHOP, "check_id": check_id}
    assert customer.get(f"/eligibility/{check_id}").status_code == 404
    assert customer.post("/support-requests", asked).status_code == 404


def test_the_platform_asks_before_a_purchase_for_customers_whom_we_know(desk: Marketplace, calls: MakeCaller) -> None:
    asked = {"presale": True, "product_id": "mod-1", "subject": "Does it run on 9.0?", "body": "We plan to update."}
    platform = calls("platform")
    refused = platform.post("/support-requests", {**asked, "customer_id": "nobody"})
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == [{"path": "customer_id", "message": "is not known"}]
    assert platform.get("/support-requests").get_json()["items"] == []
    assert platform.post("/support-requests", {**asked, "customer_id": "customer-1"}).status_code == 201


@pytest.mark.parametrize(
    ("settings", "version", "expected", "words"),
    [
        ({}, "9.0.2", "fail", "the advertised versions were 1.7.6.0 to 8.2.99. The product page advertises it today."),
        ({}, "8.2.1", "pass", "one of the advertised versions (1.7.6.0 to 8.2.99)"),
        ({"COMPATIBILITY_JUDGED_AT": "request"}, "9.0.2", "pass", "one of the advertised versions (9.0 to 9.0)"),
        ({"COMPATIBILITY_JUDGED_AT": "request"}, "8.2.1", "fail", "the advertised versions were 9.0 to 9.0."),
        ({"COMPATIBILITY_JUDGED_AT": "request", "PATCH_VERSIONS": "exact"}, "9.0.2", "fail", "were 9.0 to 9.0."),
    ],
)
def test_the_marketplace_says_whose_day_decides_on_compatibility_and_what_a_version_covers(
    make_marketplace: Callable[..., Marketplace],
    clock: time_machine.Traveller,
    settings: dict[str, str],
    version: str,
    expected: str,
    words: str,
) -> None:
    desk = make_marketplace(**settings)
    set_up_support(desk)
    clock.shift(DAY)
    listing = {**sample("product.upserted")["data"]["listing"], "compatible_from": "9.0", "compatible_to": "9.0"}
    now = datetime.now(UTC).isoformat()
    desk.publish("product.upserted", product_id="mod-1", version=9, listing={**listing, "published_at": now})
    desk.run_all_now()
    declared = {"platform_version": version, "modules": []}
    request = submit(caller_of(desk, "customer", "customer-1"), declared=declared)
    assert {one["name"]: one["result"] for one in request["checks"]}["platform_version"] == expected
    page = browser_of(desk, "customer", "customer-1").get(f"/support/{request['request_id']}").visible_text
    assert words in " ".join(page.split())
