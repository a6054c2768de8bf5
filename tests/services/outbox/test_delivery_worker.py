"""Outgoing events arrive, signed, retried by the norm, past any slow neighbour. `webhooks.md` 9 to 11."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update
from standardwebhooks.webhooks import Webhook

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import Delivery, Endpoint, OutgoingEvent
from marketplace_hooks.remote.signatures import verify
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.outbox import delivery_worker
from marketplace_hooks.services.outbox.delivery_worker import deliver_due
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint, delete_endpoint, enable_endpoint

from ...support.marketplace import OFFLINE, Marketplace
from ...support.processes import wait_until
from ...support.webhook_receiver import Answer, Delivered, Receiver

Opens = Callable[..., Marketplace]
PATIENCE_S = 20.0


@pytest.fixture
def shop(make_marketplace: Opens) -> Marketplace:
    """A marketplace that may deliver to loopback, with six products."""
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8")
    marketplace.publish_products(*(f"mod-{number}" for number in range(1, 7)))
    return marketplace


def subscribe(shop: Marketplace, url: str) -> tuple[str, str]:
    """An endpoint that hears of hidden products; its id and its secret."""
    endpoint, secret = add_endpoint(shop.runtime, url, types=["product.hidden"])
    return endpoint.id, secret


def hide(shop: Marketplace, *products: str) -> None:
    """Have something to tell about each product, and tell it to nobody yet."""
    for product_id in products:
        shop.change_status(product_id, OFFLINE)
    process_pending(shop.runtime, "tests")


def deliver(shop: Marketplace, owner: str = "tests") -> int:
    return deliver_due(shop.runtime, owner)


def deliveries(shop: Marketplace) -> list[Delivery]:
    return shop.all(select(Delivery).order_by(Delivery.id))


def hidden_events(shop: Marketplace) -> list[OutgoingEvent]:
    return shop.all(select(OutgoingEvent).where(OutgoingEvent.type == "product.hidden").order_by(OutgoingEvent.id))


def only(shop: Marketplace) -> Delivery:
    [delivery] = deliveries(shop)
    return delivery


def endpoint(shop: Marketplace, endpoint_id: str) -> Endpoint:
    [found] = shop.all(select(Endpoint).where(Endpoint.id == endpoint_id))
    return found


def now() -> datetime:
    return datetime.now(UTC)


def pause_s(shop: Marketplace) -> float:
    """How long the only delivery rests from now."""
    return (only(shop).due_at - datetime.now(UTC)).total_seconds()


# --- one attempt


def test_an_event_arrives_signed_so_that_the_norms_own_library_believes_it(shop: Marketplace) -> None:
    with Receiver() as receiver:
        _, secret = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        assert deliver(shop) == 1
    [request] = receiver.requests
    assert request.path == "/hooks"
    assert request.headers["content-type"] == "application/json"
    body = Webhook(secret).verify(request.body, request.headers)
    assert verify(request.headers, request.body, [secret], datetime.now(UTC)).id == body["id"] == request.id
    assert (body["type"], body["data"]["product_id"]) == ("product.hidden", "mod-1")
    assert request.id == shop.outgoing("mod-1")[0].event_id


def test_each_endpoint_is_signed_for_with_its_own_secret(shop: Marketplace) -> None:
    with Receiver() as one, Receiver() as other:
        _, secret = subscribe(shop, one.url)
        _, other_secret = subscribe(shop, other.url)
        hide(shop, "mod-1")
        assert deliver(shop) == 2
    assert one.ids == other.ids
    Webhook(secret).verify(one.requests[0].body, one.requests[0].headers)
    Webhook(other_secret).verify(other.requests[0].body, other.requests[0].headers)
    assert one.requests[0].headers["webhook-signature"] != other.requests[0].headers["webhook-signature"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "delivered"),
        (204, "delivered"),
        (299, "delivered"),
        (301, "pending"),
        (304, "pending"),
        (400, "pending"),
        (404, "pending"),
        (500, "pending"),
    ],
)
def test_only_what_is_answered_with_2xx_has_arrived(shop: Marketplace, status: int, state: str) -> None:
    with Receiver(answer=lambda request: Answer(status, body=b"" if status in (204, 304) else b"said so")) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    delivery = only(shop)
    assert (delivery.state, delivery.attempts, delivery.last_status) == (state, 1, status)
    assert (delivery.delivered_at is not None) is (state == "delivered")
    assert (delivery.owner, delivery.leased_until) == (None, None)


def test_what_has_arrived_is_not_sent_again(shop: Marketplace) -> None:
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        assert (deliver(shop), deliver(shop)) == (1, 0)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_fails(shop: Marketplace, status: int) -> None:
    with Receiver() as elsewhere, Receiver(answer=lambda _: Answer(status, {"Location": elsewhere.url})) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    assert elsewhere.requests == []
    assert (only(shop).state, only(shop).last_status) == ("pending", status)


def test_nobody_there_is_a_failure_that_says_so(shop: Marketplace) -> None:
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
    hide(shop, "mod-1")
    deliver(shop)
    delivery = only(shop)
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("pending", 1, None)
    assert str(delivery.last_error).startswith("connection")


def test_an_address_that_is_no_longer_allowed_is_not_connected_to(shop: Marketplace, make_marketplace: Opens) -> None:
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver_due(make_marketplace().runtime, "tests")  # the same database, nothing allowed.
    assert receiver.requests == []
    assert (only(shop).state, only(shop).attempts) == ("pending", 1)
    assert str(only(shop).last_error).startswith("refused")


def test_what_was_answered_is_kept_for_people_and_not_all_of_it(shop: Marketplace) -> None:
    with Receiver(answer=lambda _: Answer(500, body="é\0".encode() + b"x" * 100_000)) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    [entry] = only(shop).attempt_log or []
    assert entry["status"] == 500
    assert entry["answer"].startswith("éx")
    assert len(entry["answer"]) <= 500
    assert "\0" not in entry["answer"]
    assert entry["took_ms"] >= 0


def test_an_answer_that_never_ends_is_given_up_in_time(make_marketplace: Opens) -> None:
    shop = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_TOTAL_S=0.3)
    shop.publish_products("mod-1")
    over = threading.Event()

    def hang(request: Delivered) -> Answer:
        over.wait(PATIENCE_S)
        return Answer()

    with Receiver(answer=hang) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        over.set()
    assert str(only(shop).last_error).startswith("timeout")
    assert 50 < pause_s(shop) <= 60


# --- again


def test_attempts_follow_the_norms_schedule_until_they_are_exhausted(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    bases = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000]
    with Receiver(answer=lambda _: Answer(500)) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        for number, base_s in enumerate(bases, start=1):
            delivery = only(shop)
            assert (delivery.state, delivery.attempts) == ("pending", number)
            assert 0.8 * base_s <= pause_s(shop) <= 1.2 * base_s
            clock.move_to(delivery.due_at - timedelta(microseconds=1))
            assert deliver(shop) == 0
            clock.move_to(delivery.due_at)
            assert deliver(shop) == 1
        assert 0.8 * 86_400 <= pause_s(shop) <= 1.2 * 86_400
        clock.move_to(only(shop).due_at)
        deliver(shop)
    exhausted = only(shop)
    assert (exhausted.state, exhausted.attempts, len(exhausted.attempt_log or [])) == ("exhausted", 10, 10)
    clock.shift(timedelta(days=30))
    assert deliver(shop) == 0
    assert len(receiver.requests) == 10


def test_the_id_and_body_stay_and_the_timestamp_is_the_attempts(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    with Receiver(answer=lambda request: Answer(500 if len(receiver.requests) == 1 else 204)) as receiver:
        _, secret = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        clock.shift(timedelta(hours=1))
        deliver(shop)
    first, second = receiver.requests
    assert (first.id, first.body) == (second.id, second.body)
    sent_s = [int(request.headers["webhook-timestamp"]) for request in (first, second)]
    assert sent_s[1] - sent_s[0] == 3_600
    Webhook(secret).verify(second.body, second.headers)
    assert (only(shop).state, only(shop).attempts) == ("delivered", 2)


@pytest.mark.parametrize(
    ("asked", "paused"),
    [
        ("1", 5),
        ("7", 7),
        ("10", 10),
        ("3600", 10),
        ("9" * 400, 10),
        ("soon", None),
        ("-5", None),
        ("Mon, 02 Mar 99999999999999999999 10:00:00 GMT", None),
        ("Mon, 02 Mar 2026 10:00:00 +99999999999999999", None),
        ("Mon, 31 Dec 9999 23:59:59 -2359", None),
        ("Sat, 01 Jan 0001 00:00:00 +2359", None),
    ],
)
def test_retry_after_is_honoured_from_the_pause_to_twice_the_pause(
    clock: time_machine.Traveller, shop: Marketplace, asked: str, paused: float | None
) -> None:
    with Receiver(answer=lambda _: Answer(500, {"Retry-After": asked})) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        assert deliver(shop) == 1
    assert (only(shop).attempts, len(only(shop).attempt_log or [])) == (1, 1)
    if paused is None:
        assert 4 <= pause_s(shop) <= 6
    else:
        assert paused <= pause_s(shop) <= max(paused, 6)


def test_retry_after_may_be_a_date(clock: time_machine.Traveller, shop: Marketplace) -> None:
    at = datetime.now(UTC) + timedelta(seconds=9)
    with Receiver(answer=lambda _: Answer(500, {"Retry-After": format_datetime(at, usegmt=True)})) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    assert pause_s(shop) == 9


def test_a_mistake_of_ours_at_one_endpoint_delays_no_other(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Receiver() as broken, Receiver() as well:
        subscribe(shop, broken.url)
        subscribe(shop, well.url)
        hide(shop, "mod-1", "mod-2")
        record = delivery_worker.settle

        def fails(runtime: Any, uow: Any, endpoint: Endpoint, *rest: Any) -> bool:
            if endpoint.url == broken.url:
                raise RuntimeError("nobody expected this")
            return record(runtime, uow, endpoint, *rest)

        monkeypatch.setattr(delivery_worker, "settle", fails)
        deliver(shop)
    states = shop.all(select(Delivery.state).join(Endpoint).where(Endpoint.url == well.url))
    assert (states, len(well.requests)) == (["delivered", "delivered"], 2)
    assert len(broken.requests) <= 2  # each of two lanes may have begun.
    lines = [one for one in caplog.records if one.levelname == "ERROR"]
    assert lines != []
    assert all("nobody expected this" in str(one.exc_info) for one in lines)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_is_overloaded_is_left_alone_for_a_minute(
    clock: time_machine.Traveller, shop: Marketplace, status: int
) -> None:
    with Receiver(answer=lambda _: Answer(status)) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
    assert pause_s(shop) == 60


# --- disabled


def test_an_endpoint_that_is_gone_is_disabled_and_nothing_for_it_is_lost(shop: Marketplace) -> None:
    with Receiver(answer=lambda _: Answer(410)) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        hide(shop, "mod-2")
        assert deliver(shop) == 0
        assert [delivery.state for delivery in deliveries(shop)] == ["parked", "parked"]
        assert endpoint(shop, endpoint_id).enabled is False
        assert "410" in str(endpoint(shop, endpoint_id).disabled_reason)
        assert [event.type for event in shop.outgoing(endpoint_id, "endpoint")] == ["endpoint.disabled"]
        receiver.answer = lambda _: Answer(204)
        enable_endpoint(shop.runtime, endpoint_id)
        deliver(shop)
    assert {delivery.state for delivery in deliveries(shop)} == {"delivered"}
    assert [request.id for request in receiver.requests[1:]] == [one.event_id for one in hidden_events(shop)]


@pytest.mark.parametrize(
    ("failing", "enabled"),
    [(timedelta(hours=120) - timedelta(microseconds=1), True), (timedelta(hours=120), False)],
)
def test_an_endpoint_without_a_success_for_120_hours_is_disabled(
    clock: time_machine.Traveller, shop: Marketplace, failing: timedelta, enabled: bool
) -> None:
    with Receiver(answer=lambda _: Answer(500)) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        clock.shift(failing)
        hide(shop, "mod-2")
        shop.runtime.database.retrying(
            lambda session: session.execute(update(Delivery).values(due_at=now() + timedelta(days=1)))
        )
        deliver(shop)
    assert endpoint(shop, endpoint_id).enabled is enabled


def test_one_success_clears_the_count(clock: time_machine.Traveller, shop: Marketplace) -> None:
    with Receiver(answer=lambda _: Answer(500)) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        assert endpoint(shop, endpoint_id).failing_since == now()
        clock.shift(timedelta(hours=119))
        receiver.answer = lambda _: Answer(204)
        deliver(shop)
        assert endpoint(shop, endpoint_id).failing_since is None
        clock.shift(timedelta(hours=2))
        receiver.answer = lambda _: Answer(500)
        hide(shop, "mod-2")
        deliver(shop)
    assert endpoint(shop, endpoint_id).enabled is True
    assert endpoint(shop, endpoint_id).failing_since == now()


def test_an_endpoint_that_fails_for_24_hours_is_warned_of_once(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    with Receiver(answer=lambda _: Answer(500)) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        clock.shift(timedelta(hours=24))
        deliver(shop)
        clock.shift(timedelta(hours=24))
        deliver(shop)
        assert [event.type for event in shop.outgoing(endpoint_id, "endpoint")] == ["endpoint.failing"]
        receiver.answer = lambda _: Answer(204)
        clock.shift(timedelta(hours=1))
        deliver(shop)
    assert endpoint(shop, endpoint_id).warned_at is None


def test_nothing_is_sent_to_an_overloaded_endpoint_and_then_one_delivery_at_a_time(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    with Receiver(answer=lambda _: Answer(503)) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        hide(shop, "mod-2", "mod-3", "mod-4")
        assert deliver(shop) == 0
        assert endpoint(shop, endpoint_id).rests_until == now() + timedelta(seconds=60)
        clock.shift(61)
        assert deliver(shop) == 1
        receiver.answer = lambda _: Answer(204)
        clock.shift(61)
        assert deliver(shop) >= 3
    assert (endpoint(shop, endpoint_id).rests_until, receiver.most_at_once) == (None, 1)


def test_what_waits_for_a_deleted_endpoint_is_discarded_and_its_log_stays(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    with Receiver() as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        deliver(shop)
        hide(shop, "mod-2")
        dispatch(shop.runtime)
        run_in_transaction(shop.runtime, lambda uow: delete_endpoint(uow, endpoint_id))
        hide(shop, "mod-3")
        assert deliver(shop) == 0
    assert [delivery.state for delivery in deliveries(shop)] == ["delivered"]
    assert len(receiver.requests) == 1


def test_an_endpoint_that_is_deleted_while_it_is_delivered_to_ends_quietly(shop: Marketplace) -> None:
    def deletes(request: Delivered) -> Answer:
        run_in_transaction(shop.runtime, lambda uow: delete_endpoint(uow, endpoint_id))
        return Answer(204)

    with Receiver(answer=deletes) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        assert deliver(shop) == 1
    assert deliveries(shop) == []


# --- several at once


def test_slow_endpoints_leave_lanes_to_those_that_have_none(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_worker, "LANES", 4)
    released = threading.Event()

    def waits(_: Delivered) -> Answer:
        released.wait(PATIENCE_S)
        return Answer(204)

    with Receiver(answer=waits) as slow, Receiver() as quick, ThreadPoolExecutor(1) as worker:
        subscribe(shop, slow.url)
        hide(shop, "mod-1", "mod-2", "mod-3", "mod-4", "mod-5")
        run = worker.submit(deliver, shop)
        wait_until(lambda: slow.at_once == 2, PATIENCE_S, "the slow one gets no second lane")
        time.sleep(0.5)
        assert slow.at_once == 2
        subscribe(shop, quick.url)
        hide(shop, "mod-6")
        wait_until(lambda: len(quick.requests) == 1, PATIENCE_S, "the quick one waits for the slow one")
        released.set()
        run.result()
    assert slow.most_at_once == 2


def test_a_lane_sends_in_order_and_a_failure_holds_up_nothing_after_it(make_marketplace: Opens) -> None:
    shop = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_CONCURRENCY=1, DELIVERY_RATE_PER_S=1000)
    products = [f"mod-{number:02}" for number in range(40)]
    shop.publish_products(*products)
    with Receiver(answer=lambda _: Answer(500 if len(receiver.requests) == 20 else 204)) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, *products)
        assert deliver(shop) == 40
    found = deliveries(shop)
    assert receiver.ids == [shop.outgoing(product)[0].event_id for product in products]
    assert [one.state for one in found] == ["delivered"] * 19 + ["pending"] + ["delivered"] * 20
    assert {(one.attempts, len(one.attempt_log or []), one.owner, one.leased_until) for one in found} == {
        (1, 1, None, None)
    }


def test_what_a_lane_has_claimed_and_not_sent_is_free_again_when_the_worker_is_to_stop(
    make_marketplace: Opens,
) -> None:
    shop = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_CONCURRENCY=1, DELIVERY_RATE_PER_S=1000)
    products = [f"mod-{number:02}" for number in range(20)]
    shop.publish_products(*products)
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
        hide(shop, *products)
        assert deliver_due(shop.runtime, "tests", stop=lambda: len(receiver.requests) >= 5) == 5
        assert {one.owner for one in deliveries(shop)} == {None}
        assert deliver(shop) == 15
    assert len(set(receiver.ids)) == len(receiver.ids) == 20


# --- side by side


def test_a_slow_endpoint_delays_no_other(shop: Marketplace) -> None:
    fast_has_all = threading.Event()

    def count(request: Delivered) -> Answer:
        if len(fast.requests) == 6:
            fast_has_all.set()
        return Answer()

    def wait_for_the_other(request: Delivered) -> Answer:
        return Answer(204 if fast_has_all.wait(PATIENCE_S) else 500)

    with Receiver(answer=wait_for_the_other) as slow, Receiver(answer=count) as fast:
        subscribe(shop, slow.url)
        subscribe(shop, fast.url)
        hide(shop, *(f"mod-{number}" for number in range(1, 7)))
        deliver(shop)
    assert (len(slow.requests), len(fast.requests)) == (6, 6)
    assert {delivery.state for delivery in deliveries(shop)} == {"delivered"}


def test_no_more_attempts_are_under_way_than_the_cap(make_marketplace: Opens) -> None:
    shop = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_CONCURRENCY=2)
    shop.publish_products(*(f"mod-{number}" for number in range(1, 7)))
    both = threading.Barrier(2)

    def together(request: Delivered) -> Answer:
        both.wait(PATIENCE_S)  # two are let in at once: a cap of one would end here.
        return Answer()

    with Receiver(answer=together) as receiver:
        subscribe(shop, receiver.url)
        hide(shop, *(f"mod-{number}" for number in range(1, 7)))
        assert deliver(shop) == 6
    assert receiver.most_at_once == 2


def test_attempts_start_no_faster_than_the_rate(make_marketplace: Opens) -> None:
    shop = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_RATE_PER_S=4)
    shop.publish_products(*(f"mod-{number}" for number in range(1, 7)))
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
        hide(shop, *(f"mod-{number}" for number in range(1, 7)))
        began_s = time.monotonic()
        assert deliver(shop) == 6
        took_s = time.monotonic() - began_s
    assert took_s >= (6 - 4) / 4 - 0.05


def test_two_workers_at_once_deliver_every_event_once(shop: Marketplace) -> None:
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
        hide(shop, *(f"mod-{number}" for number in range(1, 7)))
        with ThreadPoolExecutor(2) as workers:
            made = list(workers.map(lambda owner: deliver(shop, owner), ("one", "two")))
    assert sum(made) == 6
    assert len(set(receiver.ids)) == len(receiver.ids) == 6


def test_a_dead_workers_attempt_is_made_again_when_its_lease_has_run_out(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    with Receiver() as receiver:
        subscribe(shop, receiver.url)
        hide(shop, "mod-1")
        dispatch(shop.runtime)
        until = now() + timedelta(seconds=30)
        lease: Any = update(Delivery).values(owner="dead", leased_until=until)
        shop.runtime.database.retrying(lambda session: session.execute(lease))
        clock.shift(30)
        assert deliver(shop) == 0
        clock.shift(timedelta(microseconds=1))
        assert deliver(shop) == 1
    assert (only(shop).state, len(receiver.requests)) == ("delivered", 1)
