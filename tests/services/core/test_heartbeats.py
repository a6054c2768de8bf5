"""Heartbeats: who is alive stands in rows, and a process that ends or falls silent is not counted."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace_hooks.models.deployment import Heartbeat, ProcessKind
from marketplace_hooks.services.core.heartbeats import ALIVE_FOR, Heartbeats, count_alive

from ...support.marketplace import Marketplace


def alive(marketplace: Marketplace, later: timedelta = timedelta()) -> dict[ProcessKind, int]:
    with marketplace.runtime.database.read_session() as session:
        return dict(count_alive(session, marketplace.runtime.now() + later))


def test_a_process_counts_from_its_heartbeat_to_its_end(marketplace: Marketplace) -> None:
    worker = Heartbeats(marketplace.runtime, ProcessKind.WORKER, closes_connections=True)
    assert alive(marketplace) == {}
    worker.renew()
    worker.renew()
    assert alive(marketplace) == {ProcessKind.WORKER: 1}
    worker.end()
    assert alive(marketplace) == {}


def test_who_is_silent_for_long_is_not_alive(marketplace: Marketplace) -> None:
    Heartbeats(marketplace.runtime, ProcessKind.SCHEDULER).renew()
    assert alive(marketplace, ALIVE_FOR - timedelta(seconds=5)) == {ProcessKind.SCHEDULER: 1}
    assert alive(marketplace, ALIVE_FOR + timedelta(seconds=1)) == {}


def test_a_heartbeat_is_written_at_most_once_in_some_seconds_and_by_no_child(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Heartbeats(marketplace.runtime, ProcessKind.WORKER)
    worker.renew()
    [first] = marketplace.all(select(Heartbeat.seen_at))
    worker.renew()
    monkeypatch.setattr(worker, "_next_s", 0.0)
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: 1)
        worker.renew()
    assert marketplace.all(select(Heartbeat.seen_at)) == [first]
    worker.renew()
    assert marketplace.all(select(Heartbeat.seen_at)) > [first]


def test_processes_of_yesterday_are_forgotten(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    with runtime.database.session() as session:
        old = runtime.now() - timedelta(days=2)
        session.add(Heartbeat(id="gone:1", kind=ProcessKind.WORKER, started_at=old, seen_at=old))
    Heartbeats(runtime, ProcessKind.WORKER).renew()
    assert "gone:1" not in marketplace.all(select(Heartbeat.id))


def test_a_database_that_is_away_ends_no_process(marketplace: Marketplace) -> None:
    worker = Heartbeats(marketplace.runtime, ProcessKind.WORKER)
    with marketplace.runtime.database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE mh_heartbeats")
    worker.renew()
    worker.end()
