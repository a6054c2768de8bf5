"""`GET /customers/{id}/export`, and the same as a file from the customer's own page."""

from __future__ import annotations

import json

import pytest
import time_machine

from ...support.api_callers import caller_of, problem_of
from ...support.audit_log import audit_entries
from ...support.known_customer import CUSTOMER, set_up_known_customer
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import REQUEST

EXPORT = f"/customers/{CUSTOMER}/export"


@pytest.fixture
def known(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    return set_up_known_customer(marketplace)


def test_the_platform_and_the_customer_get_the_same_file(known: Marketplace) -> None:
    by_platform = caller_of(known, "platform").get(EXPORT)
    assert by_platform.status_code == 200
    assert by_platform.headers["Content-Disposition"] == "attachment; filename=customer.json"
    assert by_platform.headers["Cache-Control"] == "no-store"
    content = by_platform.get_json()
    assert content["customer"]["email"] == "zephyrine@quatrebarbes.example"
    assert [file["request_id"] for file in content["support_requests"]] == [REQUEST]
    by_customer = caller_of(known, "customer", CUSTOMER).get(EXPORT).get_json()
    changing = {"tokens", "acts", "generated_at"}
    assert {name: by_customer[name] for name in by_customer.keys() - changing} == {
        name: content[name] for name in content.keys() - changing
    }


def test_an_export_is_in_the_audit_log(known: Marketplace) -> None:
    caller_of(known, "platform").get(EXPORT)
    last = audit_entries(known)[-1]
    assert (last.action, last.object_id, last.actor_role) == ("customer.exported", CUSTOMER, "platform")


def test_it_has_what_the_document_says(known: Marketplace) -> None:
    document = caller_of(known, "operator").get("/openapi.json").get_json()
    described = document["components"]["schemas"]["CustomerExport"]["properties"]
    assert set(described) == set(caller_of(known, "platform").get(EXPORT).get_json())


def test_others_learn_nothing(known: Marketplace) -> None:
    assert problem_of(caller_of(known, "customer", "customer-2").get(EXPORT)) == (404, "not_found")
    assert problem_of(caller_of(known, "seller", "seller-1").get(EXPORT)) == (403, "forbidden")
    assert problem_of(caller_of(known, "platform").get("/customers/nobody/export")) == (404, "not_found")
    assert problem_of(caller_of(known, "platform").get("/customers/%00/export")) == (404, "not_found")


def test_customers_download_their_data_from_their_page(known: Marketplace) -> None:
    browser = browser_of(known, "customer", CUSTOMER)
    [link] = [link for link in browser.get("/account").links if link.endswith("/export")]
    answer = browser.get(link).answer
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert json.loads(answer.text)["customer"]["name"] == "Zephyrine Quatrebarbes"


def test_the_requests_of_an_erased_customer_can_still_be_read(known: Marketplace) -> None:
    known.publish("customer.erased", customer_id=CUSTOMER)
    known.run_all_now()
    for role, subject in (("operator", None), ("seller", "seller-1"), ("platform", None)):
        for path in (f"/support-requests/{REQUEST}", f"/support-requests/{REQUEST}/file", "/support-requests"):
            assert caller_of(known, role, subject).get(path).status_code == 200, (role, path)
    checks = caller_of(known, "operator").get(f"/support-requests/{REQUEST}").get_json()["checks"]
    assert ("entitlement", "pass") in [(check["name"], check["result"]) for check in checks]
    for page in (f"/seller/requests/{REQUEST}", f"/seller/requests/{REQUEST}/file"):
        assert browser_of(known, "seller", "seller-1").get(page).status == 200, page
    for page in (f"/operator/requests/{REQUEST}", f"/operator/requests/{REQUEST}/file.pdf"):
        assert browser_of(known, "operator").get(page).status == 200, page
