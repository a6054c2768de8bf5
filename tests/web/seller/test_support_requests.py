"""Support requests of a seller: the next deadline first, both deadlines with their reasons, what was checked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import insert, select

from marketplace_hooks.models.support import SupportRequest

from ...support.customers import set_up_purchase
from ...support.deadline_calendars import calendars
from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, Page, browser_of
from ...support.prepared import prepared
from ...support.recorded_statements import counting_queries
from ...support.support_desk import ACKNOWLEDGEMENT, REQUEST, due, publish_message, publish_request, request

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def desk(shop: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A customer has bought `mod-1` an hour ago."""
    prepared(set_up_purchase)(shop)
    clock.shift(HOUR)
    return shop


def listed(page: Page) -> list[str]:
    """The requests of a list, in its order."""
    leading = [link.removeprefix("/seller/requests/") for link in page.links]
    return [link for link in leading if link.startswith("request-")]


def test_the_inbox_begins_with_the_next_deadline(
    desk: Marketplace, browser: Browser, clock: time_machine.Traveller
) -> None:
    publish_request(desk, "request-later", kind="anomaly", subject="The second")
    clock.shift(HOUR)
    publish_message(desk, request_id="request-later")  # taken charge of: its fix is due in weeks.
    publish_request(desk, "request-soon", subject="The first")
    publish_request(desk, "request-asked", kind="question", presale=True, purchase_id=None, subject="Before buying")
    page = browser.get("/seller/requests")
    assert listed(page) == ["request-soon", "request-later", "request-asked"]
    assert "Galerie zoom (en) · Odile Berthonneau · Something is not working" in page.visible_text
    assert "First response In progress by 3 Mar 2026 (in 1 day)" in page.visible_text
    assert "Fix In progress by 13 Apr 2026" in page.visible_text
    assert "Before buying" in page.visible_text
    assert "No deadline applies." in page.visible_text


def test_a_clock_that_ends_within_a_day_is_marked(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk)
    assert "Due today" not in browser.get("/seller/requests").visible_text
    end = due(desk, ACKNOWLEDGEMENT)
    with time_machine.travel(end - timedelta(hours=24), tick=False):
        assert "First response Due today" in browser.get("/seller/requests").visible_text
    with time_machine.travel(end, tick=False):
        assert (
            "First response Overdue was due by 3 Mar 2026 (1 day overdue)"
            in browser.get("/seller/requests").visible_text
        )


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("", {"request-new", "request-late", "request-answered"}),
        ("?state=open", {"request-new", "request-late", "request-answered"}),
        ("?state=to_acknowledge", {"request-new", "request-late"}),
        ("?overdue=yes", {"request-late"}),
        ("?state=all", {"request-new", "request-late", "request-answered", "request-over"}),
    ],
)
def test_the_inbox_shows_what_is_asked_for(
    desk: Marketplace, browser: Browser, clock: time_machine.Traveller, show: str, expected: set[str]
) -> None:
    publish_request(desk, "request-late")
    clock.move_to(due(desk, ACKNOWLEDGEMENT, "request-late"))
    desk.run_all_now()
    publish_request(desk, "request-answered", kind="question")
    clock.shift(HOUR)
    publish_message(desk, request_id="request-answered")
    publish_request(desk, "request-over", purchase_id="purchase-1", kind="question", subject="x", body="the same")
    publish_request(desk, "request-new", kind="question", subject="Another")
    with desk.runtime.database.session() as session:
        found = session.scalars(select(SupportRequest).where(SupportRequest.id == "request-over")).one()
        found.closed_at = datetime.now(UTC)
    assert set(listed(browser.get(f"/seller/requests{show}"))) == expected


def test_an_empty_inbox_says_so(browser: Browser) -> None:
    assert "No request is open" in browser.get("/seller/requests").visible_text
    assert "Nothing is overdue" in browser.get("/seller/requests?overdue=yes").visible_text


def _many(desk: Marketplace, count: int) -> None:
    """Copies of the first request, every second one without a deadline."""
    one = request(desk)
    columns = {column.key: getattr(one, column.key) for column in SupportRequest.__mapper__.column_attrs}
    rows = []
    for number in range(count):
        row = {**columns, "id": f"request-{number:05}", "number": 1_000 + number}
        rows.append({**row, "next_deadline_at": None} if number % 2 else row)
    with desk.runtime.database.session() as session:
        session.execute(insert(SupportRequest), rows)


def test_the_inbox_is_read_page_by_page_with_as_many_statements_however_long_it_is(
    desk: Marketplace, browser: Browser
) -> None:
    publish_request(desk)
    _many(desk, 70)
    shown: list[str] = []
    path = "/seller/requests"
    counts = []
    while path:
        with counting_queries(desk) as queries:
            page = browser.get(path)
        counts.append(len(queries))
        shown += listed(page)
        path = next((link for link in page.links if "after=" in link and "language" not in link), "")
    assert len(shown) == len(set(shown)) == 71
    assert max(counts) <= 7  # with the count of the list, and what needs attention.
    assert len(counts) == 3


def test_another_lists_cursor_is_refused_and_not_followed(browser: Browser) -> None:
    assert browser.get("/seller/requests?after=bm9wZTox").status == 400


