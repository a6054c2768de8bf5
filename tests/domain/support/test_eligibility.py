"""Every check passes, fails or could not find out; what could not be found out never refuses. `rules.md` 19, 20."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.business_care.entitlement import Code, Entitlement
from marketplace_hooks.domain.inspections.conflicts import IncompatibleModule
from marketplace_hooks.domain.inspections.evidence import Finding, FindingKind, merge_findings
from marketplace_hooks.domain.inspections.file_integrity import Change, Comparison
from marketplace_hooks.domain.inspections.multistore import OtherShop
from marketplace_hooks.domain.support.compatibility import AnnouncedRange, CompatibilityDate, CompatibilityPolicy
from marketplace_hooks.domain.support.eligibility import Eligibility, Submission, judge
from marketplace_hooks.domain.versions import Rule

from ..inspections.test_evidence import found, module, version

ANNOUNCED = AnnouncedRange(compatible_from="1.7.6.0", compatible_to="8.1.99")
INCOMPATIBLE = [IncompatibleModule(name="oldcart")]
NO_OVERRIDES = found("companion", FindingKind.OVERRIDES, [])


def entitled(code: Code) -> Entitlement:
    return Entitlement(code=code, purchase_id="p-1", active=True, last_day=date(2027, 3, 2), remedy=None)


def judged(*findings: Finding, code: Code = Code.VALID, **facts: Any) -> Eligibility:
    given_ = {"module": "shipping", "at_purchase": ANNOUNCED, **facts}
    return judge(Submission(entitlement=entitled(code), site_facts=merge_findings(findings), **given_))


def result(eligibility: Eligibility, name: str) -> str:
    [check] = [one for one in eligibility.checks if one.name == name]
    return check.result.value


def test_every_check_is_shown_whatever_they_find() -> None:
    names = [one.name for one in judged().checks]
    assert names == [
        "entitlement",
        "merchant_site",
        "platform_version",
        "product_installed",
        "conflicting_development",
        "sources",
        "platform_sources",
    ]
    assert [one.name for one in judged(code=Code.EXPIRED).checks] == names


@pytest.mark.parametrize(
    ("number", "expected", "grounds"),
    [
        ("1.7.5.9", "fail", ["platform_version_incompatible"]),
        ("1.7.6.0", "pass", []),
        ("8.1.99", "pass", []),
        ("8.2.0", "fail", ["platform_version_incompatible"]),
        (None, "unknown", []),
    ],
)
def test_the_platform_version_is_held_against_the_announced_range(
    number: str | None, expected: str, grounds: list[str]
) -> None:
    eligibility = judged(version("admin_api", number))
    assert (result(eligibility, "platform_version"), list(eligibility.grounds)) == (expected, grounds)


def test_the_range_of_the_purchase_date_decides_and_that_of_today_stands_beside_it() -> None:
    today = AnnouncedRange(compatible_from="8.2.0", compatible_to="9.0.99")
    eligibility = judged(version("admin_api", "8.1.0"), today=today)
    [check] = [one for one in eligibility.checks if one.name == "platform_version"]
    assert (check.result, check.evidence["compatible_today"]) == ("pass", False)
    assert result(judged(version("admin_api", "9.0.0"), today=today), "platform_version") == "fail"


def test_the_range_of_the_request_decides_where_the_marketplace_says_so() -> None:
    today = AnnouncedRange(compatible_from="8.2.0", compatible_to="9.0.99")
    at_request: dict[str, Any] = {"today": today, "policy": CompatibilityPolicy(judged_at=CompatibilityDate.REQUEST)}
    [check] = [
        one for one in judged(version("admin_api", "8.1.0"), **at_request).checks if one.name == "platform_version"
    ]
    found = (check.result, check.evidence["judged_at"], check.evidence["compatible_at_purchase"])
    assert found == ("fail", "request", True)
    assert result(judged(version("admin_api", "9.0.0"), **at_request), "platform_version") == "pass"
    unknown = {**at_request, "today": None}
    assert result(judged(version("admin_api", "9.0.0"), **unknown), "platform_version") == "unknown"


def test_a_bound_covers_its_patch_versions_unless_the_marketplace_reads_it_exactly() -> None:
    bounds = AnnouncedRange(compatible_from="1.7", compatible_to="8.1")
    for rule, expected in ((Rule.LISTING, "pass"), (Rule.NONE, "fail")):
        policy = CompatibilityPolicy(version_rule=rule)
        eligibility = judged(version("admin_api", "8.1.7"), at_purchase=bounds, policy=policy)
        assert result(eligibility, "platform_version") == expected


def test_without_an_announced_range_no_version_is_incompatible() -> None:
    assert result(judged(version("admin_api", "1.6.0.1"), at_purchase=None), "platform_version") == "unknown"


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([NO_OVERRIDES, module("admin_api", "oldcart", installed=True, enabled=True)], "fail"),
        ([NO_OVERRIDES, module("admin_api", "oldcart", installed=False)], "pass"),
        ([NO_OVERRIDES], "unknown"),
        ([module("admin_api", "oldcart", installed=False)], "unknown"),
    ],
)
def test_a_module_declared_incompatible_conflicts_where_it_is_seen_enabled(
    findings: list[Finding], expected: str
) -> None:
    eligibility = judged(*findings, incompatible_modules=INCOMPATIBLE)
    assert result(eligibility, "conflicting_development") == expected
    assert list(eligibility.grounds) == (["conflicting_development"] if expected == "fail" else [])


@pytest.mark.parametrize(
    ("change", "expected"),
    [(Change.MODIFIED, "fail"), (Change.EXTRA_EXECUTABLE, "fail"), (Change.MISSING, "pass"), (Change.SAME, "pass")],
)
def test_only_changed_sources_and_added_code_are_evidence(change: Change, expected: str) -> None:
    eligibility = judged(comparison=Comparison(changes={"shipping.php": change}))
    assert result(eligibility, "sources") == expected
    assert list(eligibility.grounds) == (["source_modified"] if expected == "fail" else [])


def test_sources_that_nobody_reported_are_unknown() -> None:
    assert result(judged(), "sources") == "unknown"


@pytest.mark.parametrize(("installed", "expected"), [(True, "pass"), (False, "fail"), (None, "unknown")])
def test_a_product_that_is_not_installed_is_told_and_is_no_ground(installed: bool | None, expected: str) -> None:
    eligibility = judged(module("admin_api", "shipping", installed=installed), version("admin_api", "8.1.0"))
    assert (result(eligibility, "product_installed"), eligibility.outcome) == (expected, "accepted")


# --- outcomes

OUTCOMES = {
    **dict.fromkeys(("VALID", "VALID_STAGING_SHOP", "VALID_RENEWAL_CANCELLED"), "accepted"),
    "SHOP_SCOPE_MISMATCH": "refusable",
    **dict.fromkeys(
        ("SHOP_NOT_BOUND", "SHOP_SCOPE_REQUIRED", "SHOP_URL_INVALID", "PAYMENT_PENDING"), "needs_information"
    ),
}


@pytest.mark.parametrize("code", Code)
def test_each_code_has_its_outcome(code: Code) -> None:
    assert judged(version("admin_api", "8.1.0"), code=code).outcome == OUTCOMES.get(code, "not_entitled")


@pytest.mark.parametrize("code", Code)
def test_what_the_entitlement_lacks_comes_before_what_the_site_shows(code: Code) -> None:
    eligibility = judged(version("admin_api", "9.0.0"), code=code)
    expected = OUTCOMES.get(code, "not_entitled")
    assert eligibility.outcome == ("refusable" if expected == "accepted" else expected)


def test_another_site_is_a_ground_and_its_unknown_version_is_not_missing() -> None:
    eligibility = judged(code=Code.SHOP_SCOPE_MISMATCH)
    assert (list(eligibility.grounds), eligibility.missing) == (["other_merchant_site"], ())
    assert result(eligibility, "merchant_site") == "fail"


def test_another_shop_of_the_same_installation_is_a_ground() -> None:
    known = version("webservice", "8.1.7")
    other = OtherShop(numbers={"asked_shop": 2, "bound_shop": 1}, source=known)
    eligibility = judged(known, other_shop=other)
    [check] = [one for one in eligibility.checks if one.name == "merchant_site"]
    assert check.evidence["rung"] == "webservice"
    assert result(eligibility, "merchant_site") == "fail"
    assert list(eligibility.grounds) == ["other_merchant_site"]


def test_a_site_that_tells_no_version_asks_the_customer_for_it() -> None:
    eligibility = judged()
    assert (eligibility.outcome, eligibility.missing) == ("needs_information", ("platform_version",))
    declared = judged(version("declaration", "8.1.0"))
    assert (declared.outcome, declared.missing) == ("accepted", ())


@given(
    known=st.booleans(),
    announced=st.sampled_from([None, ANNOUNCED]),
    installed=st.none() | st.booleans(),
    oldcart=st.none() | st.just(False),
    code=st.sampled_from([code for code in Code if OUTCOMES.get(code) == "accepted"]),
)
def test_unknown_never_refuses(
    known: bool, announced: AnnouncedRange | None, installed: bool | None, oldcart: bool | None, code: Code
) -> None:
    findings = [module("admin_api", "shipping", installed=installed), module("admin_api", "oldcart", enabled=oldcart)]
    if known:
        findings.append(version("admin_api", "8.1.0"))
    eligibility = judged(*findings, code=code, at_purchase=announced, incompatible_modules=INCOMPATIBLE)
    assert eligibility.grounds == ()
    assert eligibility.outcome == ("accepted" if known else "needs_information")
