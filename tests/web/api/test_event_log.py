"""The logs of inbound events and deliveries, and their replay, for the marketplace's people."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from marketplace_hooks.models.outbox import Delivery, DeliveryState, OutgoingEvent
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.api_callers import Caller, MakeCaller, caller_of, problem_of
from ...support.marketplace import OFFLINE, SECRET, Marketplace
from ...support.webhook_receiver import Answer, Receiver


def ids(answer: TestResponse) -> list[str]:
    return [item["event_id"] for item in answer.get_json()["items"]]


def test_the_newest_events_come_first_and_pages_follow_one_another(marketplace: Marketplace, operator: Caller) -> None:
    event_ids = [marketplace.publish("seller.upserted", seller_id=f"seller-{number}") for number in range(5)]
    first = operator.get("/events?limit=2")
    marketplace.publish("seller.upserted", seller_id="seller-9")
    second = operator.get(f"/events?limit=2&cursor={first.get_json()['next_cursor']}")
    third = operator.get(f"/events?limit=2&cursor={second.get_json()['next_cursor']}")
    assert ids(first) + ids(second) + ids(third) == event_ids[::-1]
    assert third.get_json()["next_cursor"] is None


def test_events_are_found_by_type_state_subject_source_and_a_part_of_their_ids(
    marketplace: Marketplace, operator: Caller
) -> None:
    marketplace.publish_products("mod-1")
    parked = marketplace.change_status("mod-9", OFFLINE)
    rejected = marketplace.publish("product.upserted", event_id="evt_bad_100", product_id="mod-2", price="dear")
    marketplace.run_all_now()
    for query, expected in (
        ("state=parked", [parked]),
        ("state=rejected", [rejected]),
        ("type=product.status_changed", [parked]),
        ("subject=product:mod-9", [parked]),
        ("q=bad_", [rejected]),
        ("q=bad-100", []),
        ("q=b%25d", []),
        ("source=nobody", []),
        ("state=parked&from=2020-01-01T00:00:00Z", [parked]),
        ("from=2999-01-01T00:00:00Z", []),
        ("to=2020-01-01T00:00:00Z", []),
    ):
        assert ids(operator.get(f"/events?{query}")) == expected, query


def test_an_event_shows_its_payload_and_everything_that_is_wrong_with_it(
    marketplace: Marketplace, operator: Caller
) -> None:
    marketplace.publish_products()
    event_id = marketplace.publish("product.upserted", product_id="mod-1", price="dear", kind="hat")
    marketplace.run_all_now()
    event = operator.get(f"/events/{event_id}").get_json()
    assert (event["state"], event["payload"]["data"]["price"]) == ("rejected", "dear")
    assert {error["path"] for error in event["errors"]} >= {"data.price", "data.kind"}
    assert event["conflicts"] == []


def test_another_body_under_the_same_id_is_shown_aside(marketplace: Marketplace, operator: Caller) -> None:
    bodies = [
        json.dumps({"type": "seller.upserted", "timestamp": "2026-03-02T10:00:00Z", "data": {"n": n}}).encode()
        for n in (1, 2)
    ]
    for body in bodies:
        marketplace.post(body, event_id="evt_twice")
    event = operator.get("/events/evt_twice").get_json()
    assert [event["payload"]["data"]["n"], *(one["payload"]["data"]["n"] for one in event["conflicts"])] == [1, 2]


def test_a_parked_event_is_replayed_and_an_applied_one_is_not(marketplace: Marketplace, operator: Caller) -> None:
    parked = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    answer = operator.post(f"/events/{parked}/replay")
    assert (answer.status_code, answer.get_json()["state"]) == (202, "received")
    assert problem_of(operator.post(f"/events/{parked}/replay")) == (409, "not_replayable")
    applied = marketplace.publish("seller.upserted")
    marketplace.run_all_now()
    refused = operator.post(f"/events/{applied}/replay")
    assert (problem_of(refused), refused.get_json()["state"]) == ((409, "not_replayable"), "applied")


def test_a_rejected_event_is_corrected_once_however_often_it_is_asked(
    marketplace: Marketplace, operator: Caller
) -> None:
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", "gone", version=7)
    marketplace.run_all_now()
    path = f"/events/{event_id}/correction"
    data = {"product_id": "mod-1", "status": OFFLINE, "actor": "seller", "reason": "a rest", "version": 7}
    body = {"type": "product.status_changed", "timestamp": "2026-03-02T10:00:00+01:00", "data": data}
    wrong = operator.post(path, {**body, "data": {**data, "status": "gone"}})
    assert problem_of(wrong) == (422, "payload_rejected")
    assert [error["path"] for error in wrong.get_json()["errors"]] == ["data.status"]
    copies = [operator.post(path, body, key="once") for _ in range(2)]
    assert [copy.status_code for copy in copies] == [202, 202]
    [copy_id] = {copy.get_json()["event_id"] for copy in copies}
    assert copies[0].get_json()["corrects"] == event_id
    assert operator.get(f"/events/{event_id}").get_json()["corrected_by"] == copy_id
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE
    assert problem_of(operator.post(path, body)) == (409, "already_corrected")
    assert problem_of(operator.post(f"/events/{event_id}/replay")) == (409, "already_corrected")
    assert problem_of(operator.post(f"/events/{copy_id}/correction", body)) == (409, "not_correctable")
    assert operator.post("/events/evt_nowhere/correction", body).status_code == 404
    assert problem_of(operator.post(path, {"data": data})) == (422, "payload_rejected")


def test_an_id_that_two_sources_have_needs_its_source(make_marketplace: Callable[..., Marketplace]) -> None:
    marketplace = make_marketplace(WEBHOOK_SECRETS=f"marketplace={SECRET} other={SECRET}")
    operator = caller_of(marketplace, "operator")
    body = json.dumps({"type": "nobody.knows", "timestamp": "2026-03-02T10:00:00Z", "data": {}}).encode()
    for source in ("marketplace", "other"):
        assert marketplace.post(body, source=source, event_id="evt_both").status_code == 202
    marketplace.run_all_now()
    for refused in (operator.get("/events/evt_both"), operator.post("/events/evt_both/replay")):
        assert problem_of(refused) == (409, "several_sources")
        assert sorted(refused.get_json()["sources"]) == ["marketplace", "other"]
    assert operator.get("/events/evt_both?source=other").get_json()["source"] == "other"
    assert operator.post("/events/evt_both/replay?source=other").get_json()["source"] == "other"


@pytest.mark.parametrize("path", ["/events", "/events/evt_1", "/deliveries"])
def test_the_logs_are_for_the_marketplaces_people(calls: MakeCaller, public: Caller, seller: Caller, path: str) -> None:
    assert problem_of(public.get(path)) == (401, "not_signed_in")
    assert problem_of(seller.get(path)) == (403, "forbidden")
    assert calls("platform").get(path).status_code in (200, 404)


def test_the_logs_are_kept_by_no_cache(operator: Caller) -> None:
    assert operator.get("/events").headers["Cache-Control"] == "no-store"


def test_deliveries_are_listed_with_the_event_that_they_carry(make_marketplace: Callable[..., Marketplace]) -> None:
    # Nobody listens there: the first attempt fails at once.
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.1/32:9")
    operator = caller_of(marketplace, "operator")
    endpoint, _ = add_endpoint(marketplace.runtime, "http://127.0.0.1:9/hooks", types=["product.hidden"])
    marketplace.publish_products("mod-1", "mod-2")
    for product_id in ("mod-1", "mod-2"):
        marketplace.change_status(product_id, OFFLINE)
    marketplace.run_all_now()
    first = operator.get("/deliveries?limit=1").get_json()
    second = operator.get(f"/deliveries?limit=1&cursor={first['next_cursor']}").get_json()
    deliveries = first["items"] + second["items"]
    assert {one["subject_id"] for one in deliveries} == {"mod-1", "mod-2"}
    assert {(one["type"], one["state"], one["endpoint_id"], one["attempts"]) for one in deliveries} == {
        ("product.hidden", "pending", endpoint.id, 1)
    }
    assert operator.get("/deliveries?state=delivered").get_json()["items"] == []
    event_id = deliveries[0]["event_id"]
    found = operator.get(f"/deliveries?event_id={event_id}&endpoint_id={endpoint.id}").get_json()["items"]
    assert [one["delivery_id"] for one in found] == [deliveries[0]["delivery_id"]]
    found = operator.get("/deliveries?subject=product:mod-2").get_json()["items"]
    assert [one["subject_id"] for one in found] == ["mod-2"]
    assert operator.get("/deliveries?subject=mod-2").get_json()["items"] == []
    for span, count in (
        ("from=2020-01-01T00:00:00Z&to=2999-01-01T00:00:00Z", 2),
        ("from=2999-01-01T00:00:00Z", 0),
        ("to=2020-01-01T00:00:00Z", 0),
    ):
        assert len(operator.get(f"/deliveries?{span}").get_json()["items"]) == count, span


def test_a_delivery_is_read_with_what_was_sent_and_what_was_answered(
    make_marketplace: Callable[..., Marketplace],
) -> None:
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_SCHEDULE_S="0")
    operator = caller_of(marketplace, "operator")
    marketplace.publish_products("mod-1")
    with Receiver(answer=lambda _: Answer(500, body=b"not today")) as receiver:
        headers = {"X-Team": "s3cr3t"}
        add_endpoint(marketplace.runtime, receiver.url, types=["product.hidden"], headers=headers)
        marketplace.change_status("mod-1", OFFLINE)
        marketplace.run_all_now()
    [listed] = operator.get("/deliveries").get_json()["items"]
    answer = operator.get(f"/deliveries/{listed['delivery_id']}")
    found = answer.get_json()
    assert {name: found[name] for name in listed} == listed
    assert (found["url"], found["payload"]) == (receiver.url, json.loads(receiver.requests[0].body))
    [received] = operator.get("/events?type=product.status_changed").get_json()["items"]
    trace = operator.get(f"/events/{received['event_id']}").get_json()["trace"]
    hidden = {"event_id": listed["event_id"], "type": "product.hidden"}
    sent = {name: listed[name] for name in ("delivery_id", "endpoint_id", "state")}
    assert {**hidden, "deliveries": [sent]} in trace["published"]
    assert ([one["state"] for one in trace["cascades"]], trace["has_more"]) == (["done"], False)
    [attempt] = found["attempt_log"]
    assert (attempt["status"], attempt["answer"], attempt["address"]) == (500, "not today", "127.0.0.1")
    assert ("x-team" in attempt["headers"], "s3cr3t" in answer.text) == (True, False)
    with marketplace.runtime.database.session() as session:
        session.execute(update(OutgoingEvent).values(data={}))
    assert operator.get(f"/deliveries/{listed['delivery_id']}").get_json()["payload"] is None
    for unknown in ("/deliveries/999999", "/deliveries/99999999999999999999999", "/deliveries/one"):
        assert problem_of(operator.get(unknown)) == (404, "not_found")


def test_a_delivery_that_was_given_up_is_sent_again_once_however_often_it_is_asked(
    make_marketplace: Callable[..., Marketplace],
) -> None:
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.1/32:9", DELIVERY_SCHEDULE_S="0")
    operator = caller_of(marketplace, "operator")
    add_endpoint(marketplace.runtime, "http://127.0.0.1:9/hooks", types=["product.hidden"])
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    [lost] = operator.get("/deliveries?state=exhausted").get_json()["items"]
    path = f"/deliveries/{lost['delivery_id']}/replay"
    answers = [operator.post(path, key="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    event_ids = [answer.get_json() for answer in answers]
    assert event_ids[0] == event_ids[1]
    assert (event_ids[0]["state"], event_ids[0]["event_id"]) == ("pending", lost["event_id"])
    assert problem_of(operator.post(path)) == (409, "not_replayable")
    for unknown in ("/deliveries/999999/replay", "/deliveries/99999999999999999999999/replay"):
        assert operator.post(unknown).status_code == 404
    with marketplace.runtime.database.session() as session:
        session.execute(update(Delivery).values(state=DeliveryState.EXHAUSTED))
        session.execute(update(OutgoingEvent).values(data={}))
    assert problem_of(operator.post(path)) == (409, "payload_purged")
