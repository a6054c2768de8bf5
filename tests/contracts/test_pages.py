"""Contract of pages: each says for whom it is, extends its area's layout, and is offered only to who may open it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule

from marketplace_hooks.web.identity.authorization import audience_of
from marketplace_hooks.web.navigation import NAVIGATION

from ..support.marketplace import Marketplace
from ..support.source_tree import ROOT

AREAS = ("storefront", "sign_in", "seller", "customer", "operator")
NAVIGATED = {endpoint for entries in NAVIGATION.values() for endpoint, _ in entries}
ENDPOINTS = {"acknowledgements": "replies", "dashboard": "overview", "sla_report": "figures"}
ENDPOINTS |= {"choose_purchase": "new_request"}
"""Endpoints of templates with another name."""
TEMPLATES = ROOT / "marketplace_hooks" / "web" / "templates"


def page_rules(marketplace: Marketplace) -> Iterator[Rule]:
    for rule in marketplace.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in {f"mh_{area}" for area in AREAS}:
            yield rule


def test_every_page_declares_its_audience(marketplace: Marketplace) -> None:
    rules = list(page_rules(marketplace))
    views = marketplace.app.view_functions
    missing = [f"{rule.rule} declares no audience" for rule in rules if audience_of(views[rule.endpoint]) is None]
    assert missing == [], "; ".join(missing)
    assert len(rules) > 60


def test_every_entry_of_the_navigation_leads_to_a_page_for_its_role(marketplace: Marketplace) -> None:
    views = marketplace.app.view_functions
    for role, entries in NAVIGATION.items():
        for endpoint, _ in entries:
            assert endpoint in views, f"the navigation of the {role} leads to {endpoint}, which is no page"
            audience = audience_of(views[endpoint])
            assert audience is not None, f"{endpoint} declares no audience"
            assert audience.roles == {role}, f"{endpoint} is not for the {role} alone"


@pytest.mark.parametrize("area", ["seller", "customer", "operator"])
def test_every_whole_page_of_an_area_extends_its_layout(area: str) -> None:
    folder = TEMPLATES / "marketplace_hooks" / area
    for template in sorted(folder.glob("*.html")):
        first = template.read_text(encoding="utf-8").partition("\n")[0]
        if template.name == "layout.html" or not first.startswith("{% extends"):
            continue
        base = first.split('"')[1]
        assert base.startswith(f"marketplace_hooks/{area}/"), f"{area}/{template.name} extends {base}"


@pytest.mark.parametrize("area", ["seller", "customer", "operator"])
def test_every_page_below_those_of_the_navigation_says_where_it_is(area: str) -> None:
    folder = TEMPLATES / "marketplace_hooks" / area
    layout = f'{{% extends "marketplace_hooks/{area}/layout.html" %}}'
    without = set()
    for template in folder.glob("*.html"):
        text = template.read_text(encoding="utf-8")
        if text.startswith(layout) and "breadcrumbs(" not in text and "{% block trail %}" not in text:
            without.add(template.stem)
    assert {name for name in without if f"mh_{area}.{ENDPOINTS.get(name, name)}" not in NAVIGATED} == set()
