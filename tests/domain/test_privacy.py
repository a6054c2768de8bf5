"""What stays of something that told of a person: ids, amounts, dates, and no word that could name anybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.privacy import actor_without_name, check_without_personal_data, without_personal_data

SECRET = "Odile Berthonneau, 3 rue des Pelotes"

names = st.text(st.characters(codec="ascii", categories=["Ll", "Lu"]), min_size=1, max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.just(SECRET)
contents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)


def payload() -> dict[str, Any]:
    return {
        "purchase_id": "purchase-1",
        "fixed_ids": ["request-1"],
        "price_paid": {"amount_cents": 9900, "currency": "EUR", "note": SECRET},
        "purchased_at": "2026-02-20T09:00:00+01:00",
        "last_day": "2027-02-20",
        "final": False,
        "kind": "anomaly",
        "shop_url": "https://odile.example",
        "phone": 33612345678,
        "professional": True,
        "headers": [["From", "odile@pelote.example"]],
    }


def test_ids_amounts_and_dates_stay() -> None:
    assert without_personal_data(payload()) == {
        "purchase_id": "purchase-1",
        "fixed_ids": ["request-1"],
        "price_paid": {"amount_cents": 9900, "currency": "EUR"},
        "purchased_at": "2026-02-20T09:00:00+01:00",
        "last_day": "2027-02-20",
        "final": False,
        "kind": "anomaly",
        "headers": [[]],
    }


@given(contents)
def test_no_text_of_an_unknown_field_stays_however_deep_it_lies(content: Any) -> None:
    assert SECRET not in json.dumps(without_personal_data(content))


@given(contents)
def test_forgetting_twice_forgets_no_more(content: Any) -> None:
    once = without_personal_data({**payload(), "more": content})
    assert without_personal_data(once) == once


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "Odile Berthonneau"),
        ("currency", "Odile"),
        ("last_day", "the day of Odile"),
        ("purchased_at", "2026-02-20, said Odile"),
        ("id", "x" * 257),
        ("amount_cents", "9900 for Odile"),
        ("version", True),
    ],
)
def test_a_field_that_stays_holds_nothing_but_what_its_name_says(name: str, value: Any) -> None:
    assert without_personal_data({name: value}) == {}


@pytest.mark.parametrize(("actor", "expected"), [("customer", "customer"), ("odile@pelote.example", ""), ("", "")])
def test_an_actor_stays_when_it_is_a_role(actor: str, expected: str) -> None:
    assert actor_without_name(actor) == expected


def test_of_a_check_stays_which_it_was_and_how_it_ended() -> None:
    evidence = {"version": "8.1.2", "url": "https://odile.example", "code": "VALID"}
    check = {"name": "platform_version", "result": "fail", "ground": "source_modified", "evidence": evidence}
    stays = {"name": "platform_version", "result": "fail", "ground": "source_modified", "evidence": {"code": "VALID"}}
    assert check_without_personal_data(check) == stays
    assert check_without_personal_data({"name": SECRET, "evidence": SECRET}) == {"ground": None, "evidence": {}}
