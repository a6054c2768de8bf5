"""What every page shares: the appearance that its reader chose, and the header."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace_hooks.errors import Unavailable
from marketplace_hooks.web import navigation_counts
from marketplace_hooks.web.seller import products

from ..support.marketplace import Marketplace
from ..support.page_client import Browser, browser_of
from ..support.support_desk import publish_request


@pytest.fixture
def reader(marketplace: Marketplace) -> Browser:
    return browser_of(marketplace)


def appearance_of(browser: Browser, path: str = "/") -> tuple[bool, bool, bool]:
    """Whether the page is as the system is, light, or dark, by its root, and by what the browser paints first."""
    text = browser.get(path).text
    rendered = ('<html lang="en">' in text, 'data-theme="light"' in text, 'data-theme="dark"' in text)
    first = tuple(f'name="color-scheme" content="{one}"' in text for one in ("light dark", "light", "dark"))
    pressed = [f'/appearance/{one}" aria-pressed="true"' in text for one in ("system", "light", "dark")]
    assert rendered == first == tuple(pressed)
    return rendered


def test_the_chosen_appearance_stays_on_every_page_until_it_is_the_systems_again(reader: Browser) -> None:
    assert appearance_of(reader) == (True, False, False)
    answer = reader.get("/appearance/dark?next=/about-inspections").answer
    assert (answer.status_code, answer.headers["Location"]) == (303, "/about-inspections")
    for path in ("/", "/about-inspections", "/products/none", "/sign-in"):
        assert appearance_of(reader, path) == (False, False, True)
    reader.get("/appearance/light")
    assert appearance_of(reader) == (False, True, False)
    reader.get("/appearance/system")
    assert appearance_of(reader) == (True, False, False)


def test_an_appearance_that_is_none_is_not_kept(reader: Browser) -> None:
    assert reader.get("/appearance/pink").status == 404
    reader.client.set_cookie("mh_appearance", '"><script>')
    assert appearance_of(reader) == (True, False, False)


def test_choosing_an_appearance_leads_to_no_other_site(reader: Browser) -> None:
    answer = reader.get("/appearance/dark?next=https://elsewhere.example/").answer
    assert answer.headers["Location"] == "/"


def test_the_choice_is_a_form_of_three_named_buttons_in_each_language(marketplace: Marketplace) -> None:
    for language, words in {"en": ("System", "Light", "Dark"), "fr": ("Système", "Clair", "Sombre")}.items():
        text = browser_of(marketplace, language=language).get("/").text
        assert text.count("formaction=") == 3
        assert all(f'<span class="word">{word}</span>' in text for word in words)


def test_a_menu_that_is_closed_says_how_much_in_it_needs_attention(desk: Marketplace) -> None:
    seller = browser_of(desk, "seller", "seller-1")
    assert 'class="count"' not in seller.get("/seller").text
    publish_request(desk)
    page = seller.get("/seller").text
    summary = page[page.index("<summary>") : page.index("</summary>")]
    assert ">1</span>" in summary
    assert page.count('class="count"') == 2


def test_a_page_about_a_failure_asks_the_database_for_nothing_more(
    desk: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = browser_of(desk, "seller", "seller-1")
    asked: list[Any] = []
    monkeypatch.setattr(navigation_counts, "_counts", lambda *given: asked.append(given) or {})
    seller.get("/seller")
    assert len(asked) == 1

    def fail(*given: Any, **more: Any) -> None:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(products, "list_products_with_holds", fail)
    assert seller.get("/seller").status == 503
    assert len(asked) == 1
