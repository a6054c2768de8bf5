"""Errors of views and jobs are reported to Sentry, and nothing of what somebody sent goes with them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.events.registry import EVENTS
from marketplace_hooks.jobs import entry_points
from marketplace_hooks.jobs.table import JOBS
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.telemetry import flushing
from marketplace_hooks.telemetry.error_reports import start_error_reports

from ..support.api_callers import caller_of
from ..support.marketplace import Marketplace

DSN = "https://key@sentry.invalid/1"
MARK = "quokkaword"


class RecordingTransport(Transport):
    """A transport that sends nothing: what would have gone out is in `envelopes`."""

    envelopes: list[Envelope] = []  # noqa: RUF012 - the SDK makes the object itself

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)


@pytest.fixture
def envelopes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Envelope]]:
    """What is sent meanwhile."""
    RecordingTransport.envelopes.clear()
    monkeypatch.setattr(flushing, "_flushes", [])
    start_error_reports(DSN, transport=RecordingTransport)
    yield RecordingTransport.envelopes
    sentry_sdk.init()


@pytest.fixture(params=["sqlite"])
def database_url(sqlite_url: str) -> str:
    """One kind of database: nothing here is stored."""
    return sqlite_url


def only(envelopes: list[Envelope]) -> dict[str, Any]:
    """The only report; whatever else the SDK sends would fail here."""
    [envelope] = envelopes
    [item] = envelope.items
    report: dict[str, Any] = json.loads(item.get_bytes())
    assert MARK not in json.dumps(report)
    assert report.keys().isdisjoint({"request", "user", "breadcrumbs", "extra", "contexts", "modules"})
    return report


def fail(*_: Any, **__: Any) -> Any:
    local_variable = MARK
    raise ValueError(f"cannot read {local_variable}")


def test_an_error_in_a_view_is_reported_with_the_id_of_the_request(
    make_marketplace: Callable[..., Marketplace], envelopes: list[Envelope], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_marketplace()
    operator = caller_of(shop, "operator")
    monkeypatch.setitem(shop.app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("marketplace_hooks.web.api.products.find_products", fail)
    answer = operator.get(f"/products?q={MARK}", headers={"X-Request-ID": "r-1", "Cookie": MARK}, json={"secret": MARK})
    assert answer.status_code == 500
    report = only(envelopes)
    [error] = report["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "")
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert {name for frame in error["stacktrace"]["frames"] for name in frame} <= {
        "filename",
        "module",
        "function",
        "lineno",
        "in_app",
    }
    assert report["tags"]["request_id"] == "r-1"
    assert report["logentry"]["message"] == "%s %s failed"


def test_an_event_that_fails_in_a_job_is_reported_with_its_id(
    make_marketplace: Callable[..., Marketplace], envelopes: list[Envelope], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_marketplace()
    shop.publish("seller.upserted", name=MARK, event_id="evt_1")
    monkeypatch.setitem(EVENTS, "seller.upserted", dataclasses.replace(EVENTS["seller.upserted"], handle=fail))
    monkeypatch.setattr(entry_points, "_runtime", shop.runtime)
    entry_points.run(JobKind.INBOX)
    report = only(envelopes)
    assert (report["tags"]["event_id"], report["tags"]["job"]) == ("evt_1", "inbox")
    assert (report["logentry"], report["level"]) == ({"message": "event %s failed"}, "error")


def test_a_job_that_fails_is_reported_and_sent_before_its_process_ends(
    make_marketplace: Callable[..., Marketplace], envelopes: list[Envelope], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    flushing.flush_with_job(lambda: sent.append(len(envelopes)))
    monkeypatch.setattr(entry_points, "_runtime", make_marketplace().runtime)
    monkeypatch.setattr(
        "marketplace_hooks.jobs.table.JOBS", {**JOBS, JobKind.MAIL: dataclasses.replace(JOBS[JobKind.MAIL], run=fail)}
    )
    with pytest.raises(ValueError, match=MARK):
        entry_points.run(JobKind.MAIL)
    report = only(envelopes)
    assert (report["tags"]["job"], sent) == ("mail", [1])
    assert report["exception"]["values"][0]["type"] == "ValueError"


def test_messages_of_ours_and_of_code_are_kept(envelopes: list[Envelope]) -> None:
    from marketplace_hooks.telemetry.log_context import get_logger

    try:
        try:
            raise ConfigurationError("SECRET_KEY is not set.")
        except ConfigurationError as error:
            raise TypeError("takes no argument") from error
    except TypeError:
        get_logger("marketplace_hooks.tests").exception("it failed")
    values = [error["value"] for error in only(envelopes)["exception"]["values"]]
    assert values == ["SECRET_KEY is not set.", "takes no argument"]


def test_a_dsn_that_is_none_stops_the_start_with_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="is not the DSN of a Sentry project"):
        start_error_reports("sentry.example")


def test_without_the_package_the_start_stops_with_the_command_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentry_sdk", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'marketplace-hooks\[sentry\]'"):
        start_error_reports(DSN)
