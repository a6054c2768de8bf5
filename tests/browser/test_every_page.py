"""Is every page of every room well made: seen by axe-core, on a narrow screen, light and dark, in both languages?"""

from __future__ import annotations

import pytest

from marketplace_hooks.extension import create_app

from .conftest import OpenBrowser
from .craft import faults_of, overflow_of, picture, sign_in_as
from .stack import Stack
from .visits import EXTRA, NOT_PAGES, VISITS, Visit

ALL = {**VISITS, **EXTRA}
PEOPLE = sorted({(visit.role or "", visit.subject) for visit in ALL.values()})
ROOMS = ("mh_storefront.", "mh_entrance.", "mh_seller.", "mh_customer.", "mh_operator.")
NARROW = 320


def visits_of(person: tuple[str, str]) -> dict[str, Visit]:
    return {name: visit for name, visit in ALL.items() if (visit.role or "", visit.subject) == person}


def test_every_page_is_visited_below() -> None:
    app = create_app({"MARKETPLACE_HOOKS_DATABASE_URL": "sqlite:///never-opened.db"})
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(ROOMS) and "GET" in (rule.methods or ())
    }
    assert pages - NOT_PAGES.keys() == set(VISITS)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: "-".join(filter(None, person)) or "nobody")
def test_nothing_serious_is_wrong_with_a_page(
    stack: Stack, open_browser: OpenBrowser, person: tuple[str, str], language: str
) -> None:
    page = open_browser(language=language)
    if person[0]:
        sign_in_as(page, *person)
    faults: dict[str, object] = {}
    for name, visit in visits_of(person).items():
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            answer = page.goto(visit.path_in(stack))
            assert answer is not None
            assert answer.status == visit.status, (name, page.url)
            if found := faults_of(page):
                faults[f"{name} {scheme}"] = found
            picture(page, f"{name}-{language}-{scheme}")
    assert faults == {}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: "-".join(filter(None, person)) or "nobody")
def test_no_page_is_wider_than_the_narrowest_phone(
    stack: Stack, open_browser: OpenBrowser, person: tuple[str, str]
) -> None:
    page = open_browser(language="fr", width=NARROW)
    if person[0]:
        sign_in_as(page, *person)
    wide = {}
    for name, visit in visits_of(person).items():
        page.goto(visit.path_in(stack))
        if overflow := overflow_of(page):
            wide[name] = overflow
        picture(page, f"{name}-narrow")
    assert wide == {}
