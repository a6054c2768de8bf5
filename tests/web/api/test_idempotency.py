"""Idempotency keys: a POST sent any number of times under one key runs once and is answered the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from unittest import mock

import pytest
import time_machine
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace_hooks.config.settings import EXTENSION
from marketplace_hooks.errors import LeaseLost
from marketplace_hooks.models.access import IdempotentCall
from marketplace_hooks.services.access import idempotency
from marketplace_hooks.services.access.idempotency import Claim, StoredAnswer, claim, purge_answers, store_answer
from marketplace_hooks.services.core.unit_of_work import UnitOfWork

from ...support.api_callers import Caller, MakeCaller, idempotency_key, problem_of
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace


@pytest.fixture(autouse=True)
def _sold(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


def effects(marketplace: Marketplace, id_: str = "mod-1") -> list[str]:
    return [cascade.change for cascade in marketplace.cascades(id_)]


def test_the_same_call_is_carried_out_once_and_answered_the_same(seller: Caller, marketplace: Marketplace) -> None:
    key = idempotency_key()
    first = seller.request_status("mod-1", OFFLINE, key=key)
    again = seller.request_status("mod-1", OFFLINE, key=key)
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert effects(marketplace) == ["held"]


def test_the_answer_of_then_is_given_though_much_has_changed_since(seller: Caller, marketplace: Marketplace) -> None:
    key = idempotency_key()
    first = seller.request_status("mod-1", OFFLINE, key=key)
    seller.request_status("mod-1", ONLINE)
    assert seller.request_status("mod-1", OFFLINE, key=key).data == first.data
    assert marketplace.status("mod-1") == ONLINE


def test_a_key_stands_for_one_body_whatever_the_order_of_its_members(seller: Caller, marketplace: Marketplace) -> None:
    key = idempotency_key()
    path = "/products/mod-1/status"
    body = {"status": OFFLINE, "reason": "é"}
    first = seller.post(path, body, key=key)
    turned = json.dumps(dict(reversed(body.items())), ensure_ascii=False, indent=2).encode()
    headers = {"Idempotency-Key": key}
    again = seller.call("POST", path, data=turned, content_type="application/json", headers=headers)
    assert again.data == first.data
    other = seller.post(path, {**body, "status": WITHDRAWN}, key=key)
    assert problem_of(other) == (422, "idempotency_key_reused")
    assert marketplace.status("mod-1") == OFFLINE


def test_a_key_is_its_callers_own_and_its_paths_own(
    seller: Caller, calls: MakeCaller, marketplace: Marketplace
) -> None:
    key = idempotency_key()
    answers = [
        seller.request_status("mod-1", OFFLINE, key=key),
        calls("seller", "seller-1").request_status("mod-1", OFFLINE, key=key),
        seller.request_status("mod-2", OFFLINE, key=key),
    ]
    assert [answer.get_json()["effect"] for answer in answers] == ["hold", "no_effect", "hold"]
    assert not any("Idempotent-Replayed" in answer.headers for answer in answers)


def test_a_refusal_is_answered_the_same_as_well(seller: Caller, operator: Caller) -> None:
    key = idempotency_key()
    operator.request_status("mod-1", OFFLINE)
    first = seller.request_status("mod-1", ONLINE, key=key)
    operator.request_status("mod-1", ONLINE)
    again = seller.request_status("mod-1", ONLINE, key=key)
    assert problem_of(first) == problem_of(again) == (409, "held_by_others")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")


def test_a_call_that_breaks_its_schema_does_not_use_its_key_up(seller: Caller) -> None:
    key = idempotency_key()
    assert seller.request_status("mod-1", "gone", key=key).status_code == 422
    assert seller.request_status("mod-1", OFFLINE, key=key).status_code == 202


def test_a_malformed_key_is_refused_and_nothing_is_done(seller: Caller, marketplace: Marketplace) -> None:
    for key in ("", " ", "two words", "k" * 256, "clé"):
        assert problem_of(seller.request_status("mod-1", OFFLINE, key=key)) == (400, "idempotency_key_malformed"), key
    assert effects(marketplace) == []


def test_the_longest_key_is_kept(seller: Caller) -> None:
    assert seller.request_status("mod-1", OFFLINE, key="k" * 255).status_code == 202


def started(seller: Caller, marketplace: Marketplace, key: str) -> Claim:
    """A run of the call that claims its key, and then dies."""
    claims: list[Claim] = []

    def and_die(*given: object) -> object:
        claims.append(claim(*given))
        raise SystemExit  # as a killed process: nothing after this line is run, the claim stays.

    with (
        mock.patch("marketplace_hooks.services.access.idempotency.claim", and_die),
        pytest.raises(SystemExit),
    ):
        seller.request_status("mod-1", OFFLINE, key=key)
    return claims[0]


def test_while_a_call_runs_the_same_call_is_told_so(seller: Caller, marketplace: Marketplace) -> None:
    key = idempotency_key()
    started(seller, marketplace, key)
    assert problem_of(seller.request_status("mod-1", OFFLINE, key=key)) == (409, "idempotency_key_in_use")
    assert problem_of(seller.request_status("mod-1", WITHDRAWN, key=key)) == (422, "idempotency_key_reused")
    assert effects(marketplace) == []


def test_a_run_that_died_keeps_nobody_waiting_longer_than_a_lease(
    clock: time_machine.Traveller, seller: Caller, marketplace: Marketplace
) -> None:
    key = idempotency_key()
    started(seller, marketplace, key)
    clock.shift(marketplace.runtime.settings.lease_s)
    assert problem_of(seller.request_status("mod-1", OFFLINE, key=key)) == (409, "idempotency_key_in_use")
    clock.shift(timedelta(microseconds=1))
    assert seller.request_status("mod-1", OFFLINE, key=key).status_code == 202
    assert effects(marketplace) == ["held"]


def test_a_run_that_was_taken_for_dead_changes_nothing_when_it_comes_back(
    clock: time_machine.Traveller, seller: Caller, marketplace: Marketplace
) -> None:
    key = idempotency_key()
    late = started(seller, marketplace, key)
    clock.shift(marketplace.runtime.settings.lease_s + 1)
    answered = seller.request_status("mod-1", OFFLINE, key=key)
    with marketplace.runtime.database.session() as session, pytest.raises(LeaseLost):
        store_answer(marketplace.runtime, session, late, StoredAnswer(status=202, body=b"late"))
    assert seller.request_status("mod-1", OFFLINE, key=key).data == answered.data


def test_the_effect_and_its_record_come_together_or_not_at_all(seller: Caller, marketplace: Marketplace) -> None:
    key = idempotency_key()

    def fail(self: UnitOfWork) -> None:
        raise RuntimeError("the database is full")

    with mock.patch.object(UnitOfWork, "write", fail):
        assert seller.request_status("mod-1", OFFLINE, key=key).status_code == 500
    assert (marketplace.status("mod-1"), effects(marketplace)) == (ONLINE, [])
    assert seller.request_status("mod-1", OFFLINE, key=key).status_code == 202
    assert effects(marketplace) == ["held"]


def test_a_key_is_forgotten_after_a_day(
    clock: time_machine.Traveller, seller: Caller, marketplace: Marketplace
) -> None:
    key = idempotency_key()
    first = seller.request_status("mod-1", OFFLINE, key=key)
    clock.shift(idempotency.ANSWERS_LAST)
    assert seller.request_status("mod-1", OFFLINE, key=key).data == first.data
    clock.shift(timedelta(microseconds=1))
    assert seller.request_status("mod-1", ONLINE, key=key).get_json()["effect"] == "lift"


def test_the_purge_forgets_what_nobody_can_ask_for_any_more(
    clock: time_machine.Traveller, seller: Caller, marketplace: Marketplace
) -> None:
    for product_id in ("mod-1", "mod-2"):
        seller.request_status(product_id, OFFLINE, key=idempotency_key())
    clock.shift(idempotency.ANSWERS_LAST / 2)
    recent_key = idempotency_key()
    seller.request_status("mod-1", ONLINE, key=recent_key)
    clock.shift(idempotency.ANSWERS_LAST / 2 + timedelta(seconds=1))
    now = marketplace.runtime.now()
    purged = [marketplace.runtime.database.retrying(lambda session: purge_answers(session, now, limit=1))]
    purged += [marketplace.runtime.database.retrying(lambda session: purge_answers(session, now))]
    assert purged == [1, 1]
    assert marketplace.all(select(IdempotentCall.key)) == [recent_key]


def when_not_busy(call: Callable[[], TestResponse]) -> TestResponse:
    """The answer of a call that is made again while it is a 503, as its Retry-After says: on a busy machine."""
    answer = call()
    while answer.status_code == 503:
        answer = call()
    return answer


def test_twenty_at_once_under_one_key_are_one_effect(seller: Caller, marketplace: Marketplace) -> None:
    key = idempotency_key()

    def ask(_: int) -> tuple[int, bytes]:
        answer = when_not_busy(lambda: seller.request_status("mod-1", WITHDRAWN, key=key))
        return answer.status_code, answer.data

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(ask, range(20)))
    done = {body for status, body in answers if status == 202}
    running = {json.loads(body)["code"] for status, body in answers if status != 202}
    assert len(done) == 1
    assert running <= {"idempotency_key_in_use"}
    assert effects(marketplace) == ["withdrawn"]
    assert len(marketplace.withdrawals("mod-1")) == 1
    assert {ask(0)} == {(202, body) for body in done}


def test_twenty_at_once_under_keys_of_their_own_are_one_hold_all_the_same(
    seller: Caller, marketplace: Marketplace
) -> None:
    keys = [idempotency_key() for _ in range(20)]
    with ThreadPoolExecutor(20) as threads:
        calls = [partial(seller.request_status, "mod-1", OFFLINE, key=key) for key in keys]
        answers = list(threads.map(when_not_busy, calls))
    assert [answer.status_code for answer in answers] == [202] * 20
    assert sorted(answer.get_json()["effect"] for answer in answers) == ["hold", *["no_effect"] * 19]
    assert effects(marketplace) == ["held"]


def test_a_replay_of_an_event_is_carried_out_once_too(operator: Caller, marketplace: Marketplace) -> None:
    key = idempotency_key()
    parked = marketplace.change_status("mod-9", OFFLINE)
    marketplace.run_all_now()
    path = f"/events/{parked}/replay"
    first = operator.post(path, key=key)
    marketplace.run_all_now()
    assert operator.post(path, key=key).data == first.data
    assert marketplace.state_and_outcome(parked)[0] == "parked"
    assert marketplace.event(parked).attempts == 1


def test_people_whom_a_host_signs_in_have_keys_of_their_own(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = {"role": "seller", "subject": "seller-1"}
    monkeypatch.setitem(marketplace.app.extensions, EXTENSION, replace(marketplace.web, identity=who.copy))
    person = Caller(marketplace.app)
    key = idempotency_key()
    first = person.request_status("mod-1", OFFLINE, key=key)
    assert (first.status_code, person.request_status("mod-1", OFFLINE, key=key).data) == (202, first.data)
    who["subject"] = "seller-2"
    assert problem_of(person.request_status("mod-1", OFFLINE, key=key)) == (404, "not_found")
