"""Whether a site answered, by what was found there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, Strength
from marketplace_hooks.domain.inspections.notes import Note
from marketplace_hooks.domain.inspections.reachability import Reach, reach


def found(value: str | None = None, note: Note | None = None, request: str | None = "GET /") -> Finding:
    return Finding(
        what=FindingKind.PLATFORM_VERSION,
        probe="cookie",
        rank=4,
        strength=Strength.OBSERVED,
        observed_at=datetime(2026, 3, 2, tzinfo=UTC),
        value=value,
        note=note,
        request=request,
    )


def test_nothing_found_yet_says_nothing() -> None:
    assert reach([]) == Reach(answered=None)


def test_anything_learnt_from_the_site_is_an_answer() -> None:
    assert reach([found(note=Note.TOO_SLOW), found("8.1.7")]) == Reach(answered=True)


@pytest.mark.parametrize("note", [Note.COOKIE_NOT_FOUND, Note.KEY_UNKNOWN, Note.CONFIG_NOT_READABLE])
def test_whoever_refuses_has_answered(note: Note) -> None:
    assert reach([found(note=note)]).answered is True


def test_what_was_declared_is_no_answer() -> None:
    assert reach([found("8.1.7", request=None)]) == Reach(answered=None)


def test_of_several_obstacles_the_most_telling_one_is_told() -> None:
    found_notes = [found(note=Note.UNREACHABLE), found(note=Note.IN_MAINTENANCE), found(note=Note.NOT_ASKED)]
    assert reach(found_notes) == Reach(answered=False, obstacle=Note.IN_MAINTENANCE)


@pytest.mark.parametrize("note", [Note.NOT_ASKED, Note.GONE_WRONG])
def test_what_was_not_asked_is_neither_an_answer_nor_an_obstacle(note: Note) -> None:
    assert reach([found(note=note)]) == Reach(answered=None)
