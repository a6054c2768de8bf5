"""A session that has ended opens nothing, whoever holds its cookie; operators see and end those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from marketplace_hooks.models.access import PersonSession, Role
from marketplace_hooks.services.access import tokens

from ...support.api_callers import Caller, problem_of
from ...support.customers import publish_customer, publish_purchase
from ...support.marketplace import SECRET_KEY, Marketplace, open_marketplace
from ...support.page_client import Browser

COOKIE = "mh_session"


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    """A demo with a seller, a customer and an operator to be."""
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY, DEMO="true") as marketplace:
        marketplace.publish_products("mod-1")
        publish_customer(marketplace)
        publish_purchase(marketplace)
        marketplace.run_all_now()
        yield marketplace


def chooses(demo: Marketplace, role: str, subject: str = "") -> Browser:
    browser = Browser(demo.app)
    browser.get("/sign-in")
    browser.post("/sign-in/demo", role=role, subject=subject)
    return browser


def thief_of(browser: Browser, demo: Marketplace) -> Browser:
    """Another browser with a copy of the cookie."""
    cookie = browser.client.get_cookie(COOKIE)
    assert cookie is not None
    thief = Browser(demo.app)
    thief.client.set_cookie(COOKIE, cookie.value)
    return thief


Ends = Callable[[Marketplace, Browser], object]


def signs_out(demo: Marketplace, browser: Browser) -> None:
    browser.post("/sign-out")


def erases(demo: Marketplace, browser: Browser) -> None:
    demo.publish("customer.erased", customer_id="customer-1")
    demo.run_all_now()


def ends_by_api(demo: Marketplace, browser: Browser) -> None:
    _, text = tokens.create(demo.runtime, Role.OPERATOR)
    caller = Caller(demo.app, {"Authorization": f"Bearer {text}"})
    [mine] = caller.get("/sessions?role=customer").get_json()["items"]
    assert mine["name"] == "Odile Berthonneau"
    assert caller.delete(f"/sessions/{mine['session_id']}").status_code == 204


def ends_by_page(demo: Marketplace, browser: Browser) -> None:
    operator = chooses(demo, "operator")
    page = operator.get("/operator/sessions?role=customer&subject=customer-1")
    assert "Odile Berthonneau" in page.visible_text
    page = operator.post("/operator/sessions?role=customer&subject=customer-1")
    assert "This user has been signed out." in page.visible_text
    assert operator.get("/operator").status == 200


@pytest.mark.parametrize("ends", [signs_out, erases, ends_by_api, ends_by_page], ids=lambda ends: ends.__name__)
def test_a_session_that_has_ended_is_over_for_every_copy_of_its_cookie(demo: Marketplace, ends: Ends) -> None:
    browser = chooses(demo, "customer", "customer-1")
    thief = thief_of(browser, demo)
    assert "Odile Berthonneau" in thief.get("/account").visible_text
    ends(demo, browser)
    for anybody in (browser, thief):
        assert anybody.get("/account").status == 303
        assert anybody.get("/support/new").status == 303


def test_an_erased_customer_signs_in_no_more(demo: Marketplace) -> None:
    browser = Browser(demo.app)
    browser.get("/sign-in")
    form = browser.page.form("/sign-in/demo")
    erases(demo, browser)
    page = browser.send(
        "POST", "/sign-in/demo", follow=False, data={**form.fields, "role": "customer", "subject": "customer-1"}
    )
    assert page.status == 404
    assert browser.get("/account").status == 303


def test_the_cookie_says_nothing_of_the_person(demo: Marketplace) -> None:
    cookie = chooses(demo, "customer", "customer-1").client.get_cookie(COOKIE)
    assert cookie is not None
    signer = demo.app.session_interface.get_signing_serializer(demo.app)  # type: ignore[attr-defined] # Flask's own interface
    stored = str(signer.loads(cookie.value))
    assert not any(word in stored for word in ("Odile", "customer", "role", "until"))


def test_an_idle_session_is_over_and_a_used_one_is_not(demo: Marketplace) -> None:
    browser = chooses(demo, "operator")
    ages = update(PersonSession).values(last_seen_at=demo.runtime.now().replace(year=2020))
    with demo.runtime.database.session() as session:
        session.execute(ages)
    assert browser.get("/operator").status == 303


def test_sessions_are_for_operators_and_what_is_unknown_is_said_so(demo: Marketplace) -> None:
    assert chooses(demo, "seller", "seller-1").get("/operator/sessions").status == 403
    callers = {
        role: Caller(demo.app, {"Authorization": f"Bearer {tokens.create(demo.runtime, role, subject=subject)[1]}"})
        for role, subject in ((Role.OPERATOR, None), (Role.PLATFORM, None), (Role.SELLER, "seller-1"))
    }
    for role in (Role.PLATFORM, Role.SELLER):
        assert problem_of(callers[role].get("/sessions")) == (403, "forbidden")
    operator = callers[Role.OPERATOR]
    assert [one["role"] for one in operator.get("/sessions").get_json()["items"]] == ["seller"]
    assert problem_of(operator.delete("/sessions/ses_x")) == (404, "not_found")
    assert problem_of(operator.delete("/sessions?role=platform")) == (422, "payload_rejected")
    assert operator.delete("/sessions?role=seller&subject=seller-1").get_json() == {"ended": 1}
    assert operator.get("/sessions").get_json() == {"items": [], "next_cursor": None}


def test_sessions_are_read_page_by_page(demo: Marketplace) -> None:
    for _ in range(3):
        chooses(demo, "operator")
    _, text = tokens.create(demo.runtime, Role.OPERATOR)
    caller = Caller(demo.app, {"Authorization": f"Bearer {text}"})
    first = caller.get("/sessions?limit=2").get_json()
    second = caller.get(f"/sessions?limit=2&cursor={first['next_cursor']}").get_json()
    found = [one["session_id"] for page in (first, second) for one in page["items"]]
    assert len(set(found)) == 3
    assert second["next_cursor"] is None
