"""Alerts of a real Prometheus that watches a real deployment: none while all is well, then every one for its cause."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.models.deployment import ProcessKind
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.outbox import Delivery, DeliveryState
from marketplace_hooks.models.support import Clock
from marketplace_hooks.services.core.heartbeats import count_alive
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.binaries import find_service
from ..support.customers import set_up_purchase
from ..support.fault_events import hidden, insert_events, product, seller, shown, signed, suspended
from ..support.marketplace import open_marketplace
from ..support.ports import free_port
from ..support.processes import STARTED_WITHIN_S, Deployment, wait_until
from ..support.redis import RedisServer
from ..support.support_desk import publish_request
from .test_alerts import RULES

RAISED_WITHIN_S = 60.0
ALL = set(re.findall(r"- alert: MarketplaceHooks(\w+)", RULES.read_text(encoding="utf-8")))
OF_EVENTS = {"DeadlinesMissed", "DeliveriesExhausted", "EventsNeedAPerson"}
LONG_AGO = timedelta(hours=2)


@pytest.fixture
def deployment(tmp_path: Path, sqlite_url: str, private_redis: RedisServer) -> Iterator[Deployment]:
    """A deployment that gives a delivery up after its first attempt."""
    made = Deployment(tmp_path, sqlite_url, private_redis.url, DELIVERY_SCHEDULE_S="0")
    yield made
    made.close()


@contextmanager
def watching(deployment: Deployment) -> Iterator[int]:
    """A Prometheus that runs the shipped configuration; yields its port.

    What is changed in a copy: it scrapes every three seconds and evaluates every second, at the port of the deployment,
    and an alert is raised without the waiting time of its `for:`. Expressions and thresholds stay as they are.
    """
    folder = deployment.folder / "prometheus"
    folder.mkdir()
    port = free_port()
    rules = re.sub(r"^( +)for: .*$", r"\1for: 0s", RULES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (folder / "alerts.yaml").write_text(rules, encoding="utf-8")
    shipped = RULES.with_name("prometheus.yaml").read_text(encoding="utf-8")
    configuration = shipped.replace("127.0.0.1:8000", f"127.0.0.1:{deployment.port}").replace("15s", "3s")
    configuration = f"global: {{evaluation_interval: 1s}}\n{configuration}"
    (folder / "prometheus.yaml").write_text(configuration, encoding="utf-8")
    prometheus = subprocess.Popen(
        [
            str(find_service("prometheus")),
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        prometheus.terminate()
        prometheus.wait(20)


def ask(port: int, path: str) -> Any:
    """The data of an answer of Prometheus; None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)["data"]
    except OSError:
        return None


def raised(port: int) -> set[str]:
    """The names of the alerts that are raised now, without what they all begin with."""
    alerts = ask(port, "alerts")["alerts"]
    return {one["labels"]["alertname"].removeprefix("MarketplaceHooks") for one in alerts if one["state"] == "firing"}


def wait_for(port: int, expected: set[str], deployment: Deployment) -> None:
    """Wait until just these alerts are raised."""
    wait_until(
        lambda: raised(port) == expected,
        RAISED_WITHIN_S,
        "other alerts are raised",
        lambda: f"missing {expected - raised(port)}, unexpected {raised(port) - expected}\n{deployment.diagnostics()}",
    )


def start(deployment: Deployment) -> None:
    """Start web, worker and scheduler, and wait until all are alive."""
    deployment.start_web()
    deployment.start_worker()
    deployment.start_scheduler()
    deployment.wait(
        lambda session: len(count_alive(session, datetime.now(UTC))) == len(ProcessKind), STARTED_WITHIN_S, "not alive"
    )


def post_refused(deployment: Deployment, count: int) -> None:
    """Post so many events that are signed with another secret than the sender's."""
    headers, body = signed(seller())
    headers |= {"webhook-signature": "v1,AAAA", "content-type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", deployment.port, timeout=30)) as connection:
        for _ in range(count):
            connection.request("POST", "/webhooks/marketplace", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 401


def miss_deadlines(deployment: Deployment, count: int) -> None:
    """Let so many requests of customers come, and their deadlines be over already."""
    with open_marketplace(str(deployment.database.url.render_as_string(False)), deployment.folder / "desk") as desk:
        desk.publish_products("mod-1")
        set_up_purchase(desk, "purchase-1")
        for number in range(count):
            publish_request(desk, f"request-{number}")
    with deployment.database.begin() as connection:
        connection.execute(update(Clock).values(due_before=datetime.now(UTC) - LONG_AGO))


def insert_overdue_work(deployment: Deployment) -> None:
    """Insert an event, a follow-up step and a delivery that have waited for long, and that nobody does."""
    insert_events(deployment, [shown("p1", 3), hidden("p1", 4), suspended()])
    process_pending(deployment.runtime, "tests")
    dispatch(deployment.runtime)
    assert deployment.post(signed(seller("s2")))[0] == 202
    since = datetime.now(UTC) - LONG_AGO
    with deployment.database.begin() as connection:
        connection.execute(update(Cascade).values(created_at=since))
        connection.execute(update(Delivery).where(Delivery.state == DeliveryState.PENDING).values(due_at=since))
        connection.execute(update(InboxEvent).where(InboxEvent.state == InboxState.RECEIVED).values(received_at=since))


def test_a_real_prometheus_raises_every_alert_for_what_it_is_about_and_none_before(
    deployment: Deployment, private_redis: RedisServer
) -> None:
    start(deployment)
    post_refused(deployment, 20)
    with watching(deployment) as port:
        two_scrapes = "query?query=count_over_time(up[1m])>1"
        wait_until(lambda: (ask(port, two_scrapes) or {}).get("result"), RAISED_WITHIN_S, "nothing was scraped")
        wait_for(port, set(), deployment)

        # First: it does all work that is due, and has not the key of the endpoint's secret.
        miss_deadlines(deployment, 7)
        add_endpoint(deployment.runtime, f"http://127.0.0.1:{free_port()}/", types=["product.hidden"])
        insert_events(deployment, [seller(), product("p1"), hidden("p1", 2), ("seller.upserted", {})])
        wait_for(port, OF_EVENTS, deployment)

        for background in deployment.processes[1:]:
            background.stop()
        private_redis.stop()
        insert_overdue_work(deployment)
        post_refused(deployment, 650)
        wait_for(port, ALL - {"IsDown"}, deployment)

        deployment.processes[0].stop()
        wait_until(lambda: "IsDown" in raised(port), RAISED_WITHIN_S, "nobody noticed", lambda: raised(port))
