"""Files of a message and the assignee of a request: added by the API, shown on the pages of those who may see them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from marketplace_hooks.domain.support.attachments import MOST_FILES
from marketplace_hooks.web.api import request_exports

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import REQUEST, messages, publish_message, set_up_request, set_up_support

URL = f"/support-requests/{REQUEST}"
FILE: dict[str, Any] = {
    "name": "error.png",
    "media_type": "image/png",
    "size": 48210,
    "sha256": "a" * 64,
    "url": "https://files.example/error.png",
}


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


@pytest.fixture
def platform(calls: MakeCaller) -> Caller:
    return calls("platform")


@pytest.fixture
def desk(marketplace: Marketplace) -> Marketplace:
    set_up_support(marketplace)
    set_up_request(marketplace)
    return marketplace


def attach(caller: Caller, message_id: str = "message-1", **file: Any) -> Any:
    return caller.post(f"{URL}/attachments", {"message_id": message_id, **FILE, **file})


def test_a_described_file_is_a_link_on_both_pages(desk: Marketplace, seller: Caller, customer: Caller) -> None:
    publish_message(desk)
    answer = attach(seller)
    assert answer.status_code == 200, answer.text
    attach(seller)
    attach(seller, name="trace.log", url="http://files.example/trace.log")
    [message] = customer.get(URL).get_json()["messages"]
    assert [one["name"] for one in message["files"]] == ["error.png", "trace.log"]
    assert message["attachments"] == 2
    for role, subject, path in (
        ("customer", "customer-1", f"/support/{REQUEST}"),
        ("seller", "seller-1", f"/seller/requests/{REQUEST}"),
    ):
        page = browser_of(desk, role, subject).get(path)
        assert 'href="https://files.example/error.png"' in page.text
        assert "trace.log" in page.visible_text
        assert "http://files.example" not in page.text


def test_files_of_an_event_are_described(desk: Marketplace, customer: Caller) -> None:
    publish_message(desk, attachments=[FILE, {"name": "log.txt"}])
    [message] = customer.get(URL).get_json()["messages"]
    assert message["files"] == [FILE, {"name": "log.txt"}]


def test_each_side_attaches_to_its_own_messages(
    desk: Marketplace, seller: Caller, customer: Caller, platform: Caller
) -> None:
    publish_message(desk)
    publish_message(desk, "note-1", visibility="internal")
    assert attach(customer).status_code == 403
    assert attach(customer, "note-1").status_code == 404
    assert attach(customer, "message-9").status_code == 404
    assert attach(platform).status_code == 200
    assert attach(seller, "note-1").status_code == 200


def test_a_message_has_as_many_files_as_an_event_may_bring_and_no_more(desk: Marketplace, seller: Caller) -> None:
    names = [f"{number}.log" for number in range(MOST_FILES)]
    publish_message(desk, attachments=[{"name": name} for name in names[1:]])
    assert attach(seller, name=names[0]).status_code == 200
    assert problem_of(attach(seller)) == (409, "too_many_attachments")
    [message] = messages(desk)
    assert message.attachments == MOST_FILES
    publish_message(desk, "message-2", attachments=[{"name": name} for name in [*names, "one more.log"]])
    assert len(messages(desk)) == 1, "an event with more is rejected"


@pytest.mark.parametrize("fault", [{"name": ""}, {"size": -1}, {"sha256": "x"}, {"url": ""}, {"colour": "red"}])
def test_a_file_that_is_described_wrongly_is_refused(desk: Marketplace, seller: Caller, fault: dict[str, Any]) -> None:
    publish_message(desk)
    [name] = fault
    refused = attach(seller, **fault)
    assert refused.status_code == 422, refused.text
    assert [one["path"] for one in refused.get_json()["errors"]] == [name]


def test_a_file_of_a_message_changes_no_deadline(desk: Marketplace, seller: Caller) -> None:
    publish_message(desk, body="", author_type="automation")
    before = seller.get(URL).get_json()["clocks"]
    attach(seller)
    assert seller.get(URL).get_json()["clocks"] == before


def test_each_side_assigns_for_itself(
    desk: Marketplace, seller: Caller, customer: Caller, operator: Caller, platform: Caller
) -> None:
    assigned = seller.post(f"{URL}/assignment", {"assignee": "Camille"}).get_json()
    assert assigned["assignee"] == "Camille"
    assert operator.get(URL).get_json()["assignee"] is None
    operator.post(f"{URL}/assignment", {"assignee": "Odette"})
    assert [caller.get(URL).get_json()["assignee"] for caller in (seller, operator, customer)] == [
        "Camille",
        "Odette",
        None,
    ]
    platform.post(f"{URL}/assignment", {"assignee": None, "side": "seller"})
    assert [caller.get(URL).get_json()["assignee"] for caller in (seller, operator)] == [None, "Odette"]


def test_a_customer_assigns_nobody(desk: Marketplace, customer: Caller, calls: MakeCaller) -> None:
    assert customer.post(f"{URL}/assignment", {"assignee": "Camille"}).status_code == 403
    assert calls("seller", "seller-2").post(f"{URL}/assignment", {"assignee": "me"}).status_code == 404


def test_a_seller_assigns_a_request_on_its_page(desk: Marketplace, seller: Caller, operator: Caller) -> None:
    for role, subject, path in (
        ("seller", "seller-1", f"/seller/requests/{REQUEST}"),
        ("operator", "odette", f"/operator/requests/{REQUEST}"),
    ):
        person = browser_of(desk, role, subject)
        assert "Not assigned" in person.get(path).visible_text
        assert "Assigned to Camille" in person.post(f"{path}/assignment", assignee="Camille").visible_text
        assert "200" in person.post(f"{path}/assignment", assignee="C" * 201).visible_text
    assert [caller.get(URL).get_json()["assignee"] for caller in (seller, operator)] == ["Camille", "Camille"]


def test_requests_are_listed_by_who_handles_them(desk: Marketplace, seller: Caller, operator: Caller) -> None:
    set_up_request(desk, "request-2")
    seller.post(f"{URL}/assignment", {"assignee": "Camille"})
    assert [one["request_id"] for one in seller.get("/support-requests?assigned=Camille").get_json()["items"]] == [
        REQUEST
    ]
    assert operator.get("/support-requests?assigned=Camille").get_json()["items"] == []
    page = browser_of(desk, "seller", "seller-1").get("/seller/requests?assigned=Camille")
    assert f"About {REQUEST}" in page.visible_text
    assert "About request-2" not in page.visible_text


def test_what_is_listed_is_exported(desk: Marketplace, seller: Caller, customer: Caller, public: Caller) -> None:
    set_up_request(desk, "request-2", subject="=1+1")
    seller.post(f"{URL}/assignment", {"assignee": "Camille"})
    answer = seller.get("/support-requests/export.csv?sort=oldest")
    assert answer.content_type == "text/csv; charset=utf-8"
    first, second = csv.DictReader(io.StringIO(answer.text))
    assert (first["request_id"], first["assignee"], first["handling"]) == (REQUEST, "Camille", "accepted")
    assert (second["request_id"], second["subject"]) == ("request-2", "'=1+1")
    [mine] = csv.DictReader(io.StringIO(customer.get("/support-requests/export.csv?q=request-2").text))
    assert (mine["request_id"], mine["assignee"]) == ("request-2", "")
    assert public.get("/support-requests/export.csv").status_code == 401
    assert seller.get("/support-requests/export.csv?stat=open").status_code == 422, "it would export everything"
    link = "/api/v1/support-requests/export.csv?sort=oldest&state=all"
    person = browser_of(desk, "seller", "seller-1")
    assert link in person.get("/seller/requests?sort=oldest&state=all").text.replace("&amp;", "&")
    assert len(person.get(link).text.splitlines()) == 3


def test_an_export_has_all_requests_however_many(
    desk: Marketplace, seller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_exports, "BATCH", 2)
    for number in range(2, 6):
        set_up_request(desk, f"request-{number}")
    rows = list(csv.DictReader(io.StringIO(seller.get("/support-requests/export.csv").text)))
    assert sorted(one["request_id"] for one in rows) == [f"request-{number}" for number in range(1, 6)]
