"""Replies in eight languages: no machine acknowledges, no person is refused, and few are left to a person."""

from __future__ import annotations

import pytest

from tests.support.cases import cases
from tests.support.reply_matrix import KINDS, MOST_TO_A_PERSON, matrix_of

LANGUAGES = {"de", "en", "es", "fr", "it", "nl", "pl", "pt"}
GATED = ("development", "held_out", "blind", "blind_3", "blind_4")


def test_the_corpus_holds_every_kind_of_message_in_every_language() -> None:
    corpus = cases("replies_corpus")
    gated = [case for case in corpus if case["split"] in GATED]
    assert len(gated) >= 300
    assert {(case["kind"], case["language"]) for case in gated} == {(k, x) for k in KINDS for x in LANGUAGES}
    assert all(case["is_automatic"] is KINDS[case["kind"]] for case in corpus)
    assert len({case["id"] for case in corpus}) == len(corpus)


@pytest.mark.parametrize("split", GATED)
def test_no_automatic_message_counts_and_no_human_one_is_refused(split: str) -> None:
    matrix = matrix_of(split)
    assert matrix.automatic_that_count() == []
    assert matrix.human_refused() == []
    assert matrix.share_to_a_person() <= MOST_TO_A_PERSON, matrix.human_to_a_person()


def test_the_matrix_prints_every_kind_and_its_sums() -> None:
    matrix = matrix_of()
    assert [line.split()[0] for line in matrix.table().splitlines()[1:]] == list(KINDS)
    assert f"{len(cases('replies_corpus'))} messages" in matrix.summary()
