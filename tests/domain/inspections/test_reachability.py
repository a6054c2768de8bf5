"""Whether a site answered, by what was found there."""

from __future__ import annotations

from dataclasses import replace
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


def test_a_home_page_that_was_read_is_an_answer() -> None:
    assert reach([found("8.1.7"), page()]) == Reach(answered=True)
    assert reach([found(note=Note.COOKIE_NOT_FOUND), page(note=Note.NO_MODULE_SEEN)]) == Reach(answered=True)


@pytest.mark.parametrize("note", [Note.IN_MAINTENANCE, Note.SHOP_ERROR, Note.NOT_THE_SHOP, Note.NOT_FOUND])
def test_a_cookie_that_came_with_a_refusal_is_no_answer(note: Note) -> None:
    assert reach([found("8.1.7"), page(note=note)]) == Reach(answered=False, obstacle=note)


@pytest.mark.parametrize("probe", ["webservice", "companion", "admin_api", "config_xml"])
def test_what_else_was_asked_of_the_site_is_no_answer_of_its_home_page(probe: str) -> None:
    assert reach([replace(found("8.1.7"), probe=probe)]) == Reach(answered=None)
    assert reach([replace(found(note=Note.KEY_UNKNOWN), probe=probe)]) == Reach(answered=None)


def page(note: Note | None = Note.SEEN_IN_CODE) -> Finding:
    value = {"installed": True, "enabled": True} if note is Note.SEEN_IN_CODE else None
    return replace(found(note=note), what=FindingKind.MODULE, probe="public_page", value=value)


def test_what_was_declared_is_no_answer() -> None:
    assert reach([found("8.1.7", request=None)]) == Reach(answered=None)


def test_of_several_obstacles_the_most_telling_one_is_told() -> None:
    found_notes = [found(note=Note.UNREACHABLE), found(note=Note.IN_MAINTENANCE), found(note=Note.NOT_ASKED)]
    assert reach(found_notes) == Reach(answered=False, obstacle=Note.IN_MAINTENANCE)


@pytest.mark.parametrize("note", [Note.NOT_ASKED, Note.GONE_WRONG])
def test_what_was_not_asked_is_neither_an_answer_nor_an_obstacle(note: Note) -> None:
    assert reach([found(note=note)]) == Reach(answered=None)
