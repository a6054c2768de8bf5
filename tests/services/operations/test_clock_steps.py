"""A clock that is set back by hours delays neither what was leased nor what was due; one set forward does no harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import ColumnElement, insert, select, update

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.jobs.table import JOBS, never
from marketplace_hooks.models.cascades import Cascade, CascadeState
from marketplace_hooks.models.deployment import ProcessKind
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.mails import Mail, MailState
from marketplace_hooks.models.outbox import Delivery, DeliveryState
from marketplace_hooks.remote.redis.queue import JobKind
from marketplace_hooks.services.core.heartbeats import Heartbeats, count_alive
from marketplace_hooks.services.inbox import leasing
from marketplace_hooks.services.operations.clock_steps import ClockWatch, end_impossible_waits
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.marketplace import OFFLINE, Marketplace
from ...support.webhook_receiver import Receiver

HOURS = timedelta(hours=3)


@pytest.fixture
def shop(clock: time_machine.Traveller, make_marketplace: Callable[..., Marketplace]) -> Marketplace:
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8")
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    return marketplace


def change(shop: Marketplace, table: type[Any], *conditions: ColumnElement[bool], **values: Any) -> None:
    with shop.runtime.database.session() as session:
        session.execute(update(table).where(*conditions).values(values).execution_options(synchronize_session=False))


def end_waits(shop: Marketplace) -> int:
    with shop.runtime.database.session() as session:
        return end_impossible_waits(session, shop.runtime.now(), shop.runtime.settings)


def dispatch_to(shop: Marketplace, receiver: Receiver) -> None:
    """Make one delivery to the receiver due."""
    add_endpoint(shop.runtime, receiver.url, types=["product.hidden"])
    shop.change_status("mod-1", OFFLINE)
    process_pending(shop.runtime, "tests")
    dispatch(shop.runtime)


def run(shop: Marketplace, kind: JobKind) -> int:
    return JOBS[kind].run(shop.runtime, "another", stop=never)


# docs/operate.md, "When something dies": a clock is set back or forward, by hours.
@pytest.mark.parametrize("step", [-HOURS, HOURS], ids=["back", "forward"])
def test_shards_leased_before_the_step_are_taken_over(
    clock: time_machine.Traveller, shop: Marketplace, step: timedelta
) -> None:
    event_id = shop.change_status("mod-1", OFFLINE)
    assert leasing.claim_shards(shop.runtime, "dead")
    assert run(shop, JobKind.INBOX) == 0
    clock.shift(step)
    assert run(shop, JobKind.INBOX) == 1
    assert shop.state_and_outcome(event_id) == ("applied", "changed")


def test_a_cascade_leased_before_the_step_is_taken_over_and_one_of_the_future_still_waits(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    shop.change_status("mod-1", OFFLINE)
    process_pending(shop.runtime, "tests")
    until = shop.runtime.now() + timedelta(seconds=30)
    change(shop, Cascade, owner="dead", leased_until=until)
    assert run(shop, JobKind.CASCADES) == 0
    clock.shift(-HOURS)
    assert run(shop, JobKind.CASCADES) == 1
    change(shop, Cascade, state=CascadeState.RUNNING, owner=None, attempts=0, leased_until=until)
    assert run(shop, JobKind.CASCADES) == 0


def test_a_delivery_leased_or_made_before_the_step_is_made(clock: time_machine.Traveller, shop: Marketplace) -> None:
    with Receiver() as receiver:
        dispatch_to(shop, receiver)
        change(shop, Delivery, owner="dead", leased_until=shop.runtime.now() + timedelta(seconds=30))
        clock.shift(-HOURS)
        assert run(shop, JobKind.DELIVERIES) == 0
        assert end_waits(shop) == 1
        assert run(shop, JobKind.DELIVERIES) == 1
    assert shop.all(select(Delivery.state)) == [DeliveryState.DELIVERED]


@pytest.mark.parametrize("attempts", [1, 2, 9])
def test_a_retry_planned_before_the_step_is_made_and_one_that_is_possible_waits(
    clock: time_machine.Traveller, shop: Marketplace, attempts: int
) -> None:
    with Receiver() as receiver:
        dispatch_to(shop, receiver)
        # What asks for the longest pause: `Retry-After`, honoured up to twice the pause of the schedule.
        longest = timedelta(seconds=2 * shop.runtime.settings.delivery_schedule_s[attempts])
        change(shop, Delivery, attempts=attempts, due_at=shop.runtime.now() + longest)
        assert end_waits(shop) == 0
        assert run(shop, JobKind.DELIVERIES) == 0
        clock.shift(-HOURS)
        assert end_waits(shop) == 1
        assert run(shop, JobKind.DELIVERIES) == 1
    assert shop.all(select(Delivery.state)) == [DeliveryState.DELIVERED]


def test_a_mail_tried_before_the_step_is_tried_again(clock: time_machine.Traveller, shop: Marketplace) -> None:
    now = shop.runtime.now()
    facts = {"outbox_id": 1, "event_id": "evt_1", "reader": "seller", "reader_id": "seller-1", "created_at": now}
    pause = timedelta(seconds=shop.runtime.settings.mail_schedule_s[1])
    with shop.runtime.database.session() as session:
        session.execute(insert(Mail).values(state=MailState.PENDING, attempts=1, due_at=now + pause, **facts))
    clock.shift(-HOURS)
    assert end_waits(shop) == 1
    assert shop.all(select(Mail.due_at)) == [shop.runtime.now()]


def test_a_rest_made_before_the_step_ends_and_one_that_is_possible_goes_on(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    shop.change_status("mod-1", OFFLINE)
    longest = timedelta(seconds=max(shop.runtime.settings.apply_retries_s))
    change(shop, InboxEvent, InboxEvent.state == InboxState.RECEIVED, due_at=shop.runtime.now() + longest)
    assert end_waits(shop) == 0
    assert run(shop, JobKind.INBOX) == 0
    clock.shift(-HOURS)
    assert end_waits(shop) == 1
    assert run(shop, JobKind.INBOX) == 1


def test_an_event_that_was_parked_before_the_step_is_tried_again(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    shop.publish("product.upserted", product_id="early", seller_id="unknown-yet")
    process_pending(shop.runtime, "tests")
    [due_at] = shop.all(select(InboxEvent.due_at).where(InboxEvent.state == InboxState.PARKED))
    assert end_waits(shop) == 0
    clock.shift(-HOURS)
    assert end_waits(shop) == 1
    [earlier] = shop.all(select(InboxEvent.due_at).where(InboxEvent.state == InboxState.PARKED))
    assert earlier == shop.runtime.now() < due_at


@pytest.mark.parametrize("step", [-HOURS, HOURS], ids=["back", "forward"])
def test_a_process_that_ended_does_not_live_on_after_the_step(
    clock: time_machine.Traveller, shop: Marketplace, step: timedelta
) -> None:
    def alive() -> int:
        with shop.runtime.database.read_session() as session:
            return count_alive(session, shop.runtime.now())[ProcessKind.WORKER]

    Heartbeats(shop.runtime, ProcessKind.WORKER).renew()
    assert alive() == 1
    clock.shift(step)
    assert alive() == 0


def test_a_step_back_is_noticed_once_and_the_passing_of_time_is_none() -> None:
    watch = ClockWatch()
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert watch.was_set_back(now, 100.0)  # perhaps, before anybody looked.
    now += timedelta(seconds=60)
    assert not watch.was_set_back(now, 160.0)
    assert watch.was_set_back(now - HOURS, 160.0)
    assert not watch.was_set_back(now - HOURS, 160.0)
    assert not watch.was_set_back(now, 160.0)
