"""The daily run, the notices and the entitlement check find their rows by an index, however many others there are.

Judged by the plan of every statement that really ran, on both databases: with current statistics and with old
ones, and on PostgreSQL by the generic plan too, which is what a statement gets that was prepared once for all values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from marketplace_hooks.database.engine import Database
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter
from marketplace_hooks.services.business_care.renewal_notices import notice_batch
from marketplace_hooks.services.business_care.renewal_run import has_pending, run_renewals
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.core.unit_of_work import run_in_transaction

from ...support.bulk_purchases import gather_statistics, insert_purchases, without_autovacuum
from ...support.business_care import CLAIM_DELAY, HOUR, code_of, instant
from ...support.marketplace import Marketplace
from ...support.recorded_statements import ExecutedStatement, plans, recorded_statements

TABLES = ("mh_periods", "mh_subscriptions", "mh_site_bindings", "mh_purchases")
MANY = 20_000
DUE = 5
RENEWAL = instant("2027-03-03T00:00:00+01:00")
NOTICE = instant("2027-01-02T00:00:00+01:00")


WALKED_THROUGH = re.compile(r"(?:Seq Scan on|SCAN) (mh_(?:subscriptions|periods|purchases|notices))(?! USING)")


def assert_found_by_index(runtime: Runtime, heard: list[ExecutedStatement], *indexes: str) -> None:
    """No table of many rows (customers are few here) is walked through, and these indexes are used."""
    looked = [one for one in heard if re.match(r"\s*(SELECT|UPDATE)", one.sql)]
    seen = [(one, plan) for one in looked for plan in plans(runtime, one)]
    for one, plan in seen:
        assert not WALKED_THROUGH.search(plan), f"{one.sql}\n{plan}"
    for index in indexes:
        named = [plan for one, plan in seen if index in plan]
        assert named, f"{index} is used by none of {[one.sql for one in looked]}"


@pytest.fixture(params=["current", "old"], ids="{} statistics".format)
def many(
    request: pytest.FixtureRequest, marketplace: Marketplace, clock: time_machine.Traveller
) -> Iterator[Marketplace]:
    """A marketplace on which few purchases of many are due on the day of RENEWAL, others later.

    Old statistics are of a day on which most purchases were due. PostgreSQL's own autovacuum would gather others at
    some moment of the test, such as that at which the tables are empty.
    """
    marketplace.publish_products("mod-1")
    with without_autovacuum(marketplace.runtime.database, TABLES):
        fill(marketplace.runtime.database, with_old_statistics=request.param == "old")
        yield marketplace


def fill(database: Database, *, with_old_statistics: bool) -> None:
    if with_old_statistics:
        insert_purchases(database, "mod-1", [date(2026, 3, 1)], MANY, prefix="gone")
        gather_statistics(database)
        with database.engine.begin() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM {table}"))
    insert_purchases(database, "mod-1", [date(2026, 3, 2)], DUE, prefix="due")
    later = [date(2026, 3, 3) + timedelta(days=number) for number in range(300)]
    insert_purchases(database, "mod-1", later, MANY, notices_sent=True)
    if not with_old_statistics:
        gather_statistics(database)


def test_the_daily_run_touches_only_what_is_due(many: Marketplace, clock: time_machine.Traveller) -> None:
    runtime = many.runtime
    clock.move_to(RENEWAL + CLAIM_DELAY)
    with recorded_statements(runtime.database.engine) as heard:
        with runtime.database.read_session() as session:
            assert has_pending(session, datetime.now(UTC))
        assert run_renewals(runtime) == DUE
    assert_found_by_index(runtime, heard, "ix_mh_subscriptions_due")


def test_the_notices_touch_only_what_is_to_be_announced(many: Marketplace, clock: time_machine.Traveller) -> None:
    runtime = many.runtime
    clock.move_to(NOTICE + HOUR)
    with recorded_statements(runtime.database.engine) as heard:
        assert run_in_transaction(runtime, lambda uow: notice_batch(uow, 500)) == DUE
    assert_found_by_index(runtime, heard, "ix_mh_subscriptions_notice")


def test_an_entitlement_check_is_one_statement_by_indexes(many: Marketplace, clock: time_machine.Traveller) -> None:
    runtime = many.runtime
    clock.move_to(NOTICE)
    for about in (
        PurchaseFilter(purchase_id="o-10000007"),
        PurchaseFilter(customer_id="o-c7", product_id="mod-1"),
        PurchaseFilter(purchase_id="o-10000007", customer_id="o-c7"),
        PurchaseFilter(purchase_id="o-10000007", seller_id="seller-1"),
    ):
        with recorded_statements(runtime.database.engine) as heard:
            assert code_of(many, about=about, site="https://shop.example") == "VALID"
        statements = [one for one in heard if not one.sql.startswith(("BEGIN", "PRAGMA"))]
        assert len(statements) == 1, about
        assert_found_by_index(runtime, statements)


def test_looking_for_due_work_when_there_is_none_reads_next_to_nothing(
    many: Marketplace, clock: time_machine.Traveller
) -> None:
    runtime = many.runtime
    with recorded_statements(runtime.database.engine) as heard, runtime.database.read_session() as session:
        assert not has_pending(session, datetime.now(UTC))
    assert_found_by_index(runtime, heard, "ix_mh_subscriptions_due", "ix_mh_subscriptions_notice")
