"""Endpoints by the API: added, changed, tested, rotated, stopped and removed; deliveries sent again in numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ...support.api_callers import Caller, problem_of
from ...support.audit_log import audited_actions
from ...support.deliveries import deliver, deliveries, hide, open_shop
from ...support.marketplace import Marketplace
from ...support.webhook_receiver import Answer, Receiver

NEW = {"url": "https://93.184.215.14/hooks", "types": ["product.hidden"], "description": "The desk"}


@pytest.fixture
def marketplace(make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    return open_shop(make_marketplace)


def add(operator: Caller, **more: object) -> dict[str, object]:
    answer = operator.post("/endpoints", {**NEW, **more})
    assert answer.status_code == 201, answer.text
    content: dict[str, object] = answer.get_json()
    return content


def test_a_secret_is_answered_once_and_headers_by_name_alone(operator: Caller) -> None:
    added = add(operator, headers={"Authorization": "Bearer s3cr3t"}, rate_per_s=2.5)
    assert str(added["secret"]).startswith("whsec_")
    path = f"/endpoints/{added['endpoint_id']}"
    for answer in (operator.get(path), operator.get("/endpoints")):
        assert ("whsec_" in answer.text, "s3cr3t" in answer.text) == (False, False)
    found = operator.get(path).get_json()
    names = ("url", "types", "description", "header_names", "rate_per_s", "enabled", "success_rate")
    assert [found[name] for name in names] == [*NEW.values(), ["Authorization"], 2.5, True, None]


def test_what_is_left_out_of_a_change_stays(operator: Caller) -> None:
    path = f"/endpoints/{add(operator, headers={'X-Team': 'desk'})['endpoint_id']}"
    changed = operator.patch(path, {"types": ["*"], "rate_per_s": 5}).get_json()
    assert (changed["types"], changed["rate_per_s"]) == (["*"], 5)
    assert (changed["url"], changed["header_names"]) == (NEW["url"], ["X-Team"])
    assert operator.patch(path, {"headers": {}, "rate_per_s": None}).get_json()["header_names"] == []


@pytest.mark.parametrize("wrong", [{"types": []}, {"headers": {"X-A": 1}}, {"colour": "red"}, {"url": None}])
def test_json_that_describes_no_endpoint_is_refused_when_it_is_added_or_changed(
    operator: Caller, wrong: dict[str, object]
) -> None:
    assert problem_of(operator.post("/endpoints", {**NEW, **wrong}))[0] == 422
    path = f"/endpoints/{add(operator)['endpoint_id']}"
    before = operator.get(path).get_json()
    assert problem_of(operator.patch(path, wrong))[0] == 422
    assert operator.get(path).get_json() == before


def test_an_endpoint_is_tested_rotated_disabled_enabled_and_deleted(marketplace: Marketplace, operator: Caller) -> None:
    with Receiver(answer=lambda _: Answer(201, body=b"welcome")) as receiver:
        added = add(operator, url=receiver.url)
        path = f"/endpoints/{added['endpoint_id']}"
        pinged = operator.post(f"{path}/ping").get_json()
        assert (pinged["status"], pinged["answer"], pinged["delivered"]) == (201, "welcome", True)
        assert audited_actions(marketplace)[-1] == "endpoint.pinged"
        first, again = (operator.post(f"{path}/ping", key="ping") for _ in range(2))
        assert (again.data, again.headers["Idempotent-Replayed"], len(receiver.requests)) == (first.data, "true", 2)
    rotated = operator.post(f"{path}/rotate", key="once").get_json()
    assert rotated["secret"] != added["secret"]
    assert rotated["old_secret_until"] is not None
    assert operator.post(f"{path}/rotate", key="once").get_json() == rotated
    disabled = operator.post(f"{path}/disable", {"reason": "moving house"}).get_json()
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "moving house")
    assert operator.post(f"{path}/enable").get_json()["enabled"] is True
    assert operator.delete(path).status_code == 204
    assert operator.get("/endpoints").get_json()["items"] == []
    for gone in (operator.get(path), operator.delete(path), operator.post(f"{path}/ping"), operator.patch(path, {})):
        assert gone.status_code == 404


def test_several_deliveries_are_sent_again_once_under_a_key(marketplace: Marketplace, operator: Caller) -> None:
    with Receiver() as receiver:
        endpoint_id = add(operator, url=receiver.url)["endpoint_id"]
        hide(marketplace, "mod-1", "mod-2")
        deliver(marketplace)
        day = f"{marketplace.runtime.now():%Y-%m-%d}"
        wanted = {"from": f"{day}T00:00:00Z", "to": f"{day}T23:59:59Z", "endpoint_id": endpoint_id}
        for _ in range(2):
            again = operator.post("/deliveries/replay", wanted, key="once")
            assert (again.status_code, again.get_json()) == (202, {"replayed": 2, "has_more": False})
            deliver(marketplace)
    assert (len(receiver.requests), len(deliveries(marketplace))) == (4, 2)
    found = operator.get(f"/endpoints/{endpoint_id}").get_json()
    assert (found["success_rate"], len(found["hours"])) == (1, 24)
    assert sum(hour["delivered"] for hour in found["hours"]) == 2
    assert {(hour["failed"], hour["waiting"]) for hour in found["hours"]} == {(0, 0)}


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({}, 422),
        ({"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, 422),
        ({"endpoint_id": "end_unknown"}, 404),
    ],
)
def test_a_selection_of_nothing_is_refused(operator: Caller, wanted: dict[str, str], status: int) -> None:
    assert problem_of(operator.post("/deliveries/replay", wanted))[0] == status


@pytest.mark.parametrize("value", [0, 1, "yes", "n", "true"])
def test_missed_only_is_true_or_false(operator: Caller, value: Any) -> None:
    range_ = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    assert operator.post("/deliveries/replay", {**range_, "missed_only": value}, key="m").status_code == 422
    assert operator.post("/deliveries/replay", {**range_, "missed_only": True}, key="n").status_code == 202


@pytest.mark.parametrize("value", ["5", True])
def test_a_rate_is_a_number(operator: Caller, value: Any) -> None:
    assert operator.post("/endpoints", {"url": "https://93.184.215.14/in", "rate_per_s": value}).status_code == 422
