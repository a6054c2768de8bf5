"""Events about support: requests, messages and closures (`rules.md` 16-19, `deadlines.md`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.support import SellerClosure, SupportRequest

from ..support.customers import publish_purchase, publish_release
from ..support.marketplace import Marketplace
from ..support.support_desk import (
    ACKNOWLEDGEMENT,
    FIX,
    PURCHASE,
    REQUEST,
    clock_of,
    clocks,
    due,
    messages,
    publish_message,
    publish_request,
    published_types,
    refund_state,
    request,
    set_up_support,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
AUTOMATIC = [["Auto-Submitted", "auto-replied"]]


def paris_midnight(year: int, month: int, day: int, *, offset: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=offset)


ATTACHED = {
    "name": "error.png",
    "media_type": "image/png",
    "size": 48210,
    "sha256": "a" * 64,
    "url": "https://a.test/1",
}


@pytest.mark.parametrize(
    ("given", "count", "faults"),
    [
        (2, 2, []),
        ([], 0, []),
        ([ATTACHED, {"name": "log.txt"}], 2, []),
        ("2", None, ["data.attachments"]),
        ([{**ATTACHED, "size": "big", "sha256": "x"}], None, ["data.attachments.0.sha256", "data.attachments.0.size"]),
        ([ATTACHED] * 1_001, None, ["data.attachments"]),
    ],
)
def test_attached_files_are_a_number_or_a_list_that_describes_each(
    desk: Marketplace, given: Any, count: int | None, faults: list[str]
) -> None:
    publish_request(desk)
    posted = desk.event(publish_message(desk, attachments=given))
    assert sorted(error["path"] for error in posted.errors or ()) == faults
    described = given if isinstance(given, list) and given else None
    assert [(one.attachments, one.files) for one in messages(desk)] == ([] if faults else [(count, described)])


# --- requests


def test_a_request_by_event_is_submitted_as_it_is_with_what_is_unknown_on_record(desk: Marketplace) -> None:
    event = publish_request(desk)
    assert desk.state_and_outcome(event) == ("applied", "changed")
    taken = request(desk)
    assert (taken.handling, taken.missing) == ("accepted", ["platform_version"])
    assert {one["name"]: one["result"] for one in taken.checks}["platform_version"] == "unknown"
    assert taken.entitlement["code"] == "VALID"
    assert published_types(desk) == ["accepted", "checked"]


@pytest.mark.parametrize("given", [{}, {"customer_id": "customer-1"}, {"product_id": "mod-1"}])
def test_the_purchase_says_whose_request_it_is_and_about_what(desk: Marketplace, given: dict[str, str]) -> None:
    left_out = {"customer_id": None, "product_id": None}
    event = publish_request(desk, **{**left_out, **given})
    assert desk.state_and_outcome(event) == ("applied", "changed")
    taken = request(desk)
    assert (taken.customer_id, taken.product_id, taken.handling) == ("customer-1", "mod-1", "accepted")


@pytest.mark.parametrize("given", [{"customer_id": "customer-2"}, {"product_id": "mod-2"}])
def test_a_customer_or_product_that_is_not_the_purchases_is_rejected(desk: Marketplace, given: dict[str, str]) -> None:
    desk.publish_products("mod-2")
    event = publish_request(desk, **{"customer_id": None, "product_id": None, **given})
    assert desk.state_and_outcome(event)[0] == "rejected"
    assert "is not the purchase's" in str(desk.event(event).errors)
    assert desk.all(select(SupportRequest)) == []


def test_a_request_before_any_purchase_says_whose_it_is_and_about_what(desk: Marketplace) -> None:
    event = publish_request(desk, presale=True, purchase_id=None, customer_id=None, product_id=None)
    assert desk.state_and_outcome(event)[0] == "rejected"
    assert "Required when presale is true." in str(desk.event(event).errors)


def test_both_clocks_start_at_the_submission_and_end_with_whole_civil_days(desk: Marketplace) -> None:
    publish_request(desk)
    assert clocks(desk) == {"acknowledgement": "running", "fix": "running"}
    assert due(desk, ACKNOWLEDGEMENT) == paris_midnight(2026, 3, 4)
    assert due(desk, FIX) == paris_midnight(2026, 4, 14, offset=2)
    assert request(desk).next_deadline_at == paris_midnight(2026, 3, 4)


@pytest.mark.parametrize("kind", ["installation", "configuration", "question"])
def test_what_is_no_anomaly_starts_no_fix_clock(desk: Marketplace, kind: str) -> None:
    publish_request(desk, kind=kind)
    assert clocks(desk) == {"acknowledgement": "running"}


def test_a_presale_question_starts_no_clock(desk: Marketplace) -> None:
    publish_request(desk, presale=True, purchase_id=None)
    assert (request(desk).handling, request(desk).presale, clocks(desk)) == ("accepted", True, {})


def test_a_presale_question_about_a_purchase_is_rejected(desk: Marketplace) -> None:
    assert desk.state_and_outcome(publish_request(desk, presale=True))[0] == "rejected"


def test_a_request_waits_for_its_purchase(desk: Marketplace) -> None:
    event = publish_request(desk, purchase_id="purchase-2")
    assert desk.state_and_outcome(event)[0] == "parked"
    publish_purchase(desk, "purchase-2", purchased_at="2026-03-02T10:30:00+01:00")
    desk.run_all_now()
    assert desk.state_and_outcome(event) == ("applied", "changed")
    assert request(desk).handling == "accepted"


def test_a_message_waits_for_its_request(desk: Marketplace) -> None:
    event = publish_message(desk)
    assert desk.state_and_outcome(event)[0] == "parked"
    publish_request(desk, submitted_at=(datetime.now(UTC) - 10 * MINUTE).isoformat())
    assert desk.state_and_outcome(event) == ("applied", "changed")
    assert request(desk).handling == "acknowledged"


@pytest.mark.parametrize("contradiction", [{"customer_id": "customer-2"}, {"product_id": "mod-2"}])
def test_a_request_that_contradicts_its_purchase_is_rejected(desk: Marketplace, contradiction: dict[str, Any]) -> None:
    desk.publish_products("mod-2")
    desk.publish("customer.upserted", customer_id="customer-2")
    assert desk.state_and_outcome(publish_request(desk, **contradiction))[0] == "rejected"


def test_a_request_received_twice_changes_nothing(desk: Marketplace) -> None:
    publish_request(desk)
    again = publish_request(desk, subject="Something else")
    assert desk.state_and_outcome(again) == ("applied", "no_effect")
    assert (request(desk).subject, published_types(desk)) == (f"About {REQUEST}", ["accepted", "checked"])


def test_the_same_words_about_the_same_purchase_are_attached_to_the_open_request(desk: Marketplace) -> None:
    publish_request(desk, subject="Broken gallery", body="It no longer works.")
    publish_request(desk, "request-2", subject="  broken GALLERY", body="It  no longer\nworks.")
    second = request(desk, "request-2")
    assert (second.duplicate_of, second.handling, second.closed_reason) == (REQUEST, "closed", "duplicate")
    assert clocks(desk, "request-2") == {}


@pytest.mark.parametrize("other", [{"body": "It is still broken."}, {"purchase_id": "purchase-2"}])
def test_other_words_or_another_purchase_make_a_request_of_its_own(desk: Marketplace, other: dict[str, Any]) -> None:
    publish_purchase(desk, "purchase-2", purchased_at="2026-03-02T10:30:00+01:00")
    desk.run_all_now()
    publish_request(desk, subject="Broken")
    publish_request(desk, "request-2", **{"subject": "Broken", **other})
    assert request(desk, "request-2").duplicate_of is None
    assert clocks(desk, "request-2") == {"acknowledgement": "running", "fix": "running"}


def test_another_merchant_site_is_accepted_with_a_ground_proposed(desk: Marketplace) -> None:
    publish_request(desk, shop_url="https://other.example/")
    assert (request(desk).handling, request(desk).grounds) == ("accepted", ["other_merchant_site"])


def test_entitlement_is_judged_at_the_submission_and_what_comes_later_changes_nothing(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    desk.change_status("mod-1", "offline_permanent")
    desk.run_all_now()
    clock.shift(30 * DAY)
    assert request(desk).entitlement["code"] == "VALID"
    assert clocks(desk)["fix"] == "running"


def test_without_an_active_business_care_nothing_starts(desk: Marketplace) -> None:
    publish_request(desk, submitted_at="2026-02-27T10:00:00+01:00")
    assert (request(desk).handling, clocks(desk), published_types(desk)) == ("not_entitled", {}, ["not_entitled"])


# --- instants


@pytest.mark.parametrize(("ahead", "state"), [(5 * MINUTE, "applied"), (5 * MINUTE + MINUTE / 60, "rejected")])
def test_a_request_of_the_future_is_rejected(desk: Marketplace, ahead: timedelta, state: str) -> None:
    event = publish_request(desk, submitted_at=(datetime.now(UTC) + ahead).isoformat())
    assert desk.state_and_outcome(event)[0] == state


@pytest.mark.parametrize(("ahead", "state"), [(5 * MINUTE, "applied"), (5 * MINUTE + MINUTE / 60, "rejected")])
def test_a_message_of_the_future_is_rejected(desk: Marketplace, ahead: timedelta, state: str) -> None:
    publish_request(desk)
    assert (
        desk.state_and_outcome(publish_message(desk, received_at=(datetime.now(UTC) + ahead).isoformat()))[0] == state
    )


# --- messages


def test_a_personal_answer_acknowledges(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_request(desk)
    clock.shift(HOUR)
    publish_message(desk)
    assert (request(desk).handling, clocks(desk)["acknowledgement"]) == ("acknowledged", "met")
    assert request(desk).acknowledged_at == datetime.now(UTC)
    assert published_types(desk) == ["accepted", "checked", "message_posted", "acknowledged"]


@pytest.mark.parametrize(
    "message",
    [
        {"headers": AUTOMATIC},
        {"author_type": "automation"},
        {"side": "marketplace"},
        {"side": "customer"},
        {"visibility": "internal"},
        {"body": ""},
    ],
)
def test_nothing_else_acknowledges(desk: Marketplace, clock: time_machine.Traveller, message: dict[str, Any]) -> None:
    publish_request(desk)
    clock.shift(HOUR)
    publish_message(desk, **message)
    assert (request(desk).handling, clocks(desk)["acknowledgement"]) == ("accepted", "running")
    assert [one.counts for one in messages(desk)] == [False]


def test_a_message_seconds_after_the_request_awaits_a_person_and_holds_the_clock(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    clock.shift(5)
    publish_message(desk)
    assert [one.counts for one in messages(desk)] == [None]
    assert (request(desk).handling, clocks(desk)["acknowledgement"]) == ("accepted", "to_confirm")
    clock.shift(3 * DAY)
    desk.run_all_now()
    assert clocks(desk)["acknowledgement"] == "to_confirm"


def test_a_message_received_twice_is_recorded_once(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_request(desk)
    clock.shift(HOUR)
    publish_message(desk)
    assert desk.state_and_outcome(publish_message(desk, body="Something else")) == ("applied", "no_effect")
    assert len(messages(desk)) == 1


@pytest.mark.parametrize(("after", "state"), [(-MINUTE, "met"), (timedelta(0), "missed")])
def test_an_answer_is_on_time_before_the_deadline_and_late_from_it_on(
    desk: Marketplace, clock: time_machine.Traveller, after: timedelta, state: str
) -> None:
    publish_request(desk)
    clock.move_to(due(desk, ACKNOWLEDGEMENT) + after)
    publish_message(desk)
    assert clocks(desk)["acknowledgement"] == state
    assert published_types(desk).count("acknowledgement_missed") == (state == "missed")


def test_an_answer_sent_in_time_and_received_late_undoes_the_miss(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    in_time = due(desk, ACKNOWLEDGEMENT) - HOUR
    clock.move_to(in_time + 2 * HOUR)
    desk.run_all_now()
    assert clocks(desk)["acknowledgement"] == "missed"
    publish_message(desk, received_at=in_time.isoformat())
    found = clock_of(desk, ACKNOWLEDGEMENT)
    assert (found.state.value, found.stopped_at) == ("met", in_time)


# --- closures


def closes(desk: Marketplace, first: str, last: str | None, change: str = "declared", **data: Any) -> str:
    event = desk.publish(
        f"seller.closure_{change}",
        closure_id="closure-1",
        seller_id="seller-1",
        **{"first_day": first, "last_day": last, "declared_at": "2026-03-01T10:00:00+01:00", **data},
    )
    desk.run_all_now()
    return event


def closure(desk: Marketplace) -> SellerClosure:
    [found] = desk.all(select(SellerClosure))
    return found


def test_a_closure_announced_before_the_request_suspends_the_acknowledgement_and_not_the_fix(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    closes(desk, "2026-03-03", "2026-03-05")
    clock.shift(HOUR)
    publish_request(desk)
    assert due(desk, ACKNOWLEDGEMENT) == paris_midnight(2026, 3, 7)
    assert due(desk, FIX) == paris_midnight(2026, 4, 14, offset=2)


def test_a_closure_that_no_customer_could_see_at_the_request_suspends_nothing(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    clock.shift(MINUTE)
    event = closes(desk, "2026-03-03", "2026-03-05", declared_at="2026-03-01T10:00:00+01:00")
    assert desk.state_and_outcome(event) == ("applied", "changed")
    assert due(desk, ACKNOWLEDGEMENT) == paris_midnight(2026, 3, 4)


def test_a_shortened_closure_brings_the_deadline_nearer_but_not_before_the_day_after(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    closes(desk, "2026-03-03", "2026-03-13")
    clock.shift(HOUR)
    publish_request(desk)
    assert due(desk, ACKNOWLEDGEMENT) == paris_midnight(2026, 3, 17)
    clock.move_to(datetime(2026, 3, 4, 11, tzinfo=UTC))
    closes(desk, "2026-03-03", "2026-03-03", "shortened")
    assert closure(desk).last_day == date(2026, 3, 4)
    assert due(desk, ACKNOWLEDGEMENT) == paris_midnight(2026, 3, 6)


def test_a_cancelled_closure_never_reopens_a_missed_clock(desk: Marketplace, clock: time_machine.Traveller) -> None:
    closes(desk, "2026-03-20", "2026-03-25")
    clock.shift(HOUR)
    publish_request(desk)
    clock.move_to(due(desk, ACKNOWLEDGEMENT))
    desk.run_all_now()
    closes(desk, "2026-03-20", "2026-03-25", "cancelled")
    assert closure(desk).cancelled_at is not None
    assert clocks(desk)["acknowledgement"] == "missed"


def test_without_a_limit_an_open_ended_closure_suspends_the_clock_until_it_has_an_end(
    make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller
) -> None:
    desk = set_up_support(make_marketplace(CLOSURE_DAYS=0))
    closes(desk, "2026-03-03", None)
    clock.shift(HOUR)
    publish_request(desk)
    assert clocks(desk)["acknowledgement"] == "suspended"
    closes(desk, "2026-03-03", "2026-03-04", "shortened")
    assert (clocks(desk)["acknowledgement"], due(desk, ACKNOWLEDGEMENT)) == ("running", paris_midnight(2026, 3, 6))


def test_every_change_of_a_closure_is_published(desk: Marketplace, clock: time_machine.Traveller) -> None:
    for change, last in (("declared", "2026-03-25"), ("shortened", "2026-03-23"), ("cancelled", "2026-03-23")):
        clock.shift(MINUTE)
        closes(desk, "2026-03-20", last, change)
    announced = [one.data["change"] for one in desk.outgoing("seller-1", "seller")]
    assert announced == ["declared", "shortened", "cancelled"]


def test_a_closure_that_ends_before_it_begins_is_rejected(desk: Marketplace) -> None:
    assert desk.state_and_outcome(closes(desk, "2026-03-05", "2026-03-04"))[0] == "rejected"
    assert desk.state_and_outcome(closes(desk, "2026-03-05", "2026-03-05"))[0] == "applied"


def test_a_shortening_waits_for_its_closure(desk: Marketplace) -> None:
    assert desk.state_and_outcome(closes(desk, "2026-03-05", "2026-03-06", "shortened"))[0] == "parked"


# --- what closes the circle


def test_one_release_resolves_all_the_requests_that_it_fixes(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_request(desk)
    publish_request(desk, "request-2")
    publish_request(desk, "request-3")
    clock.shift(HOUR)
    publish_release(desk, fixes=[REQUEST, "request-2", "unknown"])
    desk.run_all_now()
    assert [request(desk, f"request-{n}").handling for n in (1, 2, 3)] == ["resolved", "resolved", "accepted"]
    assert clocks(desk) == {"acknowledgement": "met", "fix": "met"}


@pytest.mark.parametrize(("settles", "state"), [({"request_id": REQUEST}, "refunded"), ({}, "refunded")])
def test_the_refund_of_the_price_settles_the_claim(
    desk: Marketplace, clock: time_machine.Traveller, settles: dict[str, Any], state: str
) -> None:
    publish_request(desk)
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    assert refund_state(desk) == "due"
    amount = {"amount_cents": 9900, "currency": "EUR"}
    refunded = {"purchase_id": PURCHASE, "refunded_at": datetime.now(UTC).isoformat(), "amount": amount}
    desk.publish("purchase.refunded", **{"request_id": None, **refunded, **settles})
    desk.run_all_now()
    assert refund_state(desk) == state


def test_a_partial_refund_about_nothing_in_particular_settles_no_claim(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk)
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    amount = {"amount_cents": 100, "currency": "EUR"}
    at = datetime.now(UTC).isoformat()
    desk.publish("purchase.refunded", purchase_id=PURCHASE, refunded_at=at, amount=amount, request_id=None)
    desk.run_all_now()
    assert refund_state(desk) == "due"
