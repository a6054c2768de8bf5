"""Authorization: by a bearer token of ours or by the host; refused tokens are limited for each address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import request

from marketplace_hooks.config.settings import EXTENSION
from marketplace_hooks.models.access import Role
from marketplace_hooks.services.access import tokens
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.web.identity.authorization import read_identity
from marketplace_hooks.web.identity.identity import Identity

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import OFFLINE, Marketplace


@dataclass
class User:
    """As a host may keep its users."""

    role: str
    subject: str | None = None
    locale: str | None = None


def signs_in(marketplace: Marketplace, identity: Callable[[], Any]) -> Caller:
    """The host tells who is signed in from now on."""
    marketplace.app.extensions[EXTENSION] = replace(marketplace.web, identity=identity)
    return Caller(marketplace.app)


def test_a_token_that_is_none_of_ours_opens_nothing_not_even_what_is_public(marketplace: Marketplace) -> None:
    unknown = f"Bearer mht_0123456789abcdef_{'a' * 43}"
    for authorization in ("Bearer", "Bearer ", "Bearer x", "bearer mht_", unknown, "BEARER  mht_a_b c"):
        refused = Caller(marketplace.app, {"Authorization": authorization}).get("/products")
        assert problem_of(refused) == (401, "invalid_token"), authorization
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="marketplace_hooks", error="invalid_token"'


def test_who_says_nothing_is_asked_for_a_token(public: Caller) -> None:
    refused = public.get("/events")
    assert problem_of(refused) == (401, "not_signed_in")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="marketplace_hooks"'


def test_what_is_no_bearer_token_is_not_for_us(marketplace: Marketplace) -> None:
    for authorization in ("Basic dTpw", "Digest x", "mht_x", ""):
        caller = Caller(marketplace.app, {"Authorization": authorization})
        assert caller.get("/products").status_code == 200
        assert problem_of(caller.get("/events")) == (401, "not_signed_in"), authorization


def test_the_scheme_may_be_written_in_any_case(marketplace: Marketplace) -> None:
    _, text = tokens.create(marketplace.runtime, Role.OPERATOR)
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert Caller(marketplace.app, {"Authorization": f"{scheme} {text}"}).get("/events").status_code == 200


def test_a_revoked_token_opens_nothing_from_the_next_call_on(marketplace: Marketplace) -> None:
    token, text = tokens.create(marketplace.runtime, Role.OPERATOR)
    caller = Caller(marketplace.app, {"Authorization": f"Bearer {text}"})
    assert caller.get("/events").status_code == 200
    run_in_transaction(marketplace.runtime, lambda uow: tokens.revoke(uow, token.id))
    assert problem_of(caller.get("/events")) == (401, "invalid_token")


@pytest.mark.usefixtures("clock")  # limits are counted by the minutes of the clock.
def test_whoever_guesses_tokens_is_soon_refused_and_a_good_token_from_there_is_not(
    make_marketplace: Callable[..., Marketplace],
) -> None:
    marketplace = make_marketplace(FAILURE_RATE_PER_MINUTE=3)
    _, text = tokens.create(marketplace.runtime, Role.OPERATOR)
    guess, good = ({"Authorization": f"Bearer {word}"} for word in ("mht_guess", text))
    caller = Caller(marketplace.app)
    assert [caller.get("/events", headers=guess).status_code for _ in range(4)] == [401, 401, 401, 429]
    refused = caller.get("/events", headers=guess)
    assert problem_of(refused) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert caller.get("/events", headers=good).status_code == 200
    assert caller.get("/products").status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert caller.get("/events", headers=guess, environ_overrides=elsewhere).status_code == 401
    unsigned = marketplace.app.test_client().post("/webhooks/marketplace", data=b"{}", content_type="application/json")
    assert unsigned.status_code == 401  # refused events are counted apart.


@pytest.mark.usefixtures("clock")
def test_calls_are_counted_for_each_token_and_for_each_address_without_one(
    make_marketplace: Callable[..., Marketplace],
) -> None:
    marketplace = make_marketplace(API_RATE_PER_MINUTE=2)
    first, second = (
        Caller(marketplace.app, {"Authorization": f"Bearer {tokens.create(marketplace.runtime, 'operator')[1]}"})
        for _ in range(2)
    )
    public = Caller(marketplace.app)
    assert [first.get("/events").status_code for _ in range(3)] == [200, 200, 429]
    assert second.get("/events").status_code == 200
    assert [public.get("/products").status_code for _ in range(3)] == [200, 200, 429]
    assert "Retry-After" in public.get("/products").headers
    assert public.get("/products", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


@pytest.mark.parametrize(
    "returned",
    [
        {"role": "seller", "subject": "seller-1", "locale": "fr"},
        {"role": Role.SELLER, "subject": "seller-1", "locale": "fr", "more": 1},
        User("seller", "seller-1", "fr"),
    ],
)
def test_a_host_says_who_is_signed_in_by_a_mapping_or_an_object(returned: Any) -> None:
    assert read_identity(returned) == Identity(role=Role.SELLER, subject="seller-1", locale="fr")


def test_a_host_says_that_nobody_is_signed_in_by_none() -> None:
    assert read_identity(None) is None


@pytest.mark.parametrize(
    ("returned", "names"),
    [
        ({"role": "admin"}, "admin"),
        ({}, "None"),
        ("seller", "str"),
        ({"role": ["seller"]}, "seller"),
        ({"role": "seller"}, "subject"),
        ({"role": "customer", "subject": ""}, "subject"),
        ({"role": "seller", "subject": 12}, "int"),
        ({"role": "operator", "locale": b"fr"}, "bytes"),
        (object(), "object"),
    ],
)
def test_a_malformed_identity_tells_the_hosts_developer_what_is_wrong(returned: Any, names: str) -> None:
    with pytest.raises(ValueError, match=names) as raised:
        read_identity(returned)
    assert str(raised.value).startswith("identity() ")


def test_people_are_seen_as_the_host_says(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    person = signs_in(marketplace, lambda: User("seller", "seller-1"))
    assert person.get("/products/mod-1").get_json()["visible"] is False
    assert problem_of(signs_in(marketplace, lambda: None).get("/products/mod-1")) == (404, "not_found")
    assert problem_of(signs_in(marketplace, lambda: None).get("/events")) == (401, "not_signed_in")


def test_a_hosts_own_bearer_tokens_are_the_hosts_to_read_and_ours_are_ours(marketplace: Marketplace) -> None:
    def identity() -> Any:
        given = request.headers.get("Authorization")
        return {"role": "operator"} if given == "Bearer of-the-host" else None

    _, text = tokens.create(marketplace.runtime, Role.PLATFORM)
    person = signs_in(marketplace, identity)
    for authorization, status in (
        ("Bearer of-the-host", 200),
        ("Bearer of-nobody", 401),
        (f"Bearer {text}", 200),
        ("Bearer mht_wrong", 401),
    ):
        assert person.get("/events", headers={"Authorization": authorization}).status_code == status


def test_a_page_of_another_site_changes_nothing_in_a_signed_in_persons_name(
    marketplace: Marketplace, calls: MakeCaller
) -> None:
    parked = marketplace.change_status("mod-9", OFFLINE)
    marketplace.run_all_now()
    path = f"/events/{parked}/replay"
    person = signs_in(marketplace, lambda: {"role": "operator"})
    assert problem_of(person.post(path)) == (415, "unsupported_media_type")
    form = {"data": {"a": "b"}}
    assert problem_of(person.call("POST", path, **form)) == (415, "unsupported_media_type")
    foreign = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}
    assert problem_of(person.post(path, headers=foreign)) == (403, "cross_site")
    assert marketplace.state_and_outcome(parked)[0] == "parked"
    assert person.post(path, headers={**foreign, "Sec-Fetch-Site": "same-origin"}).status_code == 202
    # A token is sent by nobody unasked.
    assert problem_of(calls("operator").post(path)) == (409, "not_replayable")


def test_one_request_is_not_taken_for_the_one_before_it(marketplace: Marketplace, calls: MakeCaller) -> None:
    operator = calls("operator")
    with marketplace.app.app_context():
        assert operator.get("/events").status_code == 200
        assert problem_of(Caller(marketplace.app).get("/events")) == (401, "not_signed_in")
