"""A clock that has run out is noticed once, though two schedulers look for it and one of them dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace_hooks.domain.support.state_machine import ClockName, ClockState, Handling, Kind
from marketplace_hooks.jobs.scheduler import SCHEDULER_LOCK
from marketplace_hooks.models.access import Lock
from marketplace_hooks.models.support import Clock, SupportRequest

from ..support.fault_events import assert_published_for_each, assert_published_once, product, seller, set_up
from ..support.processes import FAIR, LOCK_S, RECOVERY_INTERVAL_S, STARTED_WITHIN_S, Deployment, Fault

NOTICE = "marketplace_hooks.services.support.sla_run:notice_missed"
IDS = [f"request-{number:02}" for number in range(12)]


@pytest.fixture
def deployment(tmp_path: Path, database_url: str) -> Iterator[Deployment]:
    """An installation without Redis, where nobody but its schedulers does any work."""
    alone = Deployment(tmp_path, database_url, None)
    yield alone
    alone.close()


def run_out(deployment: Deployment) -> None:
    """Requests whose acknowledgement was due a minute ago, and that nobody has noticed."""
    now = datetime.now(UTC)
    with deployment.database.session() as session:
        for id_ in IDS:
            session.add(
                SupportRequest(
                    id=id_,
                    customer_id="c1",
                    product_id="p1",
                    seller_id="s1",
                    kind=Kind.QUESTION,
                    subject=id_,
                    body="",
                    fingerprint=id_,
                    submitted_at=now,
                    recorded_at=now,
                    handling=Handling.ACCEPTED,
                    entitlement={},
                    checks=[],
                    grounds=[],
                    waived=[],
                    missing=[],
                    sequence=0,
                )
            )
            session.add(
                Clock(
                    request_id=id_,
                    name=ClockName.ACKNOWLEDGEMENT,
                    state=ClockState.RUNNING,
                    started_at=now - timedelta(days=2),
                    business_days=1,
                    policy={},
                    due_before=now - timedelta(minutes=1),
                    trace={"counted": [], "skipped": []},
                )
            )


def lease_is_held_by(session: Session, pid: int) -> bool:
    owner = session.scalar(select(Lock.owner).where(Lock.name == SCHEDULER_LOCK))
    return str(owner).endswith(f":{pid}")


def count_missed(session: Session) -> int:
    missed = select(func.count()).select_from(Clock).where(Clock.state == ClockState.MISSED)
    return session.scalar(missed) or 0


@pytest.mark.parametrize("when", ["after", "before"])
def test_a_missed_clock_is_noticed_once_though_two_schedulers_run_and_one_dies(
    deployment: Deployment, when: str
) -> None:
    set_up(deployment, [seller(), product("p1")])
    run_out(deployment)
    # After the first look: nothing is committed. Before the second: the first is, and nothing else of that round.
    fault = Fault(at=NOTICE, when=when, call=1 if when == "after" else 2)
    schedulers = [deployment.start("scheduler", faults=[fault]) for _ in range(2)]
    fault.wait(deployment)
    [dead] = [scheduler for scheduler in schedulers if scheduler.pid in fault.hit_pids]
    assert dead.popen.wait(STARTED_WITHIN_S) == -signal.SIGKILL
    [living] = [scheduler for scheduler in schedulers if scheduler is not dead]
    within_s = STARTED_WITHIN_S + FAIR * (LOCK_S + RECOVERY_INTERVAL_S)
    deployment.wait(
        lambda session: count_missed(session) == len(IDS), within_s, "nobody noticed what the dead one had not"
    )
    deployment.wait(lambda session: lease_is_held_by(session, living.pid), within_s, "nobody took over")
    assert_published_for_each(deployment, "support_request.acknowledgement_missed", IDS)
    assert_published_once(deployment)
