"""Conflicts are declared by the listing, found on the site, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from marketplace_hooks.domain.inspections.conflicts import (
    ConflictVerdict,
    IncompatibleModule,
    Override,
    OverrideOrigin,
    module_conflicts,
    override_conflicts,
)
from marketplace_hooks.domain.inspections.evidence import Finding, merge_findings
from marketplace_hooks.domain.inspections.notes import Note

from .test_evidence import module, whole_list


def verdict(declared: IncompatibleModule, *findings: Finding) -> ConflictVerdict:
    (conflict,) = module_conflicts([declared], merge_findings(findings))
    return conflict.verdict


RANGED = IncompatibleModule(name="oldcart", minimum="2.0", maximum="3.1")
ANY = IncompatibleModule(name="oldcart")


@pytest.mark.parametrize(
    ("declared", "found", "expected"),
    [
        (ANY, {"installed": True, "enabled": True}, ConflictVerdict.CONFLICT),
        (ANY, {"installed": True, "enabled": False}, ConflictVerdict.NONE),
        (ANY, {"installed": False}, ConflictVerdict.NONE),
        (ANY, {"installed": True}, ConflictVerdict.UNKNOWN),
        (ANY, {"version": "2.5"}, ConflictVerdict.UNKNOWN),
        (RANGED, {"installed": True, "enabled": True, "version": "2.0"}, ConflictVerdict.CONFLICT),
        (RANGED, {"installed": True, "enabled": True, "version": "3.1.9"}, ConflictVerdict.CONFLICT),
        (RANGED, {"installed": True, "enabled": True, "version": "1.9"}, ConflictVerdict.NONE),
        (RANGED, {"installed": True, "enabled": True, "version": "3.2.0"}, ConflictVerdict.NONE),
        (RANGED, {"installed": True, "enabled": True, "installed_version": "2.5.0"}, ConflictVerdict.CONFLICT),
        (RANGED, {"installed": True, "enabled": True}, ConflictVerdict.UNKNOWN),
        (RANGED, {"installed": True, "version": "3.2.0"}, ConflictVerdict.NONE),
        (RANGED, {"installed": True, "version": "2.5.0"}, ConflictVerdict.UNKNOWN),
    ],
)
def test_a_conflict_is_installed_enabled_and_in_the_range_and_unknown_is_none_of_these(
    declared: IncompatibleModule, found: dict[str, Any], expected: ConflictVerdict
) -> None:
    assert verdict(declared, module("admin_api", "oldcart", **found)) is expected


def test_a_module_that_nobody_looked_for_is_unknown_and_one_missing_from_the_whole_list_is_no_conflict() -> None:
    assert verdict(ANY) is ConflictVerdict.UNKNOWN
    assert verdict(ANY, module("public_page", "other", installed=True, enabled=True)) is ConflictVerdict.UNKNOWN
    assert verdict(ANY, whole_list("admin_api")) is ConflictVerdict.NONE


def test_what_the_home_pages_code_alone_suggests_is_no_conflict() -> None:
    seen = replace(module("public_page", "oldcart", installed=True, enabled=True), note=Note.SEEN_IN_CODE)
    stale = module("config_xml", "oldcart", on_disk=True, version="2.5")
    declared = module("declaration", "oldcart", installed=True, enabled=True)
    (seen_alone,) = module_conflicts([ANY], merge_findings([seen]))
    assert seen_alone.verdict is ConflictVerdict.UNKNOWN
    assert seen_alone.source is not None
    assert verdict(RANGED, seen, stale) is ConflictVerdict.UNKNOWN
    assert verdict(ANY, seen, declared) is ConflictVerdict.CONFLICT
    assert verdict(ANY, seen, module("companion", "oldcart", installed=False)) is ConflictVerdict.NONE


def test_the_version_that_runs_is_that_of_the_files() -> None:
    half = module("admin_api", "oldcart", installed=True, enabled=True, version="3.2.0", installed_version="3.0.0")
    assert verdict(RANGED, half) is ConflictVerdict.NONE


def test_a_conflict_says_from_where_it_is_known() -> None:
    site_facts = merge_findings([module("declaration", "OldCart", installed=True, enabled=True)])
    (conflict,) = module_conflicts([ANY], site_facts)
    assert conflict.source is not None
    assert conflict.source.source.probe == "declaration"


def test_a_listing_is_read_as_it_is_published() -> None:
    assert IncompatibleModule.read({"name": "oldcart", "from": "2.0", "to": "3.1"}) == RANGED
    assert IncompatibleModule.read({"name": "oldcart"}) == ANY


@pytest.mark.parametrize(
    ("override", "origin"),
    [
        ({"path": "override/classes/Product.php"}, OverrideOrigin.ADDITIONAL),
        ({"path": "override/classes/Product.php", "modules": ["shipping"]}, OverrideOrigin.MODULE),
        ({"path": "override/classes/Product.php", "modules": ["shipping"], "unmarked": 1}, OverrideOrigin.ADDITIONAL),
        ({"path": "override/modules/shipping/shipping.php"}, OverrideOrigin.ADDITIONAL),
        ({"path": "themes/mine/modules/shipping/views/x.tpl"}, OverrideOrigin.THEME),
        ({"path": "override/classes/index.php"}, OverrideOrigin.GUARD),
        ({"path": "override/.htaccess"}, OverrideOrigin.GUARD),
    ],
)
def test_an_override_without_a_modules_mark_is_additional_development(
    override: dict[str, Any], origin: OverrideOrigin
) -> None:
    assert Override.read(override).origin is origin


OVERRIDES = [
    Override(path="override/classes/Product.php"),
    Override(path="override/classes/Cart.php", modules=("other",)),
    Override(path="override/classes/order/Order.php", modules=("shipping",)),
    Override(path="override/modules/shipping/shipping.php"),
    Override(path="themes/mine/modules/Shipping/views/x.tpl"),
    Override(path="override/modules/shipping2/x.php"),
    Override(path="override/modules/shipping/index.php"),
]


@pytest.mark.parametrize(
    ("platform", "expected"), [(None, True), ("1.6.0.11", True), ("8.1.7", True), ("1.6.0.9", False)]
)
def test_only_an_unmarked_override_of_the_products_own_class_is_evidence_by_itself(
    platform: str | None, expected: bool
) -> None:
    found = override_conflicts(OVERRIDES, module="shipping", platform_version=platform)
    evidence = [one.override.path for one in found if one.is_evidence]
    assert evidence == (["override/modules/shipping/shipping.php"] if expected else [])


def test_an_override_conflicts_when_the_listing_knows_it_or_it_touches_the_module_itself() -> None:
    known = ["override/classes/Cart.php", "classes/product.php", "classes/order/Order.php"]
    found = {
        one.override.path: one.is_declared for one in override_conflicts(OVERRIDES, module="shipping", declared=known)
    }
    assert found == {
        "override/classes/Product.php": True,
        "override/classes/Cart.php": True,
        "override/modules/shipping/shipping.php": False,
        "themes/mine/modules/Shipping/views/x.tpl": False,
    }


def test_nothing_declared_leaves_overrides_of_the_core_alone() -> None:
    assert override_conflicts(OVERRIDES[:3], module="shipping") == ()
