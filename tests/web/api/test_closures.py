"""Closures by the API: what customers see of one, what it suspends, how it ends. `rules.md` 19."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import ACKNOWLEDGEMENT, FIX, due, publish_request, request

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PATH = "/sellers/seller-1/closures"


def declared(seller: Caller, first: str, last: str | None, **more: Any) -> dict[str, Any]:
    answer = seller.post(PATH, {"first_day": first, "last_day": last, **more})
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.get_json()
    return content


def seen(caller: Caller) -> list[tuple[str, str | None, str]]:
    items = caller.get(PATH).get_json()["items"]
    return [(one["first_day"], one["last_day"], one["state"]) for one in items]


def midnight(day: date, *, offset: int = 1) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=offset)


def test_a_closure_declared_here_is_shown_to_customers_and_suspends_what_comes_after_it(
    desk: Marketplace, seller: Caller, public: Caller, calls: MakeCaller, clock: time_machine.Traveller
) -> None:
    publish_request(desk, "request-before", subject="Before")
    clock.shift(60)
    made = declared(seller, "2026-03-03", "2026-03-05", reason="Holidays")
    assert (made["state"], made["declared_at"], made["announced_at"]) == ("announced", *[made["declared_at"]] * 2)
    assert seen(public) == [("2026-03-03", "2026-03-05", "announced")]
    shown = public.get("/products/mod-1").get_json()["closures"]
    days = {"first_day": "2026-03-03", "last_day": "2026-03-05", "suspends_until": "2026-03-05"}
    assert shown == [{"closure_id": made["closure_id"], **days}]
    assert [one.data["change"] for one in desk.outgoing("seller-1", "seller")] == ["declared"]
    clock.shift(60)
    publish_request(desk, "request-after", subject="After")
    assert due(desk, ACKNOWLEDGEMENT, "request-before") == midnight(date(2026, 3, 4))
    assert due(desk, ACKNOWLEDGEMENT, "request-after") == midnight(date(2026, 3, 7))
    assert due(desk, FIX, "request-before") == due(desk, FIX, "request-after")
    whole = calls("customer", "customer-1").get("/support-requests/request-after").get_json()
    assert [one["first_day"] for one in whole["closures"]] == ["2026-03-03"]
    page = desk.app.test_client().get("/products/mod-1", headers={"Accept-Language": "fr"}).text
    assert "du 3 mars 2026 au 5 mars 2026" in page


def test_a_long_closure_says_wherever_it_is_shown_until_when_it_suspends(
    desk: Marketplace, seller: Caller, public: Caller
) -> None:
    publish_request(desk)
    assert declared(seller, "2026-03-03", None)["suspends_until"] == "2026-05-31"
    [shown] = public.get("/products/mod-1").get_json()["closures"]
    assert shown["suspends_until"] == "2026-05-31"
    [own] = seller.get("/support-requests/request-1").get_json()["closures"]
    assert own["suspends_until"] == "2026-05-31"
    pages = {
        "/products/mod-1": browser_of(desk),
        "/support/request-1": browser_of(desk, "customer", "customer-1"),
        "/support/new?purchase=purchase-1": browser_of(desk, "customer", "customer-1"),
        "/seller/requests/request-1": browser_of(desk, "seller", "seller-1"),
        "/seller/closures": browser_of(desk, "seller", "seller-1"),
        "/operator/sellers/seller-1": browser_of(desk, "operator", "odette"),
    }
    for path, browser in pages.items():
        assert "Deadlines are suspended until 31 May 2026 at the latest." in browser.get(path).visible_text, path


def test_a_closure_is_declared_in_advance(desk: Marketplace, seller: Caller) -> None:
    assert problem_of(seller.post(PATH, {"first_day": "2026-03-01", "last_day": "2026-03-05"})) == (
        422,
        "closure_in_the_past",
    )
    assert declared(seller, "2026-03-02", None)["state"] == "running"


def test_the_day_on_which_it_is_declared_stays_a_working_day(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    publish_request(desk)
    clock.move_to(datetime(2026, 3, 3, 9, tzinfo=UTC))
    declared(seller, "2026-03-03", "2026-03-03")
    publish_request(desk, "request-2", submitted_at="2026-03-02T12:00:00+01:00")
    assert due(desk, ACKNOWLEDGEMENT, "request-2") == midnight(date(2026, 3, 4))


def test_a_closure_is_shortened_from_tomorrow_on_at_the_earliest(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    made = declared(seller, "2026-03-03", "2026-03-13")
    clock.shift(60)
    publish_request(desk)
    assert due(desk, ACKNOWLEDGEMENT) == midnight(date(2026, 3, 17))
    clock.move_to(datetime(2026, 3, 4, 11, tzinfo=UTC))
    answer = seller.patch(f"{PATH}/{made['closure_id']}", {"last_day": "2026-03-03"})
    assert (answer.status_code, answer.get_json()["last_day"]) == (200, "2026-03-04")
    assert due(desk, ACKNOWLEDGEMENT) == midnight(date(2026, 3, 6))
    again = seller.patch(f"{PATH}/{made['closure_id']}", {"last_day": "2026-03-04"})
    assert again.status_code == 200
    assert [one.data["change"] for one in desk.outgoing("seller-1", "seller")] == ["declared", "shortened"]


def test_a_closure_is_never_lengthened_nor_shortened_to_nothing(desk: Marketplace, seller: Caller) -> None:
    path = f"{PATH}/{declared(seller, '2026-03-03', '2026-03-05')['closure_id']}"
    longer = seller.patch(path, {"last_day": "2026-03-06"})
    assert problem_of(longer) == (409, "closure_only_shortens")
    assert (longer.get_json()["state"], longer.get_json()["asked"]) == ("2026-03-05", "2026-03-06")
    assert problem_of(seller.patch(path, {"last_day": "2026-03-02"}))[0] == 422


def test_a_cancelled_closure_is_gone_and_suspends_nothing_any_more(
    desk: Marketplace, seller: Caller, public: Caller, clock: time_machine.Traveller
) -> None:
    path = f"{PATH}/{declared(seller, '2026-03-03', '2026-03-13')['closure_id']}"
    clock.shift(60)
    publish_request(desk)
    assert seller.delete(path).status_code == 204
    assert (seen(public), due(desk, ACKNOWLEDGEMENT)) == ([], midnight(date(2026, 3, 4)))
    assert problem_of(seller.delete(path)) == (404, "not_found")
    assert problem_of(seller.patch(path, {"last_day": "2026-03-03"})) == (404, "not_found")


def test_a_closure_that_has_begun_is_cancelled_from_tomorrow_on(
    desk: Marketplace, seller: Caller, public: Caller, clock: time_machine.Traveller
) -> None:
    path = f"{PATH}/{declared(seller, '2026-03-03', None)['closure_id']}"
    clock.shift(60)
    publish_request(desk)
    assert due(desk, ACKNOWLEDGEMENT) == datetime(2026, 6, 1, 22, tzinfo=UTC)
    clock.move_to(datetime(2026, 3, 10, 9, tzinfo=UTC))
    assert seller.delete(path).status_code == 204
    assert seen(public) == [("2026-03-03", "2026-03-10", "running")]
    assert due(desk, ACKNOWLEDGEMENT) == midnight(date(2026, 3, 12))
    clock.shift(DAY)
    over = seller.delete(path)
    assert problem_of(over) == (409, "closure_over")
    assert (over.get_json()["state"], over.get_json()["asked"]) == ("over", "cancelled")


def test_each_seller_speaks_for_himself(desk: Marketplace, calls: MakeCaller, seller: Caller, operator: Caller) -> None:
    path = f"{PATH}/{declared(seller, '2026-03-03', '2026-03-13')['closure_id']}"
    body = {"first_day": "2026-03-03", "last_day": "2026-03-04"}
    desk.publish("seller.upserted", seller_id="seller-2")
    desk.run_all_now()
    stranger = calls("seller", "seller-2")
    assert stranger.post(PATH, body).status_code == 404
    assert stranger.patch(path, {"last_day": "2026-03-04"}).status_code == 404
    assert stranger.delete(path).status_code == 404
    assert stranger.delete(path.replace("seller-1", "seller-2")).status_code == 404
    assert calls("customer", "customer-1").post(PATH, body).status_code == 403
    assert operator.post(PATH, body).status_code == 403
    assert calls().post(PATH, body).status_code == 401
    assert calls("platform").post("/sellers/nobody/closures", body).status_code == 404
    assert calls().get("/sellers/nobody/closures").status_code == 404
    assert calls("platform").post(PATH, body).status_code == 201


def test_a_closure_is_two_days_in_order_and_declared_now(desk: Marketplace, seller: Caller) -> None:
    for body in (
        {"first_day": "2026-03-05", "last_day": "2026-03-04"},
        {"first_day": "2026-03-05"},
        {"first_day": "soon", "last_day": None},
        {"first_day": None, "last_day": None},
        {"first_day": "2026-03-05", "last_day": 7},
        {"first_day": "2026-03-05", "last_day": None, "declared_at": "2026-01-01T00:00:00Z"},
    ):
        assert problem_of(seller.post(PATH, body))[0] == 422, body


def test_the_same_declaration_sent_twice_under_one_key_is_one_closure(desk: Marketplace, seller: Caller) -> None:
    body = {"first_day": "2026-03-05", "last_day": "2026-03-06"}
    made = [seller.post(PATH, body, key="k-1").get_json()["closure_id"] for _ in range(2)]
    assert (len(set(made)), len(seen(seller))) == (1, 1)


def test_a_seller_has_a_hundred_closures_at_most(desk: Marketplace, seller: Caller) -> None:
    for _ in range(100):
        declared(seller, "2026-05-05", "2026-05-05")
    assert problem_of(seller.post(PATH, {"first_day": "2026-05-05", "last_day": None})) == (409, "too_many_closures")


def test_a_closure_declared_here_is_known_to_the_platforms_events_too(
    desk: Marketplace, seller: Caller, clock: time_machine.Traveller
) -> None:
    made = declared(seller, "2026-03-10", "2026-03-13")
    clock.shift(60)
    publish_request(desk)
    days = {"first_day": "2026-03-10", "last_day": "2026-03-12", "declared_at": made["declared_at"]}
    event = desk.publish(
        "seller.closure_shortened",
        closure_id=made["closure_id"],
        seller_id="seller-1",
        **days,
    )
    desk.run_all_now()
    assert desk.state_and_outcome(event) == ("applied", "changed")
    assert seen(seller) == [("2026-03-10", "2026-03-12", "announced")]
    assert request(desk).handling == "accepted"
