"""Every due period is claimed and published once, although the process of the daily run is killed midway."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.subscriptions import Period, Subscription, SubscriptionState
from marketplace_hooks.services.business_care.renewal_run import BATCH, run_renewals
from tests.support.bulk_purchases import PARIS, insert_purchases

from ..support.fault_events import product, seller, set_up
from ..support.processes import STARTED_WITHIN_S, Deployment, Fault, wait_until

CHUNK = "marketplace_hooks.services.business_care.renewal_run:_renew_batch"
DUE = 2 * BATCH + 7
"""Three chunks, the last of them not full."""
NOT_DUE = 40


@pytest.fixture
def deployment(tmp_path: Path, database_url: str) -> Iterator[Deployment]:
    """An installation without Redis, where nobody but its scheduler does any work."""
    alone = Deployment(tmp_path, database_url, None)
    yield alone
    alone.close()


def count_claimed(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Period).where(Period.index == 2)) or 0


@pytest.mark.parametrize("when", ["before", "after"], ids=["between two chunks", "before a chunk's commit"])
def test_a_daily_run_that_is_killed_claims_and_tells_every_period_once(deployment: Deployment, when: str) -> None:
    set_up(deployment, [seller(), product("p1")])
    today = datetime.now(UTC).astimezone(PARIS).date()
    insert_purchases(deployment.database, "p1", [today - timedelta(days=400)], DUE, prefix="due", notices_sent=True)
    insert_purchases(
        deployment.database, "p1", [today - timedelta(days=30)], NOT_DUE, prefix="running", notices_sent=True
    )
    fault = Fault(at=CHUNK, when=when, call=2)
    scheduler = deployment.start("scheduler", faults=[fault])
    fault.wait(deployment)
    assert scheduler.popen.wait(STARTED_WITHIN_S) == -signal.SIGKILL
    assert deployment.read(count_claimed) == BATCH

    # PostgreSQL hears of the death in a moment; until then it keeps the dead one's locks, and a run has nothing to do.
    wait_until(lambda: run_renewals(deployment.runtime), STARTED_WITHIN_S, "nobody may go on", deployment)
    assert run_renewals(deployment.runtime) == 0
    assert_claimed_and_published_once(deployment)


def assert_claimed_and_published_once(deployment: Deployment) -> None:
    claimed = deployment.read(lambda session: list(session.execute(select(Period.purchase_id, Period.index))))
    numbers = Counter(purchase_id for purchase_id, index in claimed if index > 1)
    due = {purchase_id for purchase_id, _ in claimed if purchase_id.startswith("due-")}
    assert len(due) == DUE
    assert numbers == Counter(due)
    events = deployment.read(lambda session: list(session.scalars(select(OutgoingEvent))))
    requested = Counter(one.data["idempotency_key"] for one in events if one.type == "subscription.renewal_due")
    assert requested == Counter(f"{purchase_id}:2" for purchase_id in due)
    # Nothing else was told, and each was counted as the subject's next.
    assert {one.sequence for one in events if one.subject_kind == "purchase"} == {2}
    states = deployment.read(
        lambda session: dict(session.execute(select(Subscription.purchase_id, Subscription.state)).all())
    )
    assert {states[one] for one in due} == {SubscriptionState.PAYMENT_PENDING}
    assert {state for one, state in states.items() if one not in due} == {SubscriptionState.ACTIVE}
