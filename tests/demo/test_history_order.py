"""The demo's requests are posted in the order of their dates, so that a list with the newest first is right."""

from __future__ import annotations

from datetime import UTC, datetime

from marketplace_hooks.cli.demo_loader import demo_events
from marketplace_hooks.demo import history


def test_requests_are_posted_by_date_and_each_event_once() -> None:
    now = datetime(2026, 6, 16, 9, 30, tzinfo=UTC)
    posted = [
        event for phase in demo_events("http://127.0.0.1:8000", now, None) for events in phase for event in events
    ]
    submitted = [at for _, type_, at, _ in posted if type_ == "support.request_submitted"]
    assert submitted == sorted(submitted)
    ids = [event_id for event_id, *_ in posted]
    assert len(ids) == len({*ids})
    assert {*history.request_ids(now)} <= {data.get("request_id") for *_, data in posted}
