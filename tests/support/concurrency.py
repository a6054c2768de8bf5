"""Acts that really happen at once: threads that start together, workers that hold their events before any begins."""

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


def all_at_once(*acts: Callable[[], object]) -> None:
    """Run these in threads that start together, and pass on what goes wrong in one."""
    started = threading.Barrier(len(acts))
    failures = []

    def act(one: Callable[[], object]) -> None:
        started.wait()
        try:
            one()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=act, args=(one,)) for one in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []


def apply_at_once(
    workers: Sequence[Marketplace], piles: Sequence[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have each worker apply a pile of events, of which each pile is held by one worker before any event is applied.

    What is told of one subject waits in one shard, and one worker at a time has that. Here the piles are laid in shards
    of their own, as if that protected nobody: what must hold when a worker that was taken for dead comes back.
    """
    for shard, pile in enumerate(piles):
        with workers[0].runtime.database.session() as session:
            session.execute(update(InboxEvent).where(InboxEvent.event_id.in_(pile)).values(shard=shard))
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
        all_at_once(
            *(
                lambda one=one, name=f"worker-{number}": process_pending(one.runtime, name)
                for number, one in enumerate(workers)
            )
        )
