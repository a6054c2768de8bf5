"""The strongest probe wins, contradictions show, and what is unknown stays unknown."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.inspections.evidence import (
    Fact,
    Finding,
    FindingKind,
    SiteFacts,
    Strength,
    merge_findings,
    upgrade_is_unfinished,
)
from marketplace_hooks.domain.inspections.notes import (
    ABSENCE_CAUSES,
    NOTE_TEXTS,
    AbsenceCause,
    Note,
    absence_causes,
    in_english,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROBES = {
    "companion": (1, Strength.DECLARED_CHECKED),
    "admin_api": (2, Strength.VERIFIED),
    "webservice": (3, Strength.VERIFIED),
    "cookie": (4, Strength.OBSERVED),
    "public_page": (5, Strength.OBSERVED),
    "config_xml": (6, Strength.MAY_BE_STALE),
    "declaration": (7, Strength.DECLARED),
}


def found(probe: str, what: FindingKind, value: Any, subject: str = "", minutes: int = 0, **more: Any) -> Finding:
    rank, strength = PROBES[probe]
    at = NOON + timedelta(minutes=minutes)
    return Finding(
        what=what, probe=probe, rank=rank, strength=strength, observed_at=at, subject=subject, value=value, **more
    )


def version(probe: str, value: str | None, minutes: int = 0) -> Finding:
    return found(probe, FindingKind.PLATFORM_VERSION, value, minutes=minutes)


def module(probe: str, name: str = "shipping", minutes: int = 0, **parts: Any) -> Finding:
    return found(probe, FindingKind.MODULE, parts, subject=name, minutes=minutes)


def whole_list(probe: str) -> Finding:
    return found(probe, FindingKind.MODULE_LIST, {"complete": True, "count": 0})


def platform(*findings: Finding) -> Fact:
    fact = merge_findings(findings).platform_version
    assert fact is not None
    return fact


@pytest.mark.parametrize(("better", "worse"), [*itertools.combinations(PROBES, 2)])
def test_of_two_rungs_the_one_higher_on_the_ladder_wins_whatever_came_first(better: str, worse: str) -> None:
    for findings in itertools.permutations([version(better, "8.2.1"), version(worse, "9.1.4")]):
        fact = platform(*findings)
        assert (fact.value, fact.source.probe) == ("8.2.1", better)
        assert [one.probe for one in fact.contradicted_by] == [worse]


def test_a_rung_that_found_nothing_leaves_the_next_one_to_win() -> None:
    assert platform(version("webservice", None), version("cookie", "8.2.1")).source.probe == "cookie"


def test_nothing_found_is_unknown_and_stays_on_record() -> None:
    site_facts = merge_findings([version("webservice", None), version("cookie", None)])
    assert site_facts.platform_version is None
    assert [one.probe for one in site_facts.unknowns] == ["webservice", "cookie"]
    assert site_facts.contradictions == ()


def test_of_one_rung_the_newest_word_counts_and_does_not_contradict_itself() -> None:
    fact = platform(version("webservice", "8.2.0"), version("webservice", "8.2.1", minutes=1))
    assert (fact.value, fact.contradicted_by) == ("8.2.1", ())


@pytest.mark.parametrize(
    ("won", "other", "is_contradiction"),
    [
        ("8.2.1", "8.2.1", False),
        ("8.2.1", "8.2", False),
        ("8.2.1", "8", False),
        ("8.2", "8.2.1", False),
        ("8.2.1", "8.2.2", True),
        ("8.2.1", "8.1", True),
        ("8.2.1", "1.7", True),
        ("1.7.8.11", "1.7.8.1", True),
        ("9.0.0", "9.0.0-rc.1", True),
    ],
)
def test_a_version_that_is_only_less_exact_contradicts_nobody(won: str, other: str, is_contradiction: bool) -> None:
    assert bool(platform(version("webservice", won), version("declaration", other)).contradicted_by) is is_contradiction


def test_contradictions_are_listed_with_what_they_are_about() -> None:
    site_facts = merge_findings(
        [
            version("cookie", "8.2.1"),
            version("declaration", "1.7"),
            module("admin_api", enabled=False, version="2.0.0"),
            module("public_page", enabled=True),
        ]
    )
    assert [(what, subject, part) for what, subject, part, _ in site_facts.contradictions] == [
        (FindingKind.MODULE, "shipping", "enabled"),
        (FindingKind.PLATFORM_VERSION, "", ""),
    ]


def test_each_fact_of_a_module_comes_from_the_best_rung_that_knows_it() -> None:
    state = merge_findings(
        [
            module("public_page", installed=True, enabled=True),
            module("config_xml", on_disk=True, version="1.2.6"),
            module("declaration", installed=True, enabled=False, installed_version="1.3.8"),
        ]
    ).module("shipping")
    sources = {part: fact.source.probe for part, fact in state.facts.items()}
    assert (state.installed, state.enabled, state.version) == (True, True, "1.2.6")
    assert sources == {
        "installed": "public_page",
        "enabled": "public_page",
        "on_disk": "config_xml",
        "version": "config_xml",
        "installed_version": "declaration",
    }


def test_technical_names_are_compared_without_letter_case() -> None:
    site_facts = merge_findings(
        [module("admin_api", name="ShipNow", installed=True), module("declaration", "shipnow", enabled=True)]
    )
    assert (site_facts.module("SHIPNOW").installed, site_facts.module("SHIPNOW").enabled) == (True, True)


def test_a_module_that_nobody_saw_is_unknown_unless_the_whole_list_was_read() -> None:
    site_facts = merge_findings([module("public_page", "other", installed=True)])
    assert (site_facts.module("shipping").installed, site_facts.module("shipping").enabled) == (None, None)
    listed = merge_findings([module("admin_api", "other", installed=True), whole_list("admin_api")])
    assert (listed.module("shipping").installed, listed.module("shipping").enabled) == (False, False)
    assert listed.module("shipping").facts["installed"].source.strength is Strength.VERIFIED
    assert listed.module("other").installed is True


def test_an_incomplete_list_proves_no_absence() -> None:
    partial = found("admin_api", FindingKind.MODULE_LIST, {"complete": False, "count": 300})
    assert merge_findings([partial]).whole_list is None
    assert merge_findings([partial]).module("shipping").installed is None
    # ... and a better rung's incomplete list does not hide a worse one's whole list.
    assert merge_findings([partial, whole_list("declaration")]).module("shipping").installed is False


def test_a_module_seen_on_a_page_contradicts_a_list_without_it() -> None:
    site_facts = merge_findings([whole_list("admin_api"), module("public_page", installed=True, enabled=True)])
    fact = site_facts.module("shipping").facts["installed"]
    assert (fact.value, [one.probe for one in fact.contradicted_by]) == (False, ["public_page"])
    declared = merge_findings([whole_list("declaration"), module("public_page", installed=True, enabled=True)])
    assert declared.module("shipping").installed is True


@pytest.mark.parametrize(("stale_version", "is_contradiction"), [("1.2.6", False), ("1.3.8", False), ("1.4.0", True)])
def test_a_file_that_may_be_stale_contradicts_only_by_a_version_that_cannot_have_been(
    stale_version: str, is_contradiction: bool
) -> None:
    state = merge_findings([module("admin_api", version="1.3.8"), module("config_xml", version=stale_version)]).module(
        "shipping"
    )
    assert state.version == "1.3.8"
    assert bool(state.facts["version"].contradicted_by) is is_contradiction


@pytest.mark.parametrize(
    ("disk", "database", "unfinished"),
    [
        ("1.3.8", "1.2.6", True),
        ("1.3.8", "1.3.8", False),
        ("4.0-beta.7", "4.0-beta", False),  # cut at 8 characters
        ("4.0-beta.7", "4.0-bet", True),
        ("11.10.100", "11.10.10", False),
        ("11.10.10", "11.10.1", True),
        (None, "1.2.6", False),
        ("1.3.8", None, False),
    ],
)
def test_an_unfinished_upgrade_is_told_from_a_version_that_was_cut(
    disk: str | None, database: str | None, unfinished: bool
) -> None:
    assert upgrade_is_unfinished(disk, database) is unfinished
    state = merge_findings([module("admin_api", version=disk, installed_version=database)]).module("shipping")
    assert state.has_unfinished_upgrade is unfinished


def test_two_rungs_that_differ_are_a_contradiction_and_no_unfinished_upgrade() -> None:
    site_facts = merge_findings(
        [module("config_xml", version="1.2.6"), module("declaration", installed_version="1.3.8")]
    )
    assert not site_facts.module("shipping").has_unfinished_upgrade


def test_the_shop_says_whether_the_key_is_its_own() -> None:
    assert merge_findings([]).belongs_to_shop is None
    mine = found("webservice", FindingKind.SHOP_IDENTITY, {"matches": True, "shop_id": 2})
    others = found("companion", FindingKind.SHOP_IDENTITY, {"matches": False})
    fact = merge_findings([mine, others]).belongs_to_shop
    assert fact is not None
    assert (fact.value, [one.probe for one in fact.contradicted_by]) == (False, ["webservice"])


def test_warnings_and_files_are_told_apart_from_facts() -> None:
    warning = found("webservice", FindingKind.CREDENTIAL, {"resources": ["orders"]}, note=Note.KEY_CAN_WRITE)
    files = found("companion", FindingKind.FILES, {"entries": {}}, subject="shipping")
    site_facts = merge_findings([warning, files, found("companion", FindingKind.OVERRIDES, [])])
    assert site_facts.warnings == (warning,)
    assert site_facts.files("Shipping") == files
    assert site_facts.files("other") is None
    assert site_facts.overrides is not None
    assert site_facts.contradictions == ()


versions = st.sampled_from(["1.6.1.24", "1.7.8.11", "8.2", "8.2.1", "9.1.4"])
some_findings = st.lists(
    st.builds(version, st.sampled_from(sorted(PROBES)), st.none() | versions, minutes=st.integers(0, 5))
)


@given(some_findings, st.randoms(use_true_random=False))
def test_what_is_concluded_does_not_depend_on_the_order_of_arrival_across_rungs(
    findings: list[Finding], rnd: Any
) -> None:
    # Two words of one rung at one instant have no order, so one of them is left out.
    distinct = list({(one.probe, one.observed_at): one for one in findings}.values())
    shuffled = distinct.copy()
    rnd.shuffle(shuffled)
    assert merge_findings(shuffled).platform_version == merge_findings(distinct).platform_version


@given(some_findings)
def test_a_version_is_known_exactly_when_somebody_found_one(findings: list[Finding]) -> None:
    known = [one for one in findings if one.is_known]
    site_facts: SiteFacts = merge_findings(findings)
    assert (site_facts.platform_version is not None) is bool(known)
    if site_facts.platform_version is not None:
        assert site_facts.platform_version.source.rank == min(one.rank for one in known)
    assert len(site_facts.unknowns) == len(findings) - len(known)


@pytest.mark.parametrize(
    ("known", "causes"),
    [
        (None, tuple(AbsenceCause)),
        ("1.6.1.24", (AbsenceCause.OLDER_THAN_9,)),
        ("8.2.7", (AbsenceCause.OLDER_THAN_9,)),
        ("9.0.0", (AbsenceCause.SWITCHED_OFF, AbsenceCause.MULTISTORE, AbsenceCause.OTHER_PATH)),
        ("9.1.4", (AbsenceCause.SWITCHED_OFF, AbsenceCause.MULTISTORE, AbsenceCause.OTHER_PATH)),
    ],
)
def test_an_absent_admin_api_names_the_causes_that_the_version_leaves(
    known: str | None, causes: tuple[AbsenceCause, ...]
) -> None:
    assert absence_causes(known) == causes
    explanation = in_english(Note.ADMIN_API_ABSENT, {}, version=known)
    assert {cause for cause in AbsenceCause if ABSENCE_CAUSES[cause] in explanation} == set(causes)


def test_every_note_has_a_sentence_and_every_cause_too() -> None:
    assert set(NOTE_TEXTS) == set(Note)
    assert set(ABSENCE_CAUSES) == set(AbsenceCause)


def test_a_sentence_names_what_its_finding_says() -> None:
    explanation = in_english(Note.KEY_READS_MORE, {"resources": ["orders", "customers"], "status": 200})
    assert "(orders, customers)" in explanation


def test_what_a_fork_answers_is_not_its_version_of_prestashop_but_what_a_person_declares_is() -> None:
    fork = found("cookie", FindingKind.PLATFORM_VERSION, None, note=Note.FORK, facts={"platform": "QloApps"})
    answered = [fork, version("companion", "1.6.1.23"), version("webservice", "1.6.1.23")]
    assert merge_findings(answered).platform_version is None
    declared = merge_findings([*answered, version("declaration", "1.6.1.24")]).platform_version
    assert declared is not None
    assert (declared.value, declared.contradicted_by) == ("1.6.1.24", ())
