"""Lists of every room: one grammar of filters and orders, pages back and forth, and how many rows there are."""

from __future__ import annotations

import re
from html import unescape

import pytest
import time_machine

from marketplace_hooks.web import list_pages
from marketplace_hooks.web.pagination import encode

from ..support.long_lists import LISTS as LONG_LISTS
from ..support.long_lists import STARTED_AT, fill, set_up_history
from ..support.marketplace import Marketplace
from ..support.page_client import Browser, Page, browser_of
from ..support.support_desk import publish_request, set_up_support

SELLER = ("seller", "seller-1")
CUSTOMER = ("customer", "customer-1")
OPERATOR = ("operator", "odette")
LISTS = {
    SELLER: ("/seller", "/seller/packs", "/seller/requests", "/seller/refunds"),
    CUSTOMER: ("/account", "/support"),
    OPERATOR: tuple(
        f"/operator/{name}"
        for name in (
            *("events", "deliveries", "cascades", "replies", "requests", "refunds", "reversals", "products"),
            *("over-refunds", "sellers", "audit", "sessions", "tokens"),
        )
    ),
}
EVERY_LIST = [(who, path) for who, paths in LISTS.items() for path in paths]


@pytest.fixture
def room(marketplace: Marketplace) -> Marketplace:
    set_up_support(marketplace)
    return marketplace


def far_link(page: Page, rel: str) -> str | None:
    """Where the link to the next or the previous page leads."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page.text)
    return unescape(found[1]) if found else None


def shown(page: Page) -> list[str]:
    return re.findall(r'href="/seller/requests/(many-\d+)"', page.text)


def span(page: Page) -> str:
    """Which rows a page says that it shows."""
    found = re.search(r'<p class="range">([^<]+)</p>', page.text)
    return found[1] if found else ""


@pytest.fixture
def many(room: Marketplace) -> Browser:
    """A seller with 60 open requests."""
    for number in range(60):
        publish_request(room, f"many-{number:02}", subject=f"Number {number} of sixty")
    return browser_of(room, *SELLER)


@pytest.mark.parametrize("query", ["", "?sort=newest", "?sort=oldest", "?q=sixty", "?product=mod-1&state=all"])
def test_pages_lead_forth_and_back_to_where_one_was(many: Browser, query: str) -> None:
    pages = [many.get(f"/seller/requests{query}")]
    while (path := far_link(pages[-1], "next")) is not None:
        pages.append(many.get(path))
    rows = [shown(page) for page in pages]
    assert [len(one) for one in rows] == [25, 25, 10]
    assert len({id_ for one in rows for id_ in one}) == 60
    assert [span(page) for page in pages] == ["1–25 of 60", "26–50 of 60", "51–60 of 60"]
    assert far_link(pages[0], "prev") is None
    back = pages[-1]
    for expected, place in ((rows[1], "26–50 of 60"), (rows[0], "1–25 of 60")):
        back = many.get(far_link(back, "prev") or "")
        assert (shown(back), span(back)) == (expected, place)
    assert far_link(back, "prev") is None
    assert shown(many.get(far_link(back, "next") or "")) == rows[1]


def test_a_list_is_counted_up_to_a_limit(many: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_pages, "MOST_COUNTED", 59)
    page = many.get("/seller/requests")
    assert span(page) == "1–25 of more than 59"
    last = many.get(far_link(many.get(far_link(page, "next") or ""), "next") or "")
    assert (len(shown(last)), span(last)) == (10, "51–60 of more than 59")


@pytest.mark.parametrize(("who", "path"), EVERY_LIST, ids=[path for _, path in EVERY_LIST])
def test_what_a_list_does_not_have_is_refused_in_words(room: Marketplace, who: tuple[str, str], path: str) -> None:
    browser = browser_of(room, *who)
    wrong = {
        "colour=red": "This list has no filter called “colour”.",
        "sort=loudest": "This list cannot be sorted by “loudest”.",
        "after=nonsense": "This page of the list does not exist.",
        "before=0.nonsense": "This page of the list does not exist.",
    }
    for query, words in wrong.items():
        page = browser.get(f"{path}?{query}")
        assert (page.status, words in page.visible_text) == (400, True), query
        assert path in page.links
    assert (
        browser.get(f"{path}?utm_source=mail&sort=&q=" if "q=" in path else f"{path}?utm_source=mail&sort=").status
        == 200
    )


@pytest.mark.parametrize("query", ["state=asleep", "overdue=perhaps", "from=yesterday"])
def test_a_value_that_a_filter_cannot_have_is_refused(room: Marketplace, query: str) -> None:
    path = "/operator/events" if query.startswith("from") else "/operator/requests"
    page = browser_of(room, *OPERATOR).get(f"{path}?{query}")
    name, _, value = query.partition("=")
    assert (page.status, f"The filter “{name}” does not accept “{value}”." in page.visible_text) == (400, True)


def test_a_french_reader_is_refused_in_french(room: Marketplace) -> None:
    words = browser_of(room, *SELLER, language="fr").get("/seller/requests?colour=red").visible_text
    assert "Cette liste n’a pas de filtre" in words
    assert "Afficher toute la liste" in words


@pytest.mark.parametrize("who", LISTS, ids=[role for role, _ in LISTS])
def test_requests_are_filtered_alike_in_every_room(room: Marketplace, who: tuple[str, str]) -> None:
    publish_request(room, "request-zoom", subject="The gallery does not zoom")
    publish_request(room, "request-slow", subject="The gallery is slow")
    browser = browser_of(room, *who)
    path = {"seller": "/seller/requests", "customer": "/support", "operator": "/operator/requests"}[who[0]]

    def found(query: str) -> set[str]:
        links = browser.get(f"{path}?{query}").links
        return {one for one in ("request-zoom", "request-slow") if f"{path}/{one}" in links}

    both = {"request-zoom", "request-slow"}
    assert found("q=gallery+ZOOM") == {"request-zoom"}
    assert found("q=request-slow") == {"request-slow"}
    assert found("product=mod-1&state=open") == both
    assert found("product=mod-2") == set()
    assert found("state=accepted") == found("sort=oldest") == both
    assert found("state=contested") == found("overdue=yes") == set()


def test_no_parameter_of_an_address_is_taken_for_the_page_itself(room: Marketplace) -> None:
    customer = browser_of(room, *CUSTOMER)
    place = f"0.{encode('purchases', 'a')}"
    assert customer.get(f"/support/new?after={place}&endpoint=x").status == 200


@pytest.fixture
def crowded(clock: time_machine.Traveller, marketplace: Marketplace) -> Marketplace:
    """A marketplace in which every list has more rows than two pages."""
    clock.move_to(STARTED_AT)
    set_up_history(marketplace, clock)
    fill(marketplace, 60)
    return marketplace


def test_every_list_of_more_than_one_page_leads_on_and_says_how_many_rows_it_has(crowded: Marketplace) -> None:
    with_one_page = []
    for (role, subject), paths in LONG_LISTS.items():
        browser = browser_of(crowded, role, subject)
        for path in paths:
            first = browser.get(path)
            assert first.status == 200, path
            if following := far_link(first, "next"):
                second = browser.get(following)
                assert second.status == 200, path
                assert bool(span(first)) == bool(span(second)), path
                assert not span(first) or span(first) != span(second), path
            else:
                with_one_page.append(path)
    assert with_one_page == ["/?q=nothing-is-called-so", "/operator"]  # nothing is found; no list.
