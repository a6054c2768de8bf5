"""Instants that are still to come say on both databases that the clock was set back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import time_machine

from marketplace_hooks.models.deployment import ProcessKind
from marketplace_hooks.services.core.heartbeats import Heartbeats
from marketplace_hooks.services.operations.clock_evidence import compare_with_rows, compare_with_senders

from ...support.api_callers import caller_of
from ...support.marketplace import OFFLINE, Marketplace


def test_every_kind_of_row_that_was_written_later_is_named(
    make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller
) -> None:
    marketplace = make_marketplace()
    runtime = marketplace.runtime
    marketplace.publish_products("mod-1")
    caller_of(marketplace, "operator").request_status("mod-1", OFFLINE)
    Heartbeats(runtime, ProcessKind.WORKER).renew()
    with runtime.database.read_session() as session:
        assert compare_with_rows(session, runtime.now()) == []
        assert compare_with_senders(session, runtime.now()) is None
        found = {one.other: one.ahead_s for one in compare_with_rows(session, runtime.now() - timedelta(seconds=9))}
    assert found == dict.fromkeys(
        (
            "the newest event received",
            "the newest outgoing event",
            "the newest entry of the audit log",
            "the heartbeat of another process",
        ),
        -9.0,
    )
