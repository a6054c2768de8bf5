"""Concurrency: functions that really run at once, and workers that hold their leases before any event is applied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import update

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.inbox import leasing

from .marketplace import Marketplace


def run_at_once(*functions: Callable[[], object]) -> None:
    """Run these in threads that start together; fail with what one of them raised."""
    started = threading.Barrier(len(functions))
    failures = []

    def run(one: Callable[[], object]) -> None:
        started.wait()
        try:
            one()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in functions]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []


def apply_at_once(
    workers: Sequence[Marketplace], batches: Sequence[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have each worker apply a batch of events; every worker holds its batch before any event is applied.

    Events about one subject are in one shard, which one worker leases at a time. Here each batch is put into a shard of
    its own, without that protection: what must hold when a worker that was taken for dead comes back.
    """
    for shard, batch in enumerate(batches):
        with workers[0].runtime.database.session() as session:
            session.execute(update(InboxEvent).where(InboxEvent.event_id.in_(batch)).values(shard=shard))
    held = threading.Barrier(len(workers))
    claim = leasing.claim_shards
    ready = threading.local()

    def claim_and_wait(runtime: Runtime, owner: str) -> list[int]:
        claimed = claim(runtime, owner)
        if not hasattr(ready, "once"):
            ready.once = held.wait(60)
            assert len(claimed) == 1
        return claimed

    with monkeypatch.context() as patched:
        patched.setattr(leasing, "SHARDS_AT_ONCE", 1)
        patched.setattr(leasing, "claim_shards", claim_and_wait)
        run_at_once(
            *(
                lambda one=one, name=f"worker-{number}": process_pending(one.runtime, name)
                for number, one in enumerate(workers)
            )
        )
