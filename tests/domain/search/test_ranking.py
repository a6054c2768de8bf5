"""The best comes first."""

from __future__ import annotations

from marketplace_hooks.domain.search.ranking import Entry, lines_of, ranked

ENTRIES = [
    Entry("7-elsewhere", lines_of(["Other"]), lines_of(["Atelier"])),
    Entry("6-details", lines_of(["Other"]), lines_of(["Cart seller"])),
    Entry("5-similar", lines_of(["Card reader"]), lines_of([])),
    Entry("4-part", lines_of(["Megacarts"]), lines_of([])),
    Entry("3-word", lines_of(["Reminds of a cart"]), lines_of([])),
    Entry("2-beginning", lines_of(["Cart reminder"]), lines_of([])),
    Entry("1-whole", lines_of(["Cart"]), lines_of([])),
]


def test_a_name_comes_before_details_and_a_whole_name_before_its_parts() -> None:
    order = ranked(ENTRIES, ["cart"], {"cart": ["card"]})
    assert order == sorted(entry.id for entry in ENTRIES)


def test_what_is_equally_good_comes_by_id() -> None:
    alike = [Entry(id_, lines_of(["Cart"]), "") for id_ in ("b", "c", "a")]
    assert ranked(alike, ["cart"], {}) == ["a", "b", "c"]
