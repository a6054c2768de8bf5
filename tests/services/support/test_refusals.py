"""Refusals: what each must say and show, which grounds stay open to it, and the record of them all. `rules.md` 19."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.errors import PayloadRejected
from marketplace_hooks.models.support import SupportRequest
from marketplace_hooks.services.support import moves
from marketplace_hooks.services.support.refusals import overturned_grounds, refusals_of

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    REQUEST,
    clocks,
    in_transaction,
    publish_request,
    request,
    set_up_request,
    set_up_support,
)

HOUR = timedelta(hours=1)
FEATURE = Ground.NOT_AN_ADVERTISED_FEATURE
SITE_WORK = Ground.SITE_WORK_OR_THIRD_PARTY


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_support(marketplace)
    set_up_request(marketplace)
    clock.shift(HOUR)
    return marketplace


def refuse(desk: Marketplace, ground: Ground = FEATURE, **more: Any) -> SupportRequest:
    statement = {"text": "The page announces imports.", "evidence": {"note": "Page, line 3"}, **more}
    return in_transaction(
        desk, lambda uow: moves.refuse(uow, REQUEST, ground=ground, by="seller-1", cause=CAUSE, **statement)
    )


def contest_and_overturn(desk: Marketplace) -> None:
    in_transaction(desk, lambda uow: moves.contest(uow, REQUEST, text="It is announced.", cause=CAUSE))
    in_transaction(desk, lambda uow: moves.overturn(uow, REQUEST, reason="Line 1 announces it.", cause=CAUSE))


@pytest.mark.parametrize("text", ["", "  \n\t", "\u200b\u2060", "\u3164", "..."])
def test_a_refusal_whose_text_says_nothing_changes_nothing(desk: Marketplace, text: str) -> None:
    with pytest.raises(PayloadRejected) as refused:
        refuse(desk, text=text)
    assert (refused.value.code, refused.value.errors[0]["path"]) == ("text_says_nothing", "text")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("accepted", "running")


@pytest.mark.parametrize("evidence", [{}, {"note": ""}, {"note": " "}, {"": None}, {"files": [" ", "\u200b"]}])
def test_a_refusal_whose_evidence_shows_nothing_changes_nothing(desk: Marketplace, evidence: Any) -> None:
    with pytest.raises(PayloadRejected) as refused:
        refuse(desk, evidence=evidence)
    assert refused.value.code == "evidence_shows_nothing"
    assert request(desk).refusal is None


@pytest.mark.parametrize("move", ["contest", "overturn", "uphold"])
def test_whoever_speaks_in_a_contest_says_something(desk: Marketplace, move: str) -> None:
    refuse(desk)
    if move != "contest":
        in_transaction(desk, lambda uow: moves.contest(uow, REQUEST, text="It is announced.", cause=CAUSE))
    before = request(desk).handling
    blank = {"text" if move == "contest" else "reason": " \u200b\u00a0"}
    with pytest.raises(PayloadRejected, match="says nothing"):
        in_transaction(desk, lambda uow: getattr(moves, move)(uow, REQUEST, cause=CAUSE, **blank))
    assert request(desk).handling is before


def test_a_ground_that_was_overturned_is_not_used_again_in_this_request(desk: Marketplace) -> None:
    refuse(desk)
    contest_and_overturn(desk)
    with pytest.raises(PayloadRejected) as refused:
        refuse(desk)
    assert refused.value.code == "ground_overturned"
    refuse(desk, SITE_WORK)
    contest_and_overturn(desk)
    with desk.runtime.database.read_session() as session:
        assert overturned_grounds(session, REQUEST) == {FEATURE, SITE_WORK}
    for ground in (FEATURE, SITE_WORK):
        with pytest.raises(PayloadRejected, match="overturned"):
            refuse(desk, ground)


def test_a_ground_overturned_in_one_request_is_open_to_another(desk: Marketplace) -> None:
    refuse(desk)
    contest_and_overturn(desk)
    publish_request(desk, "request-2")
    other = in_transaction(
        desk,
        lambda uow: moves.refuse(
            uow, "request-2", ground=FEATURE, text="Imports.", evidence={"note": "Line 3"}, by="seller-1", cause=CAUSE
        ),
    )
    assert other.handling == "refused"


def test_every_refusal_stays_on_record_with_what_was_said_about_it(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    refuse(desk)
    clock.shift(HOUR)
    contest_and_overturn(desk)
    refuse(desk, SITE_WORK, text="Work on the theme.")
    with desk.runtime.database.read_session() as session:
        first, second = refusals_of(session, request(desk))
    assert (first["ground"], first["text"], first["evidence"]) == (
        FEATURE,
        "The page announces imports.",
        {"note": "Page, line 3"},
    )
    assert (first["contest"], first["overturned"], first["upheld"]) == (
        "It is announced.",
        "Line 1 announces it.",
        None,
    )
    assert first["contested_at"] - first["refused_at"] == HOUR
    assert first["decided_at"] is not None
    assert (second["text"], second["contest"], second["decided_at"]) == ("Work on the theme.", None, None)
