"""Every page of every area: checked by axe-core, on a narrow screen, light and dark, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketplace_hooks.standalone import build_app

from ..support.demo_stack import DemoStack
from ..support.page_quality import COLOURS, faults_of, outline_faults, overflow_of, picture, sign_in_as
from ..support.pages_under_test import EXTRA, NOT_PAGES, PAGES, PageUnderTest
from .conftest import OpenBrowser

ALL = {**PAGES, **EXTRA}
PEOPLE = sorted({(page_under_test.role or "", page_under_test.subject) for page_under_test in ALL.values()})
AREAS = ("mh_storefront.", "mh_sign_in.", "mh_seller.", "mh_customer.", "mh_operator.")
NARROW = 320


def pages_of(person: tuple[str, str]) -> dict[str, PageUnderTest]:
    return {
        name: page_under_test
        for name, page_under_test in ALL.items()
        if (page_under_test.role or "", page_under_test.subject) == person
    }


def test_every_page_is_visited_below(tmp_path: Path) -> None:
    app = build_app({"MARKETPLACE_HOOKS_DATABASE_URL": f"sqlite:///{tmp_path / 'never-opened.db'}"})
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(AREAS) and "GET" in (rule.methods or ())
    }
    assert pages - NOT_PAGES.keys() == set(PAGES)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: "-".join(filter(None, person)) or "nobody")
def test_a_page_is_well_made_in_light_and_dark_and_on_the_narrowest_phone(
    stack: DemoStack, open_browser: OpenBrowser, person: tuple[str, str], language: str
) -> None:
    page = open_browser(language=language)
    if person[0]:
        sign_in_as(page, *person)
    wrong: dict[str, object] = {}
    for name, page_under_test in pages_of(person).items():
        page_under_test.go(page, stack)
        if found := faults_of(page):
            wrong[name] = found
        if misleading := outline_faults(page):
            wrong[f"{name}, read out"] = misleading
        picture(page, f"{name}-{language}-light")
        page.emulate_media(color_scheme="dark")
        if found := faults_of(page, *COLOURS):
            wrong[f"{name}, dark"] = found
        picture(page, f"{name}-{language}-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": NARROW, "height": 800})
        if overflow := overflow_of(page):
            wrong[f"{name}, narrow"] = f"{overflow} pixels too wide"
        picture(page, f"{name}-{language}-narrow")
        page.set_viewport_size({"width": 1280, "height": 900})
    assert wrong == {}
