"""The doctor says whether mail would be taken, by asking the server and sending nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

from marketplace_hooks.cli import doctor, hooks_group
from marketplace_hooks.services.core.deployment import UNTRUSTED_PROXY, record_fact
from marketplace_hooks.services.outbox.endpoints import add_endpoint, list_endpoints

from ..remote.http.test_tls import Authority
from ..support.mail_server import PASSWORD, mail_server
from ..support.marketplace import SECRET_KEY, Marketplace
from ..support.redis import RedisServer
from ..support.webhook_receiver import Receiver

Open = Callable[..., Marketplace]


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_url: str) -> str:
    """One kind of database: nothing here is stored."""
    return sqlite_url


def examined(marketplace: Marketplace) -> Result:
    app = marketplace.app
    return CliRunner().invoke(hooks_group, ["doctor", "--json"], obj=ScriptInfo(create_app=lambda: app))


def mail(answer: Result) -> tuple[str, str]:
    [check] = [one for one in json.loads(answer.output) if one["check"] == "mail"]
    return check["state"], check["detail"]


@pytest.mark.parametrize(("version", "state"), [((3, 40, 1), "warning"), ((3, 51, 3), "ok")])
def test_a_sqlite_that_may_lose_writes_is_named(
    make_marketplace: Open, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], state: str
) -> None:
    monkeypatch.setattr(doctor.sqlite3, "sqlite_version_info", version)
    answer = examined(make_marketplace())
    [check] = [one for one in json.loads(answer.output) if one["check"] == "database"]
    assert (check["state"], "walresetbug" in check["detail"]) == (state, state == "warning")
    assert answer.exit_code == 0


def test_without_a_server_it_is_a_remark_and_no_error(make_marketplace: Open) -> None:
    answer = examined(make_marketplace())
    assert answer.exit_code == 0, answer.output
    state, detail = mail(answer)
    assert (state, "SMTP_URL is not set" in detail, "no emails are sent" in detail) == ("warning", True, True)


def test_a_server_that_answers_is_greeted_and_sent_nothing(make_marketplace: Open) -> None:
    with mail_server() as server:
        answer = examined(make_marketplace(SMTP_URL=server.url, MAIL_SENDER="no-reply@market.example"))
        assert (answer.exit_code, mail(answer)[0]) == (0, "ok")
        assert mail(answer)[1] == f"127.0.0.1:{server.port} responds and accepts our emails"
        assert (server.taken, server.recipients) == ([], [])


@pytest.mark.parametrize(("password", "state"), [(PASSWORD.replace(" ", "%20"), "ok"), ("wrong", "wrong")])
def test_the_password_is_tried(
    make_marketplace: Open, password: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    with mail_server(tls=authority.server_context("localhost"), requires_password=True) as server:
        answer = examined(make_marketplace(SMTP_URL=f"smtps://shop:{password}@localhost:{server.port}"))
    assert (answer.exit_code, mail(answer)[0]) == (int(state == "wrong"), state), answer.output
    assert ("Correct the user name and password in SMTP_URL" in mail(answer)[1]) == (state == "wrong")
    assert (server.taken, "sesame" in answer.output) == ([], False)


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("smtp://127.0.0.1:1", "127.0.0.1:1: ConnectionRefusedError. Correct the host and port in SMTP_URL"),
        ("smtps://127.0.0.1:{port}", "No secure connection is possible"),
    ],
)
def test_a_server_that_does_not_answer_is_wrong_and_what_to_do_is_shown(
    make_marketplace: Open, url: str, remedy: str
) -> None:
    with mail_server() as server:
        answer = examined(make_marketplace(SMTP_URL=url.format(port=server.port)))
    assert (answer.exit_code, mail(answer)[0]) == (1, "wrong")
    assert (remedy in mail(answer)[1], "emails wait; none is lost" in mail(answer)[1]) == (True, True), answer.output


def check_of(marketplace: Marketplace, name: str) -> tuple[str, str]:
    [check] = [one for one in json.loads(examined(marketplace).output) if one["check"] == name]
    return check["state"], check["detail"]


def test_a_proxy_that_is_not_trusted_is_named_with_the_setting(make_marketplace: Open) -> None:
    marketplace = make_marketplace()
    assert check_of(marketplace, "proxies")[0] == "ok"
    runtime = marketplace.runtime
    record_fact(runtime.database, UNTRUSTED_PROXY, "10.0.0.5", runtime.now())
    state, detail = check_of(marketplace, "proxies")
    assert (state, "10.0.0.5" in detail, "TRUSTED_PROXIES" in detail) == ("warning", True, True)
    assert check_of(make_marketplace(TRUSTED_PROXIES="10.0.0.0/8"), "proxies")[0] == "ok"
    record_fact(runtime.database, UNTRUSTED_PROXY, "10.0.0.5", runtime.now() - timedelta(days=2))
    assert check_of(marketplace, "proxies")[0] == "ok"


def test_a_missing_worker_and_a_missing_scheduler_are_named_with_what_starts_them(make_marketplace: Open) -> None:
    marketplace = make_marketplace()
    for check, command in (("workers", "worker"), ("scheduler", "scheduler")):
        state, detail = check_of(marketplace, check)
        assert (state, f"start `marketplace-hooks {command}`" in detail) == ("warning", True), detail


def test_work_that_waits_for_long_is_named(make_marketplace: Open) -> None:
    marketplace = make_marketplace(LEASE_S=1, SWEEP_INTERVAL_S=1)
    assert check_of(marketplace, "backlog") == ("ok", "nothing has been waiting for more than 2 s")
    with time_machine.travel(datetime.now(UTC) - timedelta(seconds=30), tick=True):
        marketplace.publish("product.status_changed", product_id="mod-1")
    state, detail = check_of(marketplace, "backlog")
    assert (state, "1 events wait, the oldest for 3" in detail, "start more workers" in detail) == (
        "warning",
        True,
        True,
    ), detail


def test_endpoints_that_fail_or_are_disabled_are_named(make_marketplace: Open) -> None:
    marketplace = make_marketplace()
    assert check_of(marketplace, "endpoints") == ("ok", "0 subscribed, none failing")
    add_endpoint(marketplace.runtime, "https://failing.example/in", types=["*"])
    add_endpoint(marketplace.runtime, "https://disabled.example/in", types=["*"])
    with marketplace.runtime.database.session() as session:
        failing, disabled = list_endpoints(session)
        failing.failing_since = marketplace.runtime.now()
        disabled.enabled = False
        disabled.disabled_reason = "410"
    state, detail = check_of(marketplace, "endpoints")
    assert state == "warning"
    assert "https://failing.example/in has been failing since 20" in detail
    assert "https://disabled.example/in is disabled (410)" in detail


def test_a_clock_that_agrees_with_everything_is_in_order(make_marketplace: Open) -> None:
    with Receiver() as provider:
        issuer = provider.url.removesuffix("/hooks")
        marketplace = make_marketplace(OIDC_ISSUER=issuer, OIDC_CLIENT_ID="tests")
        marketplace.publish_products("mod-1")
        state, detail = check_of(marketplace, "clock")
    assert (state, detail.endswith("compared with: the sign-in provider's")) == ("ok", True), detail


@pytest.mark.parametrize(
    ("written_s", "state", "words"),
    [
        (40, "wrong", "s behind the newest event received: synchronize it with NTP"),
        (1, "ok", "time zone of deadlines Europe/Paris"),
    ],
)
def test_a_clock_that_was_set_back_is_told_by_what_was_stored_before(
    make_marketplace: Open, written_s: int, state: str, words: str
) -> None:
    marketplace = make_marketplace()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=written_s), tick=True):
        marketplace.publish("seller.upserted")
    found, detail = check_of(marketplace, "clock")
    assert (found, words in detail) == (state, True), detail


def test_a_clock_that_was_set_back_is_told_by_the_file_of_the_database(make_marketplace: Open, sqlite_url: str) -> None:
    marketplace = make_marketplace()
    later_s = datetime.now(UTC).timestamp() + 3_600
    os.utime(sqlite_url.removeprefix("sqlite:///"), (later_s, later_s))
    state, detail = check_of(marketplace, "clock")
    assert (state, "s behind the last write to marketplace.db" in detail) == ("wrong", True), detail


@pytest.mark.parametrize(
    ("sent_s", "count", "state", "words"),
    [
        (30, 1, "wrong", "s behind the sender of the last 1 events"),
        (-100, 5, "warning", "s ahead of the sender of the last 5 events, or their events are sent late"),
        (-100, 4, "ok", "time zone of deadlines"),
    ],
)
def test_the_senders_clock_is_compared(make_marketplace: Open, sent_s: int, count: int, state: str, words: str) -> None:
    marketplace = make_marketplace()
    for _ in range(count):
        marketplace.publish("seller.upserted", sent_at=datetime.now(UTC) + timedelta(seconds=sent_s))
    found, detail = check_of(marketplace, "clock")
    assert (found, words in detail) == (state, True), detail


def test_a_provider_whose_clock_differs_is_named(make_marketplace: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=2), usegmt=True)
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: date)
    with Receiver() as provider:
        marketplace = make_marketplace(OIDC_ISSUER=provider.url.removesuffix("/hooks"), OIDC_CLIENT_ID="tests")
        state, detail = check_of(marketplace, "clock")
    assert (state, "s ahead of the sign-in provider's" in detail) == ("wrong", True), detail


@pytest.mark.parametrize(
    ("configuration", "state", "words"),
    [
        ({"maxmemory": "0"}, "ok", "answers"),
        ({"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}, "warning", "evicts keys"),
        ({"maxmemory": "1"}, "warning", "refuses writes"),
    ],
)
def test_a_redis_that_loses_wakeups_or_takes_none_is_named(
    make_marketplace: Open, private_redis: RedisServer, configuration: dict[str, str], state: str, words: str
) -> None:
    with private_redis.client() as client:
        for name, value in configuration.items():
            client.config_set(name, value)
    found, detail = check_of(make_marketplace(REDIS_URL=private_redis.url), "redis")
    assert (found, words in detail) == (state, True), detail


@pytest.mark.parametrize(
    ("key", "state", "detail"),
    [
        (None, "warning", "SECRET_KEY is not set"),
        ("dev", "warning", "is shorter than 32 characters"),
        (b"s" * 40, "warning", "repeats itself"),
        (SECRET_KEY, "ok", "all are strong"),
    ],
)
def test_the_weak_key_of_a_host_is_a_remark(
    make_marketplace: Open, key: str | bytes | None, state: str, detail: str
) -> None:
    marketplace = make_marketplace()
    marketplace.app.secret_key = key
    found, shown = check_of(marketplace, "secrets")
    assert (found, detail in shown) == (state, True), shown
