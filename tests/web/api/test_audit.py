"""The audit log by the API: an operator finds who did what, reads on by pages, and takes it all away as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest

from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.core.unit_of_work import run_in_transaction

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.audit_log import audit_entries
from ...support.marketplace import OFFLINE, ONLINE, Marketplace


@pytest.fixture
def odette(marketplace: Marketplace) -> Caller:
    """An operator's token with a name."""
    marketplace.publish_products("mod-1")
    _, text = tokens.create(marketplace.runtime, "operator", label="=Odette's desk")
    return Caller(marketplace.app, {"Authorization": f"Bearer {text}"})


def test_an_entry_names_the_token_the_object_the_address_and_the_request(
    marketplace: Marketplace, odette: Caller
) -> None:
    done = odette.call(
        "POST",
        "/products/mod-1/status",
        json={"status": OFFLINE, "reason": "A complaint."},
        headers={"X-Request-ID": "req-1"},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert done.headers["X-Request-ID"] == "req-1"
    [entry] = odette.get("/audit").get_json()["items"]
    token_id = entry["actor"]["token_id"]
    assert entry["actor"] == {"role": "operator", "id": None, "name": "=Odette's desk", "token_id": token_id}
    assert (entry["action"], entry["object"]) == ("product.status_changed", {"type": "product", "id": "mod-1"})
    assert (entry["outcome"], entry["channel"]) == ("done", "api")
    assert (entry["address"], entry["request_id"]) == ("192.0.2.7", "req-1")
    assert entry["details"]["status"] == OFFLINE
    [hidden, *_] = marketplace.outgoing("mod-1")
    assert (hidden.cause["actor"], hidden.cause["operator_id"]) == ("marketplace", token_id)
    for query in (f"who={token_id}", "action=product.status_changed", "object_id=mod-1", "request_id=req-1"):
        assert [one["id"] for one in odette.get(f"/audit?{query}").get_json()["items"]] == [entry["id"]], query
    for query in ("who=nobody", "action=product.reinstated", "object_type=pack", "to=2020-01-01T00:00:00Z"):
        assert odette.get(f"/audit?{query}").get_json()["items"] == [], query


def test_what_changes_nothing_is_entered_as_unchanged_and_what_is_impossible_is_not_entered(
    marketplace: Marketplace, odette: Caller
) -> None:
    for _ in range(2):
        odette.request_status("mod-1", OFFLINE)
    assert [entry.outcome for entry in audit_entries(marketplace)] == ["done", "unchanged"]
    assert problem_of(odette.post("/events/unknown/replay"))[0] == 404
    assert len(audit_entries(marketplace)) == 2


def test_a_call_that_is_sent_again_under_its_key_is_one_act(marketplace: Marketplace, odette: Caller) -> None:
    for _ in range(2):
        odette.request_status("mod-1", OFFLINE, key="once")
    assert len(audit_entries(marketplace)) == 1


def test_who_is_refused_access_is_named_with_the_route(
    marketplace: Marketplace, calls: MakeCaller, odette: Caller
) -> None:
    assert calls("customer", "customer-1").request_status("mod-1", OFFLINE).status_code == 403
    assert calls().request_status("mod-1", OFFLINE).status_code == 401
    [entry] = audit_entries(marketplace)
    assert (entry.actor_role, entry.actor_id, entry.action, entry.outcome) == (
        "customer",
        "customer-1",
        "route.access_refused",
        "refused",
    )
    assert entry.object_id == "POST /api/v1/products/<product_id>/status"


def test_a_token_that_was_revoked_is_named_when_it_is_used_again(marketplace: Marketplace, operator: Caller) -> None:
    token, text = tokens.create(marketplace.runtime, "seller", subject="seller-1", label="the shop’s robot")
    run_in_transaction(marketplace.runtime, lambda uow: tokens.revoke(uow, token.id))
    caller = Caller(marketplace.app, {"Authorization": f"Bearer {text}"})
    assert problem_of(caller.get("/support-requests")) == (401, "invalid_token")
    assert problem_of(Caller(marketplace.app, {"Authorization": f"Bearer {text}x"}).get("/audit"))[0] == 401
    [entry] = audit_entries(marketplace)
    seen = (entry.action, entry.outcome, entry.token_id, entry.actor_id, entry.actor_name)
    assert seen == ("token.refused", "refused", token.id, "seller-1", "the shop’s robot")


def test_refusals_beyond_the_limit_of_failures_fill_nothing(make_marketplace: Callable[..., Marketplace]) -> None:
    marketplace = make_marketplace(FAILURE_RATE_PER_MINUTE="2")
    _, text = tokens.create(marketplace.runtime, "seller", subject="seller-1")
    caller = Caller(marketplace.app, {"Authorization": f"Bearer {text}"})
    assert [caller.get("/audit").status_code for _ in range(4)] == [403] * 4
    assert len(audit_entries(marketplace)) == 2


def test_only_operators_read_it(calls: MakeCaller) -> None:
    for role, subject in (("seller", "seller-1"), ("customer", "customer-1"), ("platform", None)):
        for path in ("/audit", "/audit/export.csv", "/audit/export.ndjson"):
            assert problem_of(calls(role, subject).get(path)) == (403, "forbidden"), (role, path)
    assert problem_of(calls().get("/audit"))[0] == 401


def test_pages_follow_one_another_and_a_cursor_of_another_list_is_refused(odette: Caller) -> None:
    for status in (OFFLINE, ONLINE, OFFLINE):
        odette.request_status("mod-1", status)
    first = odette.get("/audit?limit=2").get_json()
    second = odette.get(f"/audit?limit=2&cursor={first['next_cursor']}").get_json()
    assert [len(first["items"]), len(second["items"]), second["next_cursor"]] == [2, 1, None]
    assert problem_of(odette.get("/audit?cursor=bm9uZTox")) == (400, "cursor_malformed")
    assert problem_of(odette.get("/audit?action=unheard.of"))[0] == 422


def test_it_is_exported_whole_as_csv_without_formulas_and_as_json_lines(
    marketplace: Marketplace, odette: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace_hooks.web.api.audit.EXPORT_BATCH", 2)
    for status in (OFFLINE, ONLINE, OFFLINE):
        odette.request_status("mod-1", status)
    listed = odette.get("/audit").get_json()["items"]
    answer = odette.get("/audit/export.ndjson")
    assert answer.content_type == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == listed
    answer = odette.get("/audit/export.csv?action=product.status_changed")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["id"]) for row in rows] == [one["id"] for one in listed]
    assert {row["actor_name"] for row in rows} == {"'=Odette's desk"}
    assert 'filename="audit.csv"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "é", "a\tb"])
def test_a_request_id_that_is_malformed_is_replaced(public: Caller, given: str) -> None:
    answered = public.get("/products", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (answered != given, len(answered)) == (True, 32)