def test_the_head_says_until_when_business_care_runs(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk)
    path = f"/seller/requests/{REQUEST}"
    assert "Business Care active Through 2 March 2027." in browser.get(path).visible_text
    reader = browser_of(desk, "seller", "seller-1", language="fr")
    assert "Business Care en cours Jusqu’au 2 mars 2027 inclus." in reader.get(path).visible_text


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_the_head_stays_so_whatever_becomes_of_the_product(desk: Marketplace, browser: Browser, status: str) -> None:
    publish_request(desk)
    desk.change_status("mod-1", status)
    desk.run_all_now()
    words = browser.get(f"/seller/requests/{REQUEST}").visible_text
    assert "Business Care active Through 2 March 2027." in words


def test_the_head_says_since_when_it_is_over_and_that_the_request_stays_owed(
    desk: Marketplace, browser: Browser, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    desk.publish(
        "subscription.renewal_cancelled",
        purchase_id="purchase-1",
        actor="customer",
        received_at=datetime.now(UTC).isoformat(),
    )
    desk.run_all_now()
    assert "It will not be renewed." in browser.get(f"/seller/requests/{REQUEST}").visible_text
    clock.move_to(datetime(2027, 3, 10, tzinfo=UTC))
    words = browser.get(f"/seller/requests/{REQUEST}").visible_text
    assert "Business Care not active" in words
    assert "Business Care not active Since 3 March 2027." in words
    assert "It was active when this request was sent, so the request must still be honoured." in words


def test_a_conversation_before_any_purchase_is_marked_and_has_no_clock(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk, presale=True, purchase_id=None, kind="question")
    words = browser.get(f"/seller/requests/{REQUEST}").visible_text
    assert "Before a purchase This customer has not bought the product. No deadline applies." in words
    assert "Deadlines" not in words
    assert "Refuse for one of the six reasons" not in words


def test_each_clock_says_why_it_ends_on_that_day(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk)
    page = browser.get(f"/seller/requests/{REQUEST}")
    words = page.visible_text
    assert "First response In progress Due by 3 March 2026 (in 1 day). Why this date?" in words
    assert "Counted from 2 Mar 2026, 11:30. That day does not count, whatever the time." in words
    answer, fix = calendars(page)
    assert (answer["start"], answer["last"], answer.get("counted")) == ([2], [3], None)
    assert (fix["start"], fix["last"], len(fix["counted"])) == ([2], [13], 29)
    assert fix["week_end"] == [7, 8, 14, 15, 21, 22, 28, 29, 4, 5, 11, 12]
    assert "Business day counted (29)" in words
    assert "Monday to Friday, including public holidays (the marketplace’s rule)" in words


def test_announced_closures_stand_on_the_conversation_and_in_the_trace(desk: Marketplace, browser: Browser) -> None:
    desk.publish(
        "seller.closure_declared",
        closure_id="closure-1",
        seller_id="seller-1",
        first_day="2026-03-03",
        last_day="2026-03-05",
        declared_at=datetime.now(UTC).isoformat(),
    )
    desk.run_all_now()
    publish_request(desk)
    page = browser.get(f"/seller/requests/{REQUEST}")
    words = page.visible_text
    assert "Announced closure from 3 March 2026 to 5 March 2026." in words
    assert "First response In progress Due by 6 March 2026 (in 4 days)." in words
    for person, path in (("customer", f"/support/{REQUEST}"), ("operator", f"/operator/requests/{REQUEST}")):
        subject = "customer-1" if person == "customer" else None
        assert calendars(browser_of(desk, person, subject).get(path)) == calendars(page), "the same days for everybody"
    assert [calendars(page)[0][mark] for mark in ("start", "closure", "last")] == [[2], [3, 4, 5], [6]]
    assert "Announced closure (3)" in words


def test_the_checks_say_what_was_found(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk, shop_url="https://elsewhere.example")
    words = browser.get(f"/seller/requests/{REQUEST}").visible_text
    assert "The check found a reason to refuse It is about another merchant site" in words
    assert "The request is about a different site from the purchase." in words
    assert "PrestaShop version Couldn’t check Version found unknown" in words


def test_what_customers_write_stays_text(desk: Marketplace, browser: Browser) -> None:
    publish_request(desk, subject="<script>alert(1)</script>", body="<b>bold</b>\n\nlines")
    for path in ("/seller/requests", f"/seller/requests/{REQUEST}"):
        page = browser.get(path)
        assert "<script>alert" not in page.text
        assert "<b>bold" not in page.text


def test_a_requests_page_needs_no_more_statements_the_longer_the_conversation_is(
    desk: Marketplace, browser: Browser
) -> None:
    publish_request(desk)
    with counting_queries(desk) as few:
        browser.get(f"/seller/requests/{REQUEST}")
    for number in range(8):
        publish_message(desk, f"message-{number}", body=f"Answer {number}, and something of its own.")
    with counting_queries(desk) as many:
        browser.get(f"/seller/requests/{REQUEST}")
    assert len(many) == len(few) <= 14


@pytest.mark.parametrize("page", ["", "/refusal", "/resolution", "/offer"])
def test_other_sellers_requests_are_not_found(desk: Marketplace, browser: Browser, other: Browser, page: str) -> None:
    publish_request(desk)
    assert browser.get(f"/seller/requests/{REQUEST}{page}").status == 200
    assert other.get(f"/seller/requests/{REQUEST}{page}").status == 404
    assert listed(other.get("/seller/requests?state=all")) == []
