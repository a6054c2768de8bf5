"""The SLA run: clocks are missed once, warnings come once, and only due rows are touched. `deadlines.md`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import time_machine

from marketplace_hooks.services.support.sla_run import has_due_work, run_sla

from ...support.bulk_clocks import expire_clocks, insert_open_requests, request_id
from ...support.bulk_purchases import COPY, FIRST_NUMBER, copy_rows, gather_statistics
from ...support.marketplace import Marketplace
from ...support.recorded_statements import plans, recorded_statements
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    FIX,
    REQUEST,
    clock_of,
    clocks,
    due,
    publish_request,
    published_types,
    refund_state,
    request,
    set_up_support,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OPEN = 20_000
DUE = 20
WALKED = re.compile(r"(?:Seq Scan on|SCAN) (?:mh_clocks|mh_requests)\b(?! USING)")


def test_a_clock_is_missed_from_its_deadline_on_and_told_once(desk: Marketplace, clock: time_machine.Traveller) -> None:
    deadline = due(desk, ACKNOWLEDGEMENT)
    clock.move_to(deadline - SECOND)
    run_sla(desk.runtime)
    assert clocks(desk)["acknowledgement"] == "running"
    clock.move_to(deadline)
    for _ in range(3):
        run_sla(desk.runtime)
    assert clock_of(desk, ACKNOWLEDGEMENT).missed_at == deadline
    assert published_types(desk).count("acknowledgement_missed") == 1
    assert request(desk).next_deadline_at == due(desk, FIX)


def test_warnings_come_on_the_morning_and_once(desk: Marketplace, clock: time_machine.Traveller) -> None:
    morning = datetime(2026, 3, 3, 7, tzinfo=UTC)
    for at, count in ((morning - SECOND, 0), (morning, 1), (morning + HOUR, 1)):
        clock.move_to(at)
        run_sla(desk.runtime)
        assert published_types(desk).count("acknowledgement_due_soon") == count
    clock.move_to(datetime(2026, 4, 10, 6, tzinfo=UTC))
    run_sla(desk.runtime)
    assert published_types(desk).count("fix_due_soon") == 1


def test_a_sweep_touches_only_what_is_due(marketplace: Marketplace) -> None:
    set_up_support(marketplace)
    runtime = marketplace.runtime
    insert_open_requests(runtime.database, "mod-1", OPEN)
    expire_clocks(runtime.database, range(0, OPEN, OPEN // DUE))
    gather_statistics(runtime.database)
    with recorded_statements(runtime.database.engine) as statements:
        assert run_sla(runtime) == DUE
        with runtime.database.read_session() as session:
            assert not has_due_work(session, runtime.now())
    queries = [one for one in statements if re.match(r"\s*(SELECT|UPDATE|INSERT)", one.sql) and "mh_" in one.sql]
    support_queries = [one for one in queries if "mh_clocks" in one.sql or "mh_requests" in one.sql]
    assert any(one.sql.startswith("UPDATE mh_clocks") for one in support_queries)
    for one in support_queries:
        # By the values that were given: a plan made without them does not know how few are due.
        plan = plans(runtime, one)[0]
        assert not WALKED.search(plan), f"{one.sql}\n{plan}"
        if one.sql.startswith("SELECT"):
            assert re.search(
                r"ix_mh_(clocks_due|clocks_warn|requests_waiting|refund_claims_due)|mh_refund_claims", plan
            )
    assert marketplace.published_types(request_id(0), "support_request") == ["support_request.acknowledgement_missed"]
    assert marketplace.published_types(request_id(1), "support_request") == []


def test_many_missed_fixes_ask_for_their_refunds_with_as_few_statements_as_one(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_support(marketplace)
    publish_request(marketplace)
    many = 40
    with marketplace.runtime.database.session() as session:
        for table, key in (("mh_purchases", "id"), ("mh_subscriptions", "purchase_id"), ("mh_periods", "purchase_id")):
            copy_rows(session, table, key, "purchase-1", many)
        copy_rows(session, "mh_requests", "id", REQUEST, many, purchase_id=COPY)
        copy_rows(session, "mh_clocks", "request_id", REQUEST, many)
    clock.move_to(due(marketplace, FIX))
    refund_queries = []
    claimed = f"copy-{FIRST_NUMBER + many}"
    for state in ("due", "requested"):
        with recorded_statements(marketplace.runtime.database.engine) as statements:
            run_sla(marketplace.runtime)
        refund_queries += [
            one.sql for one in statements if re.search("FROM mh_(purchases|refund_claims|periods)", one.sql)
        ]
        assert (refund_state(marketplace), refund_state(marketplace, claimed)) == (state, state)
        clock.shift(timedelta(days=7))
    # What is bought, what is claimed, the balances; and whether any is to be asked for already.
    # Then: what is to be asked for now, read twice around the lock of what is bought, and its balances.
    assert len(refund_queries) == 4 + 5
    for id_ in (REQUEST, claimed):
        types = marketplace.published_types(id_, "support_request")
        assert [
            types.count(f"support_request.{name}") for name in ("fix_missed", "refund_due", "refund_requested")
        ] == [1] * 3
