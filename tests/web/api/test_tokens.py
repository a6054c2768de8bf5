"""Tokens of the API: made with a name, an end and scopes, listed without their secret, and held to their scopes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.services.access import tokens
from marketplace_hooks.web.api.event_docs import TAG_IN
from marketplace_hooks.web.api.operations import SCOPES

from ...support.api_callers import Caller, problem_of
from ...support.customers import set_up_purchase
from ...support.marketplace import OFFLINE, Marketplace


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


def with_scopes(marketplace: Marketplace, *scopes: str, role: str = "platform", **more: Any) -> Caller:
    _, text = tokens.create(marketplace.runtime, role, scopes=scopes, **more)
    return Caller(marketplace.app, {"Authorization": f"Bearer {text}"})


def test_a_token_is_made_once_listed_and_revoked(operator: Caller, marketplace: Marketplace) -> None:
    wanted = {"name": "the ERP", "role": "seller", "subject": "seller-1", "scopes": ["products", "read"]}
    wanted["expires_at"] = format_instant(marketplace.runtime.now() + timedelta(days=90))
    made = operator.post("/tokens", wanted, key="k")
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    token = made.get_json()
    assert {name: token[name] for name in wanted} == wanted
    assert operator.post("/tokens", wanted, key="k").get_json() == token
    robot = Caller(marketplace.app, {"Authorization": f"Bearer {token['token']}"})
    assert robot.get("/products").status_code == 200
    listed = operator.get("/tokens").get_json()["items"]
    [mine] = [one for one in listed if one["token_id"] == token["token_id"]]
    assert "token" not in mine
    assert mine["last_used_at"] == format_instant(marketplace.runtime.now())
    assert operator.delete(f"/tokens/{token['token_id']}").status_code == 204
    assert problem_of(robot.get("/products")) == (401, "invalid_token")
    assert problem_of(operator.delete("/tokens/tok_x")) == (404, "not_found")


def test_what_cannot_be_a_token_is_refused_with_every_error(operator: Caller) -> None:
    body = {"name": "x", "role": "seller", "scopes": ["all"], "expires_at": "2020-01-01T00:00:00Z"}
    assert problem_of(operator.post("/tokens", body)) == (422, "payload_rejected")
    answer = operator.post("/tokens", {**body, "scopes": []})
    assert {error["path"] for error in answer.get_json()["errors"]} == {"subject", "expires_at"}


@pytest.mark.parametrize("role", ["platform", "seller"])
def test_tokens_are_for_operators(marketplace: Marketplace, role: str) -> None:
    caller = with_scopes(marketplace, role=role, subject="seller-1" if role == "seller" else None)
    assert problem_of(caller.get("/tokens")) == (403, "forbidden")
    assert problem_of(caller.post("/tokens", {"name": "x", "role": "operator"})) == (403, "forbidden")


def test_a_token_is_held_to_its_scopes(marketplace: Marketplace) -> None:
    reader = with_scopes(marketplace, "read", role="operator")
    assert reader.get("/events").status_code == reader.get("/tokens").status_code == 200
    refused = reader.request_status("mod-1", OFFLINE)
    assert problem_of(refused) == (403, "insufficient_scope")
    assert marketplace.status("mod-1") == "online"
    products = with_scopes(marketplace, "products", role="seller", subject="seller-1")
    assert problem_of(products.get("/support-requests")) == (403, "insufficient_scope")
    assert products.request_status("mod-1", OFFLINE).status_code == 202
    events = with_scopes(marketplace, "events", role="operator")
    assert events.get("/events").status_code == 200
    for path in ("/products", "/tokens", "/sessions", "/audit"):
        assert problem_of(events.get(path)) == (403, "insufficient_scope"), path
    with marketplace.app.test_client().get("/operator", headers=events.headers) as page:
        assert page.status_code == 403


def test_the_fast_path_minds_scopes_and_the_end_of_a_token(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    path = "/entitlements?purchase_id=purchase-1"
    events = with_scopes(marketplace, "events")
    ends = with_scopes(marketplace, "business_care", expires_at=marketplace.runtime.now() + timedelta(seconds=30))
    for _ in range(3):
        assert problem_of(events.get(path)) == (403, "insufficient_scope")
        assert ends.get(path).status_code == 200
    clock.shift(30)
    assert problem_of(ends.get(path)) == (401, "invalid_token")


def test_every_tag_of_the_api_says_which_scope_allows_it(public: Caller) -> None:
    document = public.get("/openapi.json").get_json()
    called = [one for methods in document["paths"].values() for one in methods.values() if "tags" in one]
    used = {tag for operation in called for tag in operation["tags"]}
    assert used - set(SCOPES) == {TAG_IN}  # what is signed needs no token.
