"""`GET /metrics`: what came in, what became of it and what waits, as Prometheus's own parser reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from prometheus_client.parser import text_string_to_metric_families

from marketplace_hooks.domain.support.state_machine import ClockName
from marketplace_hooks.models.deployment import ProcessKind
from marketplace_hooks.services.core.heartbeats import Heartbeats
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.marketplace import OFFLINE, Marketplace
from ..support.support_desk import FIX, due, publish_request
from ..support.webhook_receiver import Answer, Receiver

PREFIX = "marketplace_hooks_"


def figures(marketplace: Marketplace) -> dict[str, float]:
    """Every sample of a scrape, as `name{label}`."""
    answer = marketplace.app.test_client().get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return {
        sample.name.removeprefix(PREFIX) + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_what_came_in_and_what_became_of_it_is_counted(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    marketplace.publish_products("mod-1")  # the seller, and the product.
    body = b'{"type": "seller.upserted", "timestamp": "2026-03-02T09:30:00Z", "data": {}}'
    for _ in range(2):
        assert marketplace.post(body, event_id="evt-twice").status_code == 202
    assert marketplace.post(body + b" ", event_id="evt-twice").status_code == 202
    assert marketplace.post(body, event_id="evt-forged", secrets=["whsec_" + "AAAA" * 8]).status_code == 401
    marketplace.publish("product.upserted", product_id="mod-2")
    clock.shift(2)
    marketplace.run_all_now()
    found = figures(marketplace)
    assert found["events_received_total{new}"] == 4
    assert found["events_received_total{duplicate}"] == 1
    assert found["events_received_total{conflict}"] == 1
    assert found["events_refused_total{signature_mismatch}"] == 1
    assert found["events_processed_total{applied}"] == 3
    assert found["events_processed_total{rejected}"] == 1
    assert (found["event_lag_seconds_bucket{1.0}"], found["event_lag_seconds_bucket{2.5}"]) == (2, 3)
    assert (found["event_lag_seconds_count"], found["event_lag_seconds_sum"]) == (3, 2)
    assert found["backlog{rejected_events}"] == 1
    assert found["backlog_oldest_seconds{rejected_events}"] == 2


def test_attempts_to_deliver_are_counted_by_the_class_of_the_answer(
    make_marketplace: Callable[..., Marketplace],
) -> None:
    marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", DELIVERY_SCHEDULE_S="0")
    marketplace.publish_products("mod-1")
    marketplace.run_all_now()
    with Receiver() as good, Receiver(answer=lambda request: Answer(500)) as failing:
        for receiver in (good, failing):
            add_endpoint(marketplace.runtime, receiver.url, types=["product.hidden"])
        marketplace.change_status("mod-1", OFFLINE)
        marketplace.run_all_now()
    found = figures(marketplace)
    assert (found["delivery_attempts_total{2xx}"], found["delivery_attempts_total{5xx}"]) == (1, 1)
    assert (found["deliveries_exhausted_total"], found["backlog{exhausted_deliveries}"]) == (1, 1)


def test_each_deadline_is_counted_from_zero(marketplace: Marketplace) -> None:
    """Prometheus sees the first missed ones as an increase only if it has seen a number before."""
    assert {figures(marketplace)[f"deadlines_missed_total{{{name}}}"] for name in ClockName} == {0}


def test_missed_deadlines_are_counted(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_request(desk)
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    desk.run_all_now()
    found = figures(desk)
    assert (found["deadlines_missed_total{acknowledgement}"], found["deadlines_missed_total{fix}"]) == (1, 1)


def test_background_processes_that_are_alive_are_counted(marketplace: Marketplace) -> None:
    kinds = ("processes_alive{worker}", "processes_alive{scheduler}")
    assert [figures(marketplace)[kind] for kind in kinds] == [0, 0]
    worker = Heartbeats(marketplace.runtime, ProcessKind.WORKER)
    worker.renew()
    assert [figures(marketplace)[kind] for kind in kinds] == [1, 0]
    worker.end()
    assert [figures(marketplace)[kind] for kind in kinds] == [0, 0]


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ("127.0.0.0/8", "127.0.0.1", 200),
        ("127.0.0.0/8", "10.0.0.1", 403),
        ("10.0.0.0/8 ::1", "10.255.255.255", 200),
        ("10.0.0.0/8 ::1", "11.0.0.0", 403),
        ("10.0.0.0/8 ::1", "::1", 200),
        ("10.0.0.0/8", "not-an-address", 403),
    ],
)
def test_only_the_named_networks_may_read_them(
    make_marketplace: Callable[..., Marketplace], networks: str, address: str, status: int
) -> None:
    marketplace = make_marketplace(METRICS_NETWORKS=networks)
    answer = marketplace.app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    if status == 403:
        assert answer.get_json()["code"] == "metrics_not_allowed"


def test_a_scrape_without_a_database_fails(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scrape that answered 200 without figures would look like a service without work."""
    marketplace.publish_products("mod-1")
    with marketplace.runtime.database.session() as session:
        session.connection().exec_driver_sql("DROP TABLE mh_counters")
    assert marketplace.app.test_client().get("/metrics").status_code >= 500
