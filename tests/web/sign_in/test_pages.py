"""Sign-in: who may open which pages, what every page shows, and what a form needs to be accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ...support.marketplace import SECRET_KEY, Marketplace, open_marketplace
from ...support.page_client import Browser, browser_of

AREAS = {"seller": ("seller-1", "/seller"), "customer": ("customer-1", "/account"), "operator": (None, "/operator")}
Opens = Callable[..., Marketplace]


@pytest.fixture
def opens(sqlite_url: str, tmp_path: Path) -> Iterator[Opens]:
    """Opens installations; nothing here depends on the kind of database."""
    opened = []

    def opens_one(**settings: object) -> Marketplace:
        context = open_marketplace(sqlite_url, tmp_path / "instance", **{"SECRET_KEY": SECRET_KEY, **settings})
        opened.append(context)
        return context.__enter__()

    yield opens_one
    for context in reversed(opened):
        context.__exit__(None, None, None)


@pytest.fixture
def shop(opens: Opens) -> Marketplace:
    return opens()


@pytest.fixture
def demo(opens: Opens) -> Marketplace:
    """A demo with a seller, a customer and an operator to be."""
    marketplace = opens(DEMO="true")
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish("customer.upserted", customer_id="customer-1", name="Odile")
    marketplace.publish("purchase.completed", customer_id="customer-1", product_id="mod-1")
    marketplace.run_all_now()
    return marketplace


def chooses(demo: Marketplace, role: str, subject: str, *, language: str = "en") -> Browser:
    """Somebody new who has chosen to be this person."""
    browser = Browser(demo.app, language)
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role=role, subject=subject)
    return browser


# --- areas


@pytest.mark.parametrize("role", AREAS)
def test_each_room_opens_to_its_own_role_and_is_closed_to_the_others(shop: Marketplace, role: str) -> None:
    subject, path = AREAS[role]
    assert browser_of(shop, role, subject).get(path).status == 200
    for other in AREAS.keys() - {role}:
        page = browser_of(shop, other, AREAS[other][0]).get(path)
        assert page.status == 403
        assert "You do not have access to this page" in page.visible_text
        assert AREAS[other][1] in page.links


@pytest.mark.parametrize("role", AREAS)
def test_nobody_is_led_to_the_sign_in_and_from_there_back(shop: Marketplace, role: str) -> None:
    path = AREAS[role][1]
    page = browser_of(shop).get(f"{path}?a=1%262")
    assert page.status == 303
    assert page.answer.location == f"/sign-in?next={path}?a%3D1%25262"


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(shop: Marketplace) -> None:
    seen = "http://localhost/seller?after=x"
    page = browser_of(shop).get("/seller", HX_Request="true", HX_Current_URL=seen)
    assert (page.status, page.answer.headers["HX-Redirect"]) == (200, "/sign-in?next=/seller?after%3Dx")


def test_the_navigation_names_the_role_and_marks_the_page_that_is_open(shop: Marketplace) -> None:
    page = browser_of(shop, "seller", "seller-1").get("/seller")
    assert '<nav class="ways" aria-label="Seller">' in page.text
    assert '<a href="/seller" aria-current="page">Products</a>' in page.text
    page = browser_of(shop, "seller", "seller-1").get("/seller/refunds")
    assert '<a href="/seller/requests" aria-current="page">Requests</a>' in page.text


def test_only_pages_of_somebody_signed_in_load_scripts_and_they_are_our_own_files(shop: Marketplace) -> None:
    page = browser_of(shop, "seller", "seller-1").get("/seller")
    sources = re.findall(r"<script([^>]*)>", page.text)
    assert len(sources) == 2
    assert all(re.fullmatch(r' src="/mh-static/[^":]+" defer', source) for source in sources), sources
    assert "allowEval&#34;:false" in page.text or '"allowEval":false' in page.text
    public = browser_of(shop).get("/").text
    assert re.findall(r"<script([^>]*)>", public) == [' type="application/ld+json"']  # data, which nothing runs.


# --- the sign-in


def test_the_chooser_is_there_in_a_demo_alone(shop: Marketplace, opens: Opens) -> None:
    closed = Browser(shop.app).get("/sign-in")
    assert closed.status == 503
    assert "Sign-in is not set up yet" in closed.visible_text
    assert "/sign-in/demo" not in closed.text


def test_who_chooses_a_person_is_that_person_until_somebody_else_is_chosen(demo: Marketplace) -> None:
    browser = chooses(demo, "seller", "seller-1")
    assert (browser.page.status, browser.page.path) == (200, "/seller")
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role="customer", subject="customer-1")
    assert (browser.page.status, browser.page.path) == (200, "/account")
    assert "Odile" in browser.page.visible_text
    assert browser.get("/seller").status == 403


def test_the_chooser_leads_back_to_the_page_that_was_wanted(demo: Marketplace) -> None:
    browser = Browser(demo.app)
    browser.get("/operator?x=1", follow=True)
    assert browser.post("/sign-in/demo", role="operator", subject="", follow=False).answer.location == "/operator?x=1"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_sign_in_leads_nowhere_else(demo: Marketplace, wanted: str) -> None:
    browser = Browser(demo.app)
    browser.get("/sign-in")
    page = browser.post("/sign-in/demo", role="operator", subject="", next=wanted, follow=False)
    assert page.answer.location in ("/", "/operator")


@pytest.mark.parametrize(
    ("role", "subject"), [("seller", "seller-9"), ("platform", ""), ("operator", "x"), ("", ""), ("customer", "")]
)
def test_nobody_may_be_who_is_not_offered(demo: Marketplace, role: str, subject: str) -> None:
    browser = Browser(demo.app)
    browser.get("/sign-in")
    assert browser.post("/sign-in/demo", role=role, subject=subject).status == 404
    assert browser.get("/operator").status == 303


def test_a_demos_choice_opens_nothing_once_the_installation_is_no_demo(demo: Marketplace, opens: Opens) -> None:
    browser = chooses(demo, "operator", "")
    real = opens()
    cookie = browser.client.get_cookie("mh_session")
    assert cookie is not None
    thief = Browser(real.app)
    thief.client.set_cookie("mh_session", cookie.value)
    assert thief.get("/operator").status == 303


def test_a_session_ends_when_its_time_is_over(opens: Opens, clock: object) -> None:
    marketplace = opens(DEMO="true", SESSION_S="3600")
    browser = chooses(marketplace, "operator", "")
    clock.shift(3599)  # type: ignore[attr-defined] # the traveller of time-machine
    assert browser.get("/operator").status == 200
    clock.shift(2)  # type: ignore[attr-defined] # the traveller of time-machine
    assert browser.get("/operator").status == 303


def test_who_signs_out_is_nobody_and_is_told_so_once(demo: Marketplace) -> None:
    browser = chooses(demo, "operator", "")
    page = browser.post("/sign-out")
    assert "You are signed out." in page.visible_text
    assert "You are signed out." not in browser.get("/").visible_text
    assert browser.get("/operator").status == 303


def test_a_get_signs_nobody_out(demo: Marketplace) -> None:
    browser = chooses(demo, "operator", "")
    assert browser.get("/sign-out").status == 405
    assert browser.get("/operator").status == 200


def test_a_sessions_cookie_is_kept_from_scripts_and_from_other_sites(opens: Opens) -> None:
    for url, secure in (("https://addons.example", True), ("http://127.0.0.1:8000", False)):
        browser = Browser(opens(PUBLIC_URL=url, DEMO="true").app)
        [cookie] = browser.get("/sign-in").answer.headers.getlist("Set-Cookie")
        attributes = {part.strip() for part in cookie.split(";")}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
        assert ("Secure" in attributes) is secure
        # A browser takes a `__Host-` cookie from this very host alone: no other host of the domain can plant one.
        assert cookie.startswith("__Host-mh_session=" if secure else "mh_session=")
        assert "Domain" not in cookie


# --- forms


def test_a_form_without_its_token_changes_nothing_and_says_what_to_do(demo: Marketplace) -> None:
    browser = chooses(demo, "operator", "")
    page = browser.post("/sign-out", token=False)
    assert page.status == 400
    assert "This form is no longer valid" in page.visible_text
    assert browser.get("/operator").status == 200


def test_a_form_that_was_shown_before_the_sign_in_is_stale_after_it(demo: Marketplace) -> None:
    browser = Browser(demo.app)
    shown = browser.get("/times").form().fields["form_token"]
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role="operator", subject="")
    browser.get("/times")
    assert browser.post("/times", form_token=shown, zone="UTC").status == 400
    browser.get("/times")
    assert browser.post("/times", zone="UTC").status == 200


def test_a_form_of_another_browser_is_not_taken(demo: Marketplace) -> None:
    mine = Browser(demo.app)
    yours = Browser(demo.app)
    token = mine.get("/times").form().fields["form_token"]
    yours.get("/times")
    assert yours.post("/times", form_token=token, zone="UTC").status == 400


def test_without_a_secret_key_a_page_with_a_form_says_what_is_missing(opens: Opens) -> None:
    bare = opens(SECRET_KEY=None, DEMO="true")
    bare.app.secret_key = None
    page = Browser(bare.app).get("/sign-in")
    assert page.status == 503
    assert "SECRET_KEY" in page.visible_text
    assert Browser(bare.app).get("/").status == 200


# --- times


def test_times_are_shown_in_the_zone_that_was_chosen_and_it_is_named(demo: Marketplace) -> None:
    browser = chooses(demo, "operator", "")
    assert "Time zone: Europe/Paris." in browser.page.visible_text
    browser.get("/times?next=/operator")
    page = browser.post("/times", zone="America/Martinique")
    assert page.path == "/operator"
    assert "Time zone: America/Martinique." in page.visible_text
    browser.get("/times")
    assert browser.post("/times", zone="Mars/Olympus").status == 400
    browser.get("/times?next=/operator")
    assert "Time zone: Europe/Paris." in browser.post("/times", zone="").visible_text


@pytest.mark.parametrize("zone", ["", "../../etc/passwd", "Mars/Olympus", "\0", "posixrules"])
def test_a_zone_that_is_none_is_the_marketplaces_own(shop: Marketplace, zone: str) -> None:
    browser = browser_of(shop, "operator")
    browser.headers["Cookie"] = f"mh_zone={zone}"
    assert "Time zone: Europe/Paris." in browser.get("/operator").visible_text
